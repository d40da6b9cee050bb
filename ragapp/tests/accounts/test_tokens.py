"""Tokens for programs: shown once, stored as a hash, and dead when they should be."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ragapp.accounts import tokens
from ragapp.accounts.models import ApiToken, Scope
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def issue(owner, *, days=30):
    return tokens.issue(owner, name="nightly import", scopes=[Scope.WRITE, Scope.READ], now=NOW, days=days)


def test_a_token_is_recognised_and_only_its_hash_is_stored(reader):
    issued = issue(reader)

    assert tokens.recognise(issued.secret, now=NOW) == issued.token
    assert issued.token.scopes == ["documents:read", "documents:write"]
    assert issued.secret not in str(ApiToken.objects.values())
    assert AuditEvent.objects.filter(event="token_created", actor=reader.username).exists()


@pytest.mark.parametrize("secret", ["", "rag_", "rag_unknown", "Bearer", "rag_" + "x" * 500])
def test_what_is_no_token_is_not_recognised(reader, secret):
    issue(reader)

    assert tokens.recognise(secret, now=NOW) is None


def test_a_token_dies_when_it_expires_is_revoked_or_its_owner_is_disabled(reader, admin):
    old, revoked, orphaned = issue(reader, days=1), issue(reader), issue(reader, days=None)
    tokens.revoke(revoked.token, by=admin, now=NOW)

    assert tokens.recognise(old.secret, now=NOW + timedelta(days=2)) is None
    assert tokens.recognise(revoked.secret, now=NOW) is None
    assert tokens.recognise(orphaned.secret, now=NOW + timedelta(days=5000)) is not None
    reader.is_active = False
    reader.save()
    assert tokens.recognise(orphaned.secret, now=NOW) is None
    assert AuditEvent.objects.get(event="token_revoked").actor == admin.username


def test_its_last_use_is_noted_once_a_minute(reader):
    issued = issue(reader)
    for seconds in (0, 10, 70):
        tokens.recognise(issued.secret, now=NOW + timedelta(seconds=seconds))

    issued.token.refresh_from_db()
    assert issued.token.last_used_at == NOW + timedelta(seconds=70)


def test_one_person_has_only_so_many(reader, monkeypatch):
    monkeypatch.setattr(tokens, "TOKENS_MAX", 1)
    issue(reader)

    with pytest.raises(tokens.TooManyTokens):
        issue(reader)


def test_the_account_page_shows_a_new_token_once_and_revokes_it(client_for, reader):
    browser = client_for(reader)

    made = browser.post(reverse("accounts:token_create"), {"name": "cron", "scopes": ["documents:read"], "days": "30"})
    secret = made.context["issued"].secret
    again = browser.get(reverse("accounts:profile")).content.decode()

    assert secret in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    assert secret not in again
    assert "cron" in again
    browser.post(reverse("accounts:token_revoke", args=[ApiToken.objects.get().pk]))
    assert tokens.recognise(secret, now=timezone.now()) is None


def test_nobody_revokes_the_token_of_somebody_else_but_an_admin_may(client_for, reader, stranger, admin):
    issued = issue(reader)

    assert client_for(stranger).post(reverse("accounts:token_revoke", args=[issued.token.pk])).status_code == 404
    assert tokens.recognise(issued.secret, now=NOW)
    client_for(admin).post(
        reverse("admin:accounts_apitoken_changelist"), {"action": "revoke", "_selected_action": [issued.token.pk]}
    )
    assert tokens.recognise(issued.secret, now=NOW) is None


def test_a_token_without_scopes_is_not_made(client_for, reader):
    response = client_for(reader).post(reverse("accounts:token_create"), {"name": "cron", "days": "30"})

    assert response.status_code == 422
    assert not ApiToken.objects.exists()


def test_its_owner_sees_where_it_was_used_and_old_uses_are_forgotten(client_for, reader):
    issued = issue(reader)
    for address, minutes in (("10.0.0.5", 0), ("203.0.113.9", 0), ("203.0.113.9", 0), ("10.0.0.5", 5)):
        tokens.recognise(issued.secret, now=NOW + timedelta(minutes=minutes), address=address)

    assert [use.address for use in issued.token.uses.all()] == ["10.0.0.5", "203.0.113.9"]
    assert "203.0.113.9" in client_for(reader).get(reverse("accounts:profile")).content.decode()
    assert tokens.forget_uses(now=NOW + tokens.USES_KEPT + timedelta(minutes=1)) == 1


def test_where_all_tokens_were_used_last_is_read_at_once(reader, django_assert_num_queries):
    first, second = issue(reader), issue(reader)
    for number in range(tokens.USES_SHOWN + 2):
        tokens.recognise(first.secret, now=NOW + timedelta(minutes=2 * number), address=f"10.0.0.{number}")
    tokens.recognise(second.secret, now=NOW, address="203.0.113.9")

    with django_assert_num_queries(2):
        found = {token: [use.address for use in uses] for token, uses in tokens.with_uses(reader, now=NOW)}

    assert found[second.token] == ["203.0.113.9"]
    assert found[first.token] == [f"10.0.0.{number}" for number in range(tokens.USES_SHOWN + 1, 1, -1)]
