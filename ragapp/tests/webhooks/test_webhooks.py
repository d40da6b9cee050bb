"""Messages to other systems: signed, tried again, given up, logged, and without text."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ragapp import parts
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent
from ragapp.privacy import vault
from ragapp.tests.web_server import Answer, Site, serving
from ragapp.webhooks import secrets, sending, tasks
from ragapp.webhooks.models import Delivery, Endpoint, Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    """Somebody else's server on this machine, which the settings allow."""
    with serving() as served:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{served.port}"]
        served.pages["/hook"] = "fine"
        yield served


@pytest.fixture(autouse=True)
def _nothing_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.deliver, "delay_on_commit", lambda *args: None)


@pytest.fixture
def endpoint(site: Site) -> Callable[..., Endpoint]:
    """endpoint(): hears of answers and feedback, with a secret."""

    def make(**fields: Any) -> Endpoint:
        events = [Event.ANSWER_FINISHED, Event.FEEDBACK_GIVEN]
        made = Endpoint(**{"name": "Tickets", "url": site.url("/hook"), "events": events} | fields)
        made.secret = secrets.renew(made)  # type: ignore[attr-defined]
        made.save()
        return made

    return make


def sent(event: Event = Event.ANSWER_FINISHED) -> Delivery:
    sending.send(event, {"answer": "a-1", "status": "answered"})
    return Delivery.objects.latest("pk")


def tried(delivery: Delivery) -> Delivery:
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
    sending.deliver(delivery.pk)
    delivery.refresh_from_db()
    return delivery


def test_a_message_is_signed_as_standard_webhooks_says(endpoint: Callable[..., Endpoint], site: Site) -> None:
    hook = endpoint()
    delivery = tried(sent())

    (asked,) = site.asked
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))  # type: ignore[attr-defined]
    head = asked.headers
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + asked.body
    expected = base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
    assert head["webhook-signature"] == f"v1,{expected}"
    assert abs(int(head["webhook-timestamp"]) - timezone.now().timestamp()) < 300
    body = json.loads(asked.body)
    assert (body["type"], body["data"]) == ("answer.finished", {"answer": "a-1", "status": "answered"})
    assert (delivery.state, delivery.status_code, delivery.attempts) == ("delivered", 200, 1)


def test_only_who_wants_to_hear_of_it_does_and_nobody_while_switched_off(endpoint: Callable[..., Endpoint]) -> None:
    endpoint()
    endpoint(name="Off", is_enabled=False)
    endpoint(name="Other", events=[Event.DOCUMENT_READY])

    sending.send(Event.ANSWER_FINISHED, {"answer": "1"})

    assert [one.endpoint.name for one in Delivery.objects.all()] == ["Tickets"]
    assert (sending.is_wanted(Event.ANSWER_FINISHED), sending.is_wanted(Event.DOCUMENT_REMOVED)) == (True, False)


def test_a_failed_try_is_repeated_after_growing_pauses_with_the_same_id_and_given_up_at_last(
    endpoint: Callable[..., Endpoint], site: Site
) -> None:
    endpoint()
    site.pages["/hook"] = Answer("no", 500)
    delivery, pauses = sent(), []

    while True:
        before = timezone.now()
        tried(delivery)
        if delivery.state != "waiting":
            break
        pauses.append(delivery.due_at - before)

    assert len(pauses) == len(sending.PAUSES)
    assert all(pause >= least for pause, least in zip(pauses, sending.PAUSES, strict=True))
    assert pauses == sorted(pauses)
    assert delivery.state == "failed"
    assert "500" in delivery.reason
    assert len({asked.headers["webhook-id"] for asked in site.asked}) == 1


def test_who_asks_for_more_time_gets_it(endpoint: Callable[..., Endpoint], site: Site) -> None:
    endpoint()
    site.pages["/hook"] = Answer("", 429, {"Retry-After": "900"})

    assert tried(sent()).due_at > timezone.now() + timedelta(seconds=800)


