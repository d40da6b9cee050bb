"""The API keeps to its own description, whatever is sent."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from documents import access
from documents.models import Level
from ragapp.accounts import tokens
from ragapp.accounts.models import Scope
from ragapp.lib.windows import Rate
from ragapp.limits import rates
from ragapp.tests.world import World

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_launched")]
EXAMPLES = {GenerationMode.POSITIVE: 3, GenerationMode.NEGATIVE: 2}
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
# What the description cannot say: the address leads to something that is there.
REAL = {
    "answers": lambda world: world.answer.pk,
    "conversations": lambda world: world.conversation.pk,
    "collections": lambda world: world.collection.pk,
    "documents": lambda world: world.document.pk,
}

# Files that can be read, an upload on its way, a version that failed: tried in documents/tests/api.
NEEDS_MORE = {
    "POST /api/collections/{pk}/archives",
    "POST /api/collections/{pk}/documents",
    "GET /api/uploads/{pk}",
    "POST /api/uploads/{pk}/go-on",
    "POST /api/documents/{pk}/versions",
    "POST /api/documents/{pk}/retry",
}


@pytest.fixture
def secret(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token that may do everything, of somebody who asked, and owns the documents."""
    for name in rates.RATES:
        monkeypatch.setitem(rates.RATES, name, Rate(times=100_000, seconds=60))
    # The requests run in this transaction, and their end must not end it.
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    reader = world.people["reader"]
    access.share(world.collection.access_list, user=reader, level=Level.OWNER, by=world.people["owner"])
    return tokens.issue(reader, name="t", scopes=list(Scope), now=timezone.now(), days=1).secret


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.name)
def test_whatever_is_sent_is_answered_as_described(world: World, secret: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(Client().get(reverse("api:openapi-json")).json())
    schema.app = get_wsgi_application()
    seen: dict[str, set[int]] = {}

    for one in schema.get_all_operations():
        operation = one.ok()
        _try_out(operation, world, secret, mode, seen.setdefault(operation.label, set()))

    assert len(seen) >= 24
    if mode is GenerationMode.POSITIVE:
        # Random words get past the door everywhere else, so that this says something.
        assert {label for label, statuses in seen.items() if all(status >= 300 for status in statuses)} <= NEEDS_MORE


def _try_out(operation: Any, world: World, secret: str, mode: GenerationMode, statuses: set[int]) -> None:
    kind = operation.path.split("/")[2]
    with_a_body = operation.as_strategy(generation_mode=mode)
    tried = 0

    @given(case=with_a_body)
    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def keeps_to_it(case: Any) -> None:
        nonlocal tried
        tried += 1
        if tried % 2 and kind in REAL and "pk" in case.path_parameters:
            case.path_parameters["pk"] = str(REAL[kind](world))
        with transaction.atomic():
            response = case.call(headers={"Authorization": f"Bearer {secret}"})
            transaction.set_rollback(True)
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    keeps_to_it()


def test_the_description_names_every_operation_and_the_page_shows_them(world: World) -> None:
    described = world.browser("anonymous").get(reverse("api:openapi-json")).json()
    page = world.browser("reader").get(reverse("api_pages:docs")).content.decode()

    assert described["openapi"].startswith("3.")
    for path in described["paths"]:
        assert path in page
