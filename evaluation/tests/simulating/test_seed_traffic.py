"""Simulated traffic looks like traffic, says that it is none, and goes again without a trace."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from chat.models import Answer, Conversation, Release
from documents.forms import CollectionForm, ShareForm
from evaluation import alerts, feedback, review
from evaluation.drift.looking import SIMULATED
from evaluation.models import Alert, AskedOnDay, DriftCheck, Rollup, Simulation
from ragapp.accounts.models import User
from ragapp.llm.models import Call

pytestmark = pytest.mark.django_db


def rows() -> dict[str, int]:
    models = (User, Group, Release, Conversation, Answer, Rollup, AskedOnDay, Simulation)
    return {model.__name__: model.objects.count() for model in models}


def test_simulated_traffic_is_marked_and_leaves_no_trace(world):
    world.answer(world.public)
    Group.objects.create(name="Founded today, nobody in it yet")
    before, calls = rows(), set(Call.objects.values_list("pk", flat=True))
    call_command("seed_traffic", answers=300, days=14, people=20, verbosity=0)

    made = Answer.objects.exclude(turn__conversation__user=world.ann)
    assert made.count() == Simulation.objects.get().answers == pytest.approx(300, abs=10)
    assert all("Simulated" in notice for notice in made.values_list("notice", flat=True))
    assert {name.split("-")[0] for name in made.values_list("release__name", flat=True)} == {"simulated"}
    assert not User.objects.filter(username__startswith="simulated", is_active=True).exists()
    assert set(Call.objects.values_list("pk", flat=True)) == calls
    assert sum(Rollup.objects.filter(grain="day", group_id=0).values_list("answers", flat=True)) == made.count()

    # What was made of it since goes with it.
    feedback.give(made[0], user=world.rita, thumb=-1)
    review.judge(made[1], reviewer=world.rita, verdict="bad")
    alerts.raise_alert("drift", "Thumbs", lambda: "Simulated traffic is among it.", details={SIMULATED: True})
    alerts.raise_alert("drift", "Cost of answers", lambda: "Not as before.")
    DriftCheck.objects.create(
        day=timezone.localdate(),
        signal="feedback",
        n_now=9,
        n_before=9,
        effect=1.0,
        p=0.0,
        threshold=0.1,
        is_drift=True,
    )
    assert not ShareForm().fields["group"].queryset.filter(name__startswith="Simulated").exists()
    assert not CollectionForm().fields["groups"].queryset.filter(name__startswith="Simulated").exists()
    assert ShareForm().fields["group"].queryset.exists()
    with pytest.raises(CommandError, match="already"):
        call_command("seed_traffic", answers=300, verbosity=0)
    call_command("seed_traffic", remove=True, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert rows() == before
    assert not DriftCheck.objects.exists()
    assert list(Alert.objects.values_list("subject", flat=True)) == ["Cost of answers"]


def test_one_seed_gives_the_same_traffic_twice(world):
    found = []
    for _ in range(2):
        call_command("seed_traffic", answers=60, days=5, people=5, verbosity=0)
        made = Answer.objects.exclude(turn__conversation__user=world.ann).order_by("pk")
        found.append(list(made.values_list("pk", "status", "cost_usd", "turn__question")))
        call_command("seed_traffic", remove=True, verbosity=0)

    assert found[0] == found[1]


def test_a_site_in_production_takes_none(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="production"):
        call_command("seed_traffic", answers=10, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_simulated_people_ask_for_real_and_go_again(library, reader, llm, capsys):
    before = rows()
    call_command("seed_traffic", ask=3, username=reader.username, people=2)

    said = capsys.readouterr().out
    assert "3 of 3 SIMULATED questions asked: 3 by shipped-" in said
    made = Answer.objects.filter(turn__conversation__user__username__startswith="simulated-asker-")
    assert made.count() == Simulation.objects.get().answers == 3
    assert {answer.release.name.split("-")[0] for answer in made} == {"shipped"}
    assert not made.filter(turn__conversation__is_hidden=False).exists()
    assert not any(person.has_usable_password() for person in User.objects.filter(username__startswith="simulated"))

    # The same people ask again, and those who are seeded have a place of their own.
    call_command("seed_traffic", ask=1, username=reader.username, people=2, verbosity=0)
    assert Simulation.objects.get().answers == 4
    call_command("seed_traffic", remove=True, verbosity=0)
    with pytest.raises(CommandError, match="no active person"):
        call_command("seed_traffic", ask=1, username="nobody")
    assert rows() | {"Release": before["Release"]} == before
