"""Every route × every role: who gets what. A route that is missing in the table fails; so does a role that is."""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from ragapp.tests import outlets
from ragapp.tests.routes import admin_models, named_routes
from ragapp.tests.table import ADMIN_READERS, ROUTES
from ragapp.tests.table.rows import Row, text_of
from ragapp.tests.world import CANARY, NAME, OUTSIDERS, ROLES

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_launched")]
# What changes from one rendering to the next without meaning anything.
NOISE = re.compile(rb"[A-Za-z0-9]{64}|nonce=\"[^\"]*\"")


def test_every_route_stands_in_the_table():
    assert set(ROUTES) == set(named_routes())
    assert set(ADMIN_READERS) == admin_models()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a row was answered: a status per role, and words of the document with who got them."""

    row: Row
    statuses: list[str]
    shown: list[tuple[str, str]]


@pytest.fixture(scope="module")
def asked_before() -> dict[str, list[Given]]:
    """What was asked for one test and is looked at by another."""
    return {}


@pytest.fixture
def given(world, asked_before):
    """given("chat:home"): each row, asked by each role of a world that nobody changed before."""

    def ask(row, name):
        found = Given(row=row, statuses=[], shown=[])
        for role in (*ROLES, "superuser"):
            with transaction.atomic():
                response = row.send(world.browser(role), row.url(name, world), world)
                said = text_of(response)
                transaction.set_rollback(True)
            if role in ROLES:
                found.statuses.append(str(response.status_code))
            found.shown.extend((role, word) for word in (CANARY, NAME, "%pdf", "image/webp") if word in said)
        return found

    def give(name):
        if name not in asked_before:
            asked_before[name] = [ask(row, name) for row in ROUTES[name]]
        return asked_before[name]

    return give


@pytest.mark.parametrize("name", ROUTES)
def test_each_role_gets_what_the_table_says(given, name):
    for one in given(name):
        assert " ".join(one.statuses) == one.row.expect, one.row


@pytest.mark.parametrize("name", ROUTES)
def test_who_may_not_read_finds_nothing(given, name):
    for one in given(name):
        assert [(role, word) for role, word in one.shown if role in OUTSIDERS] == [], one.row


@pytest.mark.parametrize("name", sorted(outlets.ROUTES_WITHOUT_TEXT))
def test_a_way_that_is_said_to_carry_no_text_carries_none(given, name):
    for one in given(name):
        assert CANARY not in {word for _, word in one.shown}, one.row


@pytest.mark.parametrize("name", [name for name, pattern in named_routes().items() if pattern.pattern.converters])
def test_missing_and_forbidden_look_alike(world, name):
    for row in ROUTES.get(name, []):
        if row.expect.split()[1] != "404":
            continue
        missing = {key: uuid4() if isinstance(value, UUID) else 999_999 for key, value in row.at(world).items()}
        stranger = world.browser("stranger")

        forbidden = row.send(stranger, row.url(name, world), world)
        absent = row.send(stranger, reverse(name, kwargs=missing), world)

        assert forbidden.status_code == absent.status_code == 404
        assert NOISE.sub(b"", forbidden.content) == NOISE.sub(b"", absent.content)


# No session opens anything there, so nobody's browser can be used.
FOR_PROGRAMS = ("api:", "api_", "mcp:", "openai:")
WITH_POST = [
    name
    for name, rows in ROUTES.items()
    if not name.startswith(FOR_PROGRAMS) and any(row.method == "post" for row in rows)
]


@pytest.mark.parametrize("name", WITH_POST)
def test_a_post_without_a_token_changes_nothing(world, name):
    client = world.browser("reader")
    client.handler.enforce_csrf_checks = True
    row = next(row for row in ROUTES[name] if row.method == "post")

    assert client.post(row.url(name, world), dict(row.data(world))).status_code == 403
