"""Models that their providers take away are told in time, more urgently as the day comes."""

from datetime import date, timedelta

import httpx2
import pytest
from django.urls import reverse
from django.utils import timezone

from evaluation import alerts, retiring
from evaluation.models import Alert
from ragapp.llm import routes
from ragapp.llm.models import Call, Deployment
from ragapp.llm.translation import farewell
from ragapp.llm.types import Farewell

pytestmark = pytest.mark.django_db


def deployment(name: str = "gpt", **fields) -> Deployment:
    given = {"kind": "compatible", "base_url": "http://127.0.0.1:9/v1", "model": name} | fields
    return Deployment.objects.create(name=name, **given)


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


@pytest.mark.parametrize(("days", "severity"), [(59, "notice"), (30, "warning"), (7, "critical"), (-2, "critical")])
def test_a_last_day_is_told_two_months_before_and_more_urgently_later(days, severity):
    deployment(retires_on=in_days(days))
    retiring.tell(timezone.now())
    retiring.tell(timezone.now())

    alert = Alert.objects.get(kind=retiring.KIND)
    assert (alert.severity, alert.times) == (severity, 1)
    assert str(abs(days)) in alert.text or days < 0


def test_a_day_far_off_and_a_model_that_is_switched_off_are_no_matter():
    deployment("far", retires_on=in_days(90))
    deployment("off", retires_on=in_days(3), is_enabled=False)

    assert retiring.departures(timezone.localdate()) == []


def test_the_earlier_of_two_days_counts_and_deprecation_without_a_day_is_told_too(client, world):
    deployment("one", retires_on=in_days(40), announced_on=in_days(20))
    deployment("two", is_deprecated=True)
    found = retiring.departures(timezone.localdate())
    assert [(one.deployment.name, one.days, one.severity) for one in found] == [
        ("one", 20, "warning"),
        ("two", None, "notice"),
    ]

    client.force_login(world.rita)
    assert "its model retires on" in client.get(reverse("evaluation:models")).content.decode()


def test_a_model_that_only_answers_that_it_is_not_known_is_told():
    for name, outcomes in (("lost", ["UnknownModel"] * 2), ("fine", ["UnknownModel", "answered"])):
        for outcome in outcomes:
            Call.objects.create(task="answer", deployment=name, model="m", ms=1, outcome=outcome)
    retiring.tell(timezone.now())

    told = {alert.subject for alert in Alert.objects.all()}
    assert "lost" in told
    assert "fine" not in told


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"sunset": "Sat, 31 Oct 2026 23:59:59 GMT"}, Farewell(retires_on=date(2026, 10, 31))),
        ({"deprecation": "@1688169599"}, Farewell()),
        ({"deprecation": "true", "sunset": "soon"}, Farewell()),
        ({"deprecation": "@99999999999"}, None),
        ({}, None),
    ],
)
def test_what_headers_say_of_the_end(headers, found):
    assert farewell(httpx2.Headers(headers)) == found


def test_a_model_that_only_answers_where_it_is_named_is_in_no_route_by_itself():
    deployment("old")
    deployment("new", only_named=True, tier="small")

    assert [one.name for one in routes.plan("answer").targets] == ["old"]
    assert [one.name for one in routes.plan("answer", {"answer": {"deployments": ["new"]}}).targets] == ["new"]


def test_alerts_speak_the_language_of_who_reads_them(world, mailoutbox):
    world.rita.email, world.rita.language = "rita@tarnfield.example", "de"
    world.rita.save()
    deployment(retires_on=in_days(20))
    retiring.tell(timezone.now())
    alert = Alert.objects.get()
    alerts.give_to(alert, world.rita, by=world.rita)
    alerts.send_mail_due(timezone.now())

    assert "läuft am" in mailoutbox[0].body
    assert "retires on" in alert.text
