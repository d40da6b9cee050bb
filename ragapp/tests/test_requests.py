"""What every request passes: nonsense is answered with 400, and every response says who may keep and frame it."""

import time
from urllib.parse import quote

import pytest
from django.db import connection
from django.http import HttpResponse
from django.urls import reverse

from ragapp.audit.log import record
from ragapp.middleware import SENT_AT_ONCE_BYTES, large_without_connection

pytestmark = pytest.mark.django_db
NUL = "%00"
SUPERSCRIPT = quote("²")


@pytest.mark.parametrize(
    "address",
    [
        f"/search/?q={NUL}",
        f"/search/?q={NUL}&in=everything",
        f"/search/?{NUL}=1",
        f"/admin/chat/answer/?status={NUL}",
        f"/admin/evaluation/escalation/?state={NUL}",
        f"/admin/audit/auditevent/?event={NUL}",
        "/admin/audit/auditevent/?at__year=99999999999999999999",
        f"/admin/autocomplete/?term={NUL}&app_label=accounts&model_name=user&field_name=groups",
        f"/admin/accounts/user/{NUL}/change/",
    ],
)
def test_what_no_database_takes_is_a_bad_request(client_for, person, address):
    everything = client_for(person("all", roles=["admin", "reviewer", "auditor"]))
    record("sign_in", by=None)

    response = everything.get(address)

    assert response.status_code == 400
    assert b"could not be read" in response.content


def test_a_form_field_that_no_database_takes_is_a_bad_request(client):
    assert client.post(reverse("accounts:sign_in"), {"username": "a\0", "password": "b"}).status_code == 400


def test_a_cookie_that_no_database_takes_is_as_if_it_were_not_sent(client):
    assert client.get("/", headers={"Cookie": 'sessionid="aaaaaaaa\\000"'}).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        f"/dashboard/?days={SUPERSCRIPT}",
        f"/dashboard/?collection={SUPERSCRIPT}",
        f"/dashboard/?days={'9' * 5000}&collection={'9' * 5000}",
        f"/admin/chat/answer/?collection={SUPERSCRIPT}",
        f"/admin/chat/answer/?collection={'9' * 5000}",
    ],
)
def test_a_number_that_is_none_is_as_if_it_were_not_there(client_for, reviewer, address):
    assert client_for(reviewer).get(address).status_code == 200


def test_another_persons_password_page_with_a_number_that_is_none_is_not_there(client_for, admin):
    for number in ("²", "9" * 5000):
        response = client_for(admin).get(f"/admin/accounts/user/{number}/password/")
        assert response.status_code in (302, 404)


def test_a_refused_host_gets_the_same_headers(client):
    response = client.get("/account/sign-in/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/", "/collections/", "/account/", "/nowhere/", "/admin/"])
def test_pages_for_people_who_are_signed_in_are_kept_by_no_cache(client_for, admin, address):
    assert client_for(admin).get(address).headers["Cache-Control"] == "private, no-store"


def test_pages_keep_the_policy_with_their_nonce(client_for, reader):
    policy = client_for(reader).get("/").headers["Content-Security-Policy"]

    assert "script-src 'self'" in policy


def test_the_admin_keeps_its_own_policy(client_for, admin):
    assert "'unsafe-eval'" in client_for(admin).get("/admin/").headers["Content-Security-Policy"]


def test_searching_too_often_is_refused(client_for, reader, monkeypatch):
    # No minute ends between two requests, and it is no other test's.
    now = time.time() + 1e6
    monkeypatch.setattr("ragapp.limits.decorators.time.time", lambda: now)
    browser = client_for(reader)

    assert [browser.get("/search/?q=a").status_code for _ in range(121)] == [200] * 120 + [429]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("size", "is_held"), [(SENT_AT_ONCE_BYTES, True), (SENT_AT_ONCE_BYTES + 1, False)])
def test_a_response_that_takes_its_time_holds_no_connection_of_the_pool(settings, monkeypatch, size, is_held):
    settings.DATABASE_POOL = 1
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)

    def view(request):
        connection.ensure_connection()
        return HttpResponse(b"x" * size)

    large_without_connection(view)(None)

    assert (connection.connection is not None) is is_held
