"""Signing in and out, throttling, passwords, sessions."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from conftest import PASSWORD
from ragapp.accounts import tasks
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
SIGN_IN = reverse("accounts:sign_in")


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("event", flat=True))


def sign_in(client, username, password=PASSWORD, address="127.0.0.1", **extra):
    return client.post(SIGN_IN, {"username": username, "password": password, **extra}, REMOTE_ADDR=address)


def test_a_person_signs_in_and_comes_to_where_they_wanted_to_go(client, reader):
    response = sign_in(client, "reader", next=reverse("accounts:profile"))

    assert response.status_code == 302
    assert response.url == reverse("accounts:profile")
    assert b"reader@example.org" in client.get(reverse("accounts:profile")).content
    assert events() == ["sign_in"]


def test_a_link_to_another_site_is_not_followed_after_sign_in(client, reader):
    response = sign_in(client, "reader", next="https://evil.example/")

    assert response.url == reverse("chat:home")


def test_every_refusal_reads_alike(client, reader, person):
    person("gone", is_active=False)

    pages = [
        sign_in(client, *who).content.decode() for who in [("reader", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD)]
    ]

    without_names = {re.sub(r'value="[^"]*"|csrf[^>]*>|hx-headers=\S+ \S+', "", page) for page in pages}
    assert len(without_names) == 1
    assert "do not belong together" in pages[0]


def test_a_name_that_nobody_has_is_not_written_into_the_log(client, reader):
    sign_in(client, "my-password-in-the-wrong-field", "x")
    sign_in(client, "reader", "wrong")

    assert events() == ["sign_in_failed", "sign_in_failed"]
    assert list(AuditEvent.objects.order_by("pk").values_list("target", flat=True)) == ["", "reader"]


@pytest.mark.parametrize("username", ["reader", "nobody"])
def test_guessing_ends_after_five_attempts_with_a_polite_page(client, reader, username):
    for _ in range(5):
        response = sign_in(client, username, "wrong")

    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()
    assert sign_in(client, username).status_code == 429
    assert AccessAttempt.objects.exists()


def test_one_password_for_many_names_ends_at_the_limit_of_the_address_and_names_are_not_told_apart(
    client, reader, settings
):
    settings.SIGN_IN_FAILURES_PER_ADDRESS = 8
    for number in range(7):
        assert sign_in(client, f"name{number}", "Spring2026", address="203.0.113.5").status_code == 200
    assert sign_in(client, "name7", "Spring2026", address="203.0.113.5").status_code == 200

    refused = [
        sign_in(client, name, word, address="203.0.113.5")
        for name, word in [("reader", PASSWORD), ("reader", "x"), ("nobody", "x")]
    ]

    assert {response.status_code for response in refused} == {429}
    assert len({re.sub(r"csrf[^>]*>|hx-headers=\S+ \S+", "", each.content.decode()) for each in refused}) == 1
    # What is tried meanwhile is not counted: the lock ends, whoever goes on trying.
    assert AccessAttempt.objects.count() == 8
    assert sign_in(client, "reader", address="203.0.113.6").status_code == 302


def test_one_name_tried_over_and_over_does_not_lock_its_office(client, reader, settings):
    settings.SIGN_IN_FAILURES_PER_ADDRESS = 8
    for _ in range(20):
        sign_in(client, "forgetful", "wrong", address="203.0.113.5")

    assert sign_in(client, "reader", address="203.0.113.5").status_code == 302


def test_the_addresses_of_one_ipv6_network_count_together(client, reader, settings):
    settings.SIGN_IN_FAILURES_PER_ADDRESS = 3
    for number in range(3):
        sign_in(client, f"name{number}", "Spring2026", address=f"2001:db8::{number}")

    assert sign_in(client, "reader", address="2001:db8::9").status_code == 429
    assert sign_in(client, "reader", address="2001:db8:0:1::9").status_code == 302


async def test_throttling_holds_in_the_asynchronous_stack(async_client, django_db_blocker, transactional_db):
    for _ in range(5):
        response = await async_client.post(SIGN_IN, {"username": "nobody", "password": "wrong"})

    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_signing_out_takes_a_post(client_for, reader):
    client = client_for(reader)

    assert client.get(reverse("accounts:sign_out")).status_code == 405
    assert client.post(reverse("accounts:sign_out")).status_code == 302
    assert client.get(reverse("accounts:profile")).status_code == 302
    assert events()[-1] == "sign_out"


def test_a_disabled_person_is_out_at_the_next_request(client_for, reader):
    client = client_for(reader)
    reader.is_active = False
    reader.save()

    assert client.get(reverse("accounts:profile")).status_code == 302


def test_another_password_ends_the_other_sessions_and_keeps_this_one(client_for, reader):
    here, elsewhere = client_for(reader), client_for(reader)
    new = "another long password 7"

    response = here.post(
        reverse("accounts:password_change"),
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )

    assert response.status_code == 302
    assert here.get(reverse("accounts:profile")).status_code == 200
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302
    assert "password_changed" in events()


def test_a_forgotten_password_is_reset_by_the_link_in_the_mail(client, client_for, reader, settings, at_once):
    elsewhere = client_for(reader)
    client.post(reverse("accounts:password_reset"), {"email": reader.email})
    link = re.search(r"https?://\S+", mail.outbox[0].body)[0]
    assert link.startswith(settings.BASE_URL)
    new = "another long password 7"

    form = client.get(link.removeprefix(settings.BASE_URL), follow=True)
    response = client.post(form.redirect_chain[-1][0], {"new_password1": new, "new_password2": new}, follow=True)

    assert "Your password is changed" in response.content.decode()
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302
    assert sign_in(client, "reader", new).status_code == 302
    assert "no longer works" in client.get(link.removeprefix(settings.BASE_URL), follow=True).content.decode()


def test_asking_for_a_reset_never_says_whether_the_address_is_known(client, reader, at_once):
    known = client.post(reverse("accounts:password_reset"), {"email": reader.email})
    unknown = client.post(reverse("accounts:password_reset"), {"email": "nobody@example.org"})

    assert known.status_code == unknown.status_code == 302
    assert known.url == unknown.url
    assert len(mail.outbox) == 1


def test_asking_for_a_reset_is_the_same_work_whether_the_address_is_known(client, reader, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.send_password_resets, "delay", sent.append)

    for address in (reader.email, "nobody@example.org"):
        client.post(reverse("accounts:password_reset"), {"email": address}, REMOTE_ADDR="203.0.113.10")

    assert sent == [[reader.pk], []]
    assert not mail.outbox


def test_with_the_broker_away_the_mail_is_sent_all_the_same(client, reader, monkeypatch):
    def unreachable(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.send_password_resets, "delay", unreachable)

    client.post(reverse("accounts:password_reset"), {"email": reader.email}, REMOTE_ADDR="203.0.113.11")

    assert len(mail.outbox) == 1


def test_attempts_to_sign_in_are_forgotten_after_a_month(client):
    sign_in(client, "a password typed as a name")
    sign_in(client, "another one")
    old = AccessAttempt.objects.order_by("pk")[0]
    AccessAttempt.objects.filter(pk=old.pk).update(attempt_time=timezone.now() - timedelta(days=31))

    tasks.forget_attempts()

    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["another one"]


def test_attempts_to_sign_in_are_not_listed_in_the_admin():
    assert AccessAttempt not in admin.site._registry


def test_nobody_is_flooded_with_reset_mails(client, reader, at_once):
    for _ in range(8):
        response = client.post(reverse("accounts:password_reset"), {"email": reader.email}, REMOTE_ADDR="203.0.113.9")

    assert response.status_code == 302
    assert len(mail.outbox) == 5


def test_an_expired_session_inside_a_fragment_request_reloads_the_page(client):
    response = client.get(reverse("accounts:profile"), headers={"HX-Request": "true"})

    assert response.status_code == 204
    assert response.headers["HX-Redirect"].startswith(SIGN_IN)
