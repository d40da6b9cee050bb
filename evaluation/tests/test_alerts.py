"""Alerts are told once, reach who looks after them, and show examples only to those who may read the sources."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse
from django.utils import timezone, translation

from evaluation import alert_figures, alerts
from evaluation.models import Alert
from ragapp.accounts.models import Role, RoleAssignment, User
from ragapp.webhooks.models import Delivery, Endpoint, Event

pytestmark = pytest.mark.django_db


def raised(**fields) -> Alert:
    given = {"kind": "drift", "subject": "no-answer rate", "text": "It rose from 4 % to 11 %."} | fields
    return alerts.raise_alert(given.pop("kind"), given.pop("subject"), given.pop("text"), **given)


def woken(alert: Alert) -> None:
    Alert.objects.filter(pk=alert.pk).update(snoozed_until=timezone.now() - timedelta(seconds=1))


def mailed() -> int:
    return alerts.send_mail_due(timezone.now())


def test_the_same_finding_is_one_alert_and_one_mail(world, settings):
    settings.ALERT_MAIL = ["quality@tarnfield.example"]
    first, again = raised(), raised(text="It rose to 12 %.")

    assert (first.pk, again.times, again.text) == (again.pk, 2, "It rose to 12 %.")
    assert (mailed(), mailed()) == (1, 0)
    assert mail.outbox[0].to == ["quality@tarnfield.example"]
    assert "12 %" in mail.outbox[0].body
    assert reverse("evaluation:alert", args=[first.pk]) in mail.outbox[0].body


def test_admins_hear_of_what_nobody_owns_and_the_owner_of_what_is_theirs(world):
    admin = User.objects.create_user("otto", "otto@tarnfield.example", "correct horse battery")
    RoleAssignment.objects.create(user=admin, role=Role.ADMIN)
    User.objects.filter(pk=world.rita.pk).update(email="rita@tarnfield.example")
    raised()
    raised(subject="cost", owner=User.objects.get(pk=world.rita.pk))
    mailed()

    assert sorted(one.to[0] for one in mail.outbox) == ["otto@tarnfield.example", "rita@tarnfield.example"]


def test_what_gets_more_severe_is_told_again_and_what_is_snoozed_is_not(world, settings):
    settings.ALERT_MAIL = ["quality@tarnfield.example"]
    alert = raised()
    mailed()
    raised(severity="critical")
    assert mailed() == 1

    alerts.snooze(alert, timedelta(days=1), by=world.rita)
    raised(severity="critical")
    assert mailed() == 0
    assert alert not in alerts.open_alerts()

    woken(alert)
    raised(severity="critical")
    assert mailed() == 1
    assert alert in alerts.open_alerts()


def test_a_finding_after_the_end_is_a_new_alert(world):
    alert = raised()
    alerts.end(alert, by=world.rita)

    assert raised().pk != alert.pk


def test_mail_that_fails_is_tried_again_and_given_up_at_last(world, settings, monkeypatch):
    settings.ALERT_MAIL = ["quality@tarnfield.example"]

    def refuse(*args, **kwargs):
        raise ConnectionRefusedError

    raised()
    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    now = timezone.now()
    for n in range(alerts.MAIL_ATTEMPTS + 3):
        alerts.send_mail_due(now + n * alerts.MAIL_PAUSE)

    assert Alert.objects.get().mail_attempts == alerts.MAIL_ATTEMPTS
    assert Alert.objects.get().mail_due_at is None


def test_a_mail_that_fails_in_one_language_is_not_sent_again_in_the_other(world, monkeypatch):
    for user, language in ((world.ann, "en"), (world.rita, "de")):
        user.email, user.language, user.is_superuser = f"{language}@tarnfield.example", language, True
        user.save()
    send, is_broken = EmailBackend.send_messages, True

    def refuse_german(backend, messages):
        if is_broken and messages[0].to == ["de@tarnfield.example"]:
            raise ConnectionRefusedError
        return send(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse_german)
    raised()
    now = timezone.now()
    alerts.send_mail_due(now)
    is_broken = False
    alerts.send_mail_due(now + alerts.MAIL_PAUSE)
    alerts.send_mail_due(now + 2 * alerts.MAIL_PAUSE)

    assert [one.to for one in mail.outbox] == [["en@tarnfield.example"], ["de@tarnfield.example"]]


def test_webhooks_hear_of_it_without_its_text(world):
    Endpoint.objects.create(name="Pager", url="https://pager.example/hook", events=[Event.ALERT_RAISED])
    alert = raised()
    raised()

    said = Delivery.objects.get()
    assert said.event == "alert.raised"
    assert said.data == {
        "alert": alert.pk, "kind": "drift", "subject": "no-answer rate", "severity": "warning", "times": 1,
    }  # fmt: skip


def test_examples_are_shown_to_those_who_may_read_their_sources(world, client):
    seen = world.answer(world.public, question="What is public?")
    hidden = world.answer(world.secret, question="What is secret?")
    alert = raised(examples=[seen.pk, hidden.pk])

    assert alerts.examples_for(alert, world.rita) == ([seen], 1)
    assert alerts.examples_for(alert, world.ann) == ([], 2)

    client.force_login(world.rita)
    page = client.get(reverse("evaluation:alert", args=[alert.pk])).content.decode()
    assert "What is public?" in page
    assert "What is secret?" not in page


def test_people_acknowledge_give_snooze_and_end_on_the_page(world, client):
    alert = raised(details={"signal": "not_found", "before": 0.04, "now": 0.11})
    client.force_login(world.rita)
    at = reverse("evaluation:alert_act", args=[alert.pk])

    for form in (
        {"action": "acknowledge"},
        {"action": "give", "owner": world.rita.pk},
        {"action": "snooze", "for": "week"},
    ):
        assert client.post(at, form).status_code == 302
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.owner, alert.is_snoozed) == (world.rita, world.rita, True)
    assert "11.0\N{NO-BREAK SPACE}%" in client.get(reverse("evaluation:alert", args=[alert.pk])).content.decode()
    assert alert.subject in client.get(reverse("evaluation:alerts"), {"shown": "snoozed"}).content.decode()

    assert client.post(at, {"action": "explode"}).status_code == 404
    assert client.post(at, {"action": "give", "owner": world.ann.pk}).status_code == 302
    assert client.post(at, {"action": "end"}).status_code == 302
    alert.refresh_from_db()
    assert (alert.owner, alert.ended_by) == (None, world.rita)
    assert client.post(at, {"action": "end"}).status_code == 404


def test_alerts_are_not_there_for_who_does_not_see_dashboards(world, client):
    alert = raised()
    client.force_login(world.ann)

    assert client.get(reverse("evaluation:alerts")).status_code == 404
    assert client.get(reverse("evaluation:alert", args=[alert.pk])).status_code == 404
    assert client.post(reverse("evaluation:alert_act", args=[alert.pk]), {"action": "end"}).status_code == 404


@pytest.mark.parametrize(("value", "said"), [(0.03, "0,03"), (0.0001, "0,0001"), (1.2345, "1,23"), (1234.5, "1.234")])
def test_figures_of_alerts_are_written_as_the_reader_s_language_does(value: float, said: str) -> None:
    alert = Alert(kind="drift", details={"effect": value})
    with translation.override("de"):
        assert [figure for _name, figure in alert_figures.lines(alert)] == [said]