def test_a_message_is_not_tried_before_it_is_due_nor_by_two_at_once(
    endpoint: Callable[..., Endpoint], site: Site
) -> None:
    endpoint()
    early, taken = sent(), sent()
    Delivery.objects.filter(pk=early.pk).update(due_at=timezone.now() + timedelta(minutes=1))
    Delivery.objects.filter(pk=taken.pk).update(state="running", lease_until=timezone.now() + timedelta(minutes=1))

    sending.deliver(early.pk)
    sending.deliver(taken.pk)
    assert site.asked == []
    assert sending.due() == []

    # Its worker has fallen silent.
    Delivery.objects.filter(pk=taken.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sending.due() == [taken.pk]
    sending.deliver(taken.pk)
    assert len(site.asked) == 1


def test_a_hint_is_not_repeated_while_it_is_believed_to_be_on_its_way(endpoint: Callable[..., Endpoint]) -> None:
    endpoint()
    delivery = sent()

    assert [sending.due(), sending.due()] == [[delivery.pk], []]


def test_a_slow_address_has_only_so_many_tries_under_way(endpoint: Callable[..., Endpoint], site: Site) -> None:
    endpoint()
    for _ in range(sending.BESIDE):
        Delivery.objects.filter(pk=sent().pk).update(state="running", lease_until=timezone.now() + timedelta(minutes=1))

    assert tried(sent()).state == "waiting"
    endpoint(name="Quick")
    sent()
    assert tried(Delivery.objects.get(endpoint__name="Quick")).state == "delivered"


def test_an_address_that_fails_again_and_again_is_switched_off_with_a_notice(
    endpoint: Callable[..., Endpoint], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "FAILURES_MAX", 3)
    hook = endpoint()
    site.pages["/hook"] = Answer("", 503)
    for _ in range(3):
        tried(sent())

    hook.refresh_from_db()
    assert (hook.is_enabled, hook.disabled_because) == (False, "3 tries in a row failed.")
    assert AuditEvent.objects.get(event="webhook_disabled").details["failures"] == 3
    assert (parts.webhooks().state, "Tickets" in parts.webhooks().message) == ("warning", True)
    sending.send(Event.ANSWER_FINISHED, {})
    assert Delivery.objects.count() == 3
    assert tried(Delivery.objects.latest("pk")).reason == "The address is switched off."


def test_one_that_arrives_forgives_those_that_did_not_and_gone_ends_it_at_once(
    endpoint: Callable[..., Endpoint], site: Site
) -> None:
    hook = endpoint()
    site.pages["/hook"] = Answer("", 503)
    tried(sent())
    site.pages["/hook"] = "fine"
    tried(sent())
    hook.refresh_from_db()
    assert (hook.failures, hook.is_enabled) == (0, True)

    site.pages["/hook"] = Answer("", 410)
    tried(sent())
    hook.refresh_from_db()
    assert not hook.is_enabled


def test_redirects_and_private_addresses_are_not_followed(
    endpoint: Callable[..., Endpoint], site: Site, settings: Any
) -> None:
    endpoint()
    site.pages["/hook"] = Answer("", 302, {"Location": "/elsewhere"})
    assert tried(sent()).status_code == 302
    assert site.paths() == ["/hook"]

    settings.OUTBOUND_ALLOW = []
    refused = tried(sent())
    assert "may not be called" in refused.reason
    assert len(site.asked) == 1


def test_old_messages_are_forgotten(endpoint: Callable[..., Endpoint]) -> None:
    endpoint()
    old, young = tried(sent()), tried(sent())
    Delivery.objects.filter(pk=old.pk).update(finished_at=timezone.now() - sending.KEPT - timedelta(hours=1))

    assert sending.forget_old() == 1
    assert list(Delivery.objects.all()) == [young]


# --- in the admin ----------------------------------------------------------------------------------------


def test_an_admin_adds_an_address_sees_its_secret_once_and_sends_again(
    client_for: Callable[[Any], Client], admin: User, site: Site
) -> None:
    browser = client_for(admin)
    given = {"name": "Tickets", "url": site.url("/hook"), "events": ["feedback.given"], "is_enabled": "on"}

    made = browser.post(reverse("admin:webhooks_endpoint_add"), given)
    hook = Endpoint.objects.get()
    secret = secrets.load(hook)
    assert secret in made.content.decode()
    assert 'id="copy-secret"' in made.content.decode()
    assert f'data-address="{reverse("admin:webhooks_endpoint_change", args=[hook.pk])}"' in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    page = browser.get(reverse("admin:webhooks_endpoint_change", args=[hook.pk])).content.decode()
    assert secret not in page
    assert (hook.created_by, hook.events) == (admin, ["feedback.given"])

    act = {"action": "try_it", "_selected_action": [hook.pk]}
    browser.post(reverse("admin:webhooks_endpoint_changelist"), act)
    assert tried(Delivery.objects.get()).state == "delivered"
    log = reverse("admin:webhooks_delivery_changelist")
    assert b"webhook.test" in browser.get(log).content
    browser.post(log, {"action": "send_again", "_selected_action": [Delivery.objects.get().pk]})
    assert tried(Delivery.objects.get()).attempts == 1
    assert len({asked.headers["webhook-id"] for asked in site.asked}) == 1
    assert len(site.asked) == 2

    renewed = browser.post(reverse("admin:webhooks_endpoint_changelist"), act | {"action": "new_secret"})
    hook.refresh_from_db()
    assert secrets.load(hook) in renewed.content.decode()
    assert secrets.load(hook) != secret
    seen = set(AuditEvent.objects.values_list("event", flat=True))
    assert seen >= {"webhook_added", "webhook_sent_again", "webhook_secret_renewed"}


@pytest.mark.django_db(transaction=True)
def test_a_secret_goes_when_the_new_one_is_known_and_no_sooner(
    client_for: Callable[[Any], Client],
    admin: User,
    endpoint: Callable[..., Endpoint],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook, known = endpoint(), []
    monkeypatch.setattr(vault, "delete", lambda key: known.append(Endpoint.objects.get().secret_key != key))

    act = {"action": "new_secret", "_selected_action": [hook.pk]}
    client_for(admin).post(reverse("admin:webhooks_endpoint_changelist"), act)

    assert known == [True]


def test_addresses_that_may_not_be_called_are_refused_when_they_are_entered(
    client_for: Callable[[Any], Client], admin: User
) -> None:
    for url in ("http://169.254.169.254/latest", "http://127.0.0.1:8000/", "https://user:pw@example.org/"):
        given = {"name": "x", "url": url, "events": ["feedback.given"], "is_enabled": "on"}
        assert client_for(admin).post(reverse("admin:webhooks_endpoint_add"), given).status_code == 200
    assert not Endpoint.objects.exists()


def test_nobody_but_admins_sees_webhooks(
    client_for: Callable[[Any], Client], reviewer: User, auditor: User, endpoint: Callable[..., Endpoint]
) -> None:
    hook = endpoint()
    for person in (reviewer, auditor):
        for at in (
            reverse("admin:webhooks_endpoint_changelist"),
            reverse("admin:webhooks_endpoint_change", args=[hook.pk]),
        ):
            assert client_for(person).get(at).status_code in (403, 404)


def test_the_secret_lies_encrypted_and_goes_with_its_address(
    endpoint: Callable[..., Endpoint], settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    hook = endpoint()
    file = settings.FILES_DIR / hook.secret_key
    assert hook.secret.encode() not in file.read_bytes()  # type: ignore[attr-defined]

    with django_capture_on_commit_callbacks(execute=True):
        hook.delete()

    assert not file.exists()


def test_a_secret_that_cannot_be_read_is_said_and_nothing_is_sent(
    endpoint: Callable[..., Endpoint], site: Site
) -> None:
    hook = endpoint()
    Endpoint.objects.filter(pk=hook.pk).update(secret_key=f"webhooks/{uuid4().hex}")

    assert "secret" in tried(sent()).reason
    assert site.asked == []
