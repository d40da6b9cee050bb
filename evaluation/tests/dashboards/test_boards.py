"""The dashboards: figures that agree with the answers, for those who may see them, and rows for who may read them."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone, translation

from chat.asked import latest
from chat.models import Answer, Conversation
from evaluation import feedback, review
from evaluation.dashboards import controls, cost, parts, period, quality, rows, value
from evaluation.dashboards.overview import overview
from evaluation.models import Escalation, Objective, Stated
from evaluation.rollups import making
from evaluation.rollups.reading import NOTHING, total
from evaluation.views.boards import PAGES
from ragapp.accounts.models import Role, RoleAssignment, User
from ragapp.lib.copying import copy_in
from ragapp.lib.stats import shares_differ
from ragapp.llm.models import Call

ALL = tuple(PAGES)


@pytest.fixture
def boss(db) -> User:
    person = User.objects.create_user("boss", password="correct horse battery")
    RoleAssignment.objects.create(user=person, role=Role.ADMIN)
    return person


@pytest.mark.parametrize("one", controls.REGISTER, ids=lambda one: one.test)
def test_each_control_names_a_test_that_exists(one):
    path, _, function = one.test.partition("::")
    text = (django_settings.BASE_DIR / path).read_text()

    assert f"def {function}(" in text


def test_shares_differ_only_where_chance_does_not_explain_it():
    assert shares_differ(50, 100, 80, 100)
    assert not shares_differ(50, 100, 51, 100)
    assert not shares_differ(1, 1, 0, 0)


def test_a_month_is_forecast_by_its_days_and_by_weekdays():
    today = date(2026, 11, 16)
    days = [today - timedelta(days=n) for n in range(40, 0, -1)]
    found = [_costing(day, 1 if day.weekday() > 4 else 10) for day in days]
    mean, low, high = cost.forecast(found, today)

    # November 2026 has 21 working days and 9 at weekends.
    assert (mean, low, high) == pytest.approx((219, 219, 219))
    assert cost.forecast(found[-5:], today) == (None, None, None)


def _costing(day, amount):
    return type(NOTHING)(key=(day,), counts=NOTHING.counts, cost_usd=Decimal(amount), histograms=None)


def test_payback_is_a_range_and_never_where_nothing_is_left():
    assumed = Stated(invested_usd=Decimal(10_000))

    late, early = value.payback(2_000, 4_000, Decimal(1_000), 30, assumed)
    assert (round(late, 2), round(early, 2)) == (9.86, 3.29)
    assert value.payback(500, 700, Decimal(1_000), 30, assumed) == (None, None)


@pytest.mark.django_db
class TestPages:
    def test_every_page_is_drawn_without_answers_and_with_many(self, world, client, boss):
        client.force_login(boss)
        for name in ALL:
            assert client.get(reverse("evaluation:board", args=[name])).status_code == 200
        call_command("seed_traffic", answers=120, days=5, people=6, verbosity=0)
        for name in ALL:
            page = client.get(reverse("evaluation:board", args=[name]), {"days": "7"})
            assert page.status_code == 200
            assert "simulated" in page.content.decode()
        overview = client.get(reverse("evaluation:dashboard"), {"days": "7"}).content.decode()
        assert "simulated" in overview
        assert reverse("evaluation:board", args=["quality"]) in overview

    def test_a_chart_comes_as_csv_with_the_same_figures(self, world, client):
        answer = world.answer(world.public)
        feedback.give(answer, user=world.ann, thumb=1)
        making.keep_up(timezone.now())
        client.force_login(world.rita)
        at = reverse("evaluation:board_csv", args=["quality", "satisfaction"])
        table = list(csv.reader(io.StringIO(client.get(at, {"days": "7"}).content.decode())))

        assert table[0][0] == "Day"
        assert [row[1] for row in table[1:]] == [*[""] * 6, "100.0"]
        assert client.get(reverse("evaluation:board_csv", args=["quality", "none"])).status_code == 404

    def test_what_evaluation_runs_ask_counts_nowhere_but_in_the_cost_of_everything(self, world, boss):
        world.answer(world.public, cost_usd=Decimal("0.2"))
        asked = world.answer(status=Answer.Status.NOT_FOUND, question="May a cat come?")
        tried = world.answer(status=Answer.Status.NOT_FOUND, question="May a dog come?", cost_usd=Decimal("0.5"))
        Conversation.objects.filter(turns__answers=tried).update(is_hidden=True, user=world.rita)
        now = timezone.now()
        making.keep_up(now)
        filters = period.read({"days": "7"}, viewer=boss)
        figures = overview(world.rita, now=now, days=7)
        costs = {str(figure.label): figure for figure in cost.board(filters, boss).figures}

        assert (figures.questions, figures.askers, figures.unanswered, figures.withheld) == (2, 1, 1, 0)
        assert figures.unanswered_questions == [asked]
        assert sum(figures.questions_by_day) == sum(figures.endings.values()) == 2
        assert (
            total(filters.narrowed)["answers"]
            == rows.behind(filters.narrowed, "answers", viewer=world.rita).count()
            == 2
        )
        assert set(latest(limit=9)) == {("How many days?", world.ann.pk), ("May a cat come?", world.ann.pk)}
        assert costs["Models, for answers"].value == "$0.2000"
        assert (costs["Of it, evaluation runs and trials"].value, costs["Of it, evaluation runs and trials"].n) == (
            "$0.5000",
            1,
        )

    def test_nonsense_in_the_address_is_ignored(self, world, client):
        client.force_login(world.rita)
        nonsense = {
            "days": "99",
            "since": "2026-13-45",
            "release": "9" * 50,
            "model": "none such",
            "group": "x",
            "page": "²",
        }

        assert client.get(reverse("evaluation:board", args=["cost"]), nonsense).status_code == 200
        assert client.get(reverse("evaluation:behind"), nonsense | {"what": "answers"}).status_code == 200
        assert client.get(reverse("evaluation:behind"), {"what": "passwords"}).status_code == 404

    def test_rows_behind_a_number_are_those_whose_sources_the_viewer_may_read(self, world, client):
        seen = world.answer(world.public, question="What is public?")
        world.answer(world.secret, question="What is secret?")
        for answer in Answer.objects.all():
            feedback.give(answer, user=world.ann, thumb=-1)
        making.keep_up(timezone.now())
        filters = period.read({"days": "7"}, viewer=world.rita)

        assert quality.board(filters).figures[1].n == 2
        assert list(rows.behind(filters.narrowed, "thumbs_down", viewer=world.rita)) == [seen]
        client.force_login(world.rita)
        page = client.get(reverse("evaluation:behind"), {"days": "7", "what": "thumbs_down"}).content.decode()
        assert "What is public?" in page
        assert "What is secret?" not in page

    @pytest.mark.parametrize("what", rows.WHAT)
    def test_the_rows_of_each_kind_are_as_many_as_the_totals_say(self, world, what):
        call_command("seed_traffic", answers=80, days=3, people=5, verbosity=0)
        filters = period.read({"days": "7"}, viewer=world.rita)
        found = rows.behind(filters.narrowed, what, viewer=world.rita).count()
        counted = rows.in_all(filters.narrowed, what)

        assert counted is None or found == counted
        assert found == counted or what in ("unsupported", "weighed")

    def test_who_asked_a_person_for_a_refusal_takes_nothing_from_what_was_answered(self, world):
        for _n in range(3):
            world.answer(world.public)
        refused = world.answer(status=Answer.Status.NOT_FOUND)
        helped = world.answer(world.public)
        partly = world.answer(world.public)
        for answer in (refused, helped):
            Escalation.objects.create(answer=answer, user=world.ann)
        review.judge(partly, reviewer=world.rita, verdict="partly")
        making.keep_up(timezone.now())
        filters = period.read({"days": "7"}, viewer=world.rita)
        now = total(filters.narrowed)

        assert value.deflection(now) == pytest.approx(4 / 6)
        assert [one.value for one in value.board(filters).figures if one.what == "unaided"] == ["66.7%"]
        for what, n in (("unaided", 4), ("accepted", 4), ("reviewed_bad", 1)):
            assert (
                rows.behind(filters.narrowed, what, viewer=world.rita).count()
                == rows.in_all(filters.narrowed, what)
                == n
            )

    def test_every_figure_and_every_chart_leads_to_what_it_was_counted_from(self, world, client, boss):
        call_command("seed_traffic", answers=120, days=5, people=6, verbosity=0)
        filters = period.read({"days": "7"}, viewer=boss)
        for name, page in PAGES.items():
            made = page.make(filters, boss)
            assert [one.label for one in made.figures if not (one.what or one.link)] == [], name
            whats = {one.what for one in (*made.figures, *made.charts)} - {""}
            assert whats <= set(rows.WHAT), name
            anchors = {one.link[1:] for one in made.figures if one.link.startswith("#")}
            assert anchors <= {f"chart-{one.name}" for one in made.charts} | {"items"}, name
        client.force_login(boss)
        page = client.get(reverse("evaluation:dashboard"), {"days": "7"}).content.decode()
        assert f"{reverse('evaluation:behind')}?days=7&amp;what=not_found" in page
        at = reverse("evaluation:board_csv", args=["overview", "endings"])
        table = list(csv.reader(io.StringIO(client.get(at, {"days": "7"}).content.decode())))
        assert table[0] == ["Ending", "Answers"]
        assert sum(int(n) for _ending, n in table[1:]) == Answer.objects.count() >= 120

    def test_the_forecast_of_the_month_does_not_depend_on_the_period_that_is_looked_at(self, world, boss):
        call_command("seed_traffic", answers=400, days=40, people=6, verbosity=0)
        found = set()
        for days in ("7", "30", "90"):
            made = cost.board(period.read({"days": days}, viewer=boss), boss)
            found |= {one.value for one in made.figures if one.label == "This month will come to"}

        assert len(found) == 1
        assert found != {"–"}

    def test_the_ledger_is_summed_for_the_period(self, world, boss):
        cache.clear()
        old = timezone.now() - timedelta(days=20)
        call = {"task": "answer", "deployment": "x", "model": "x", "ms": 1, "outcome": "answered"}
        copy_in(
            Call,
            (call | {"at": at.isoformat(), "cost_usd": usd} for at, usd in ((old, "0.5"), (timezone.now(), "0.2"))),
        )

        def ledger(**chosen):
            made = cost.board(period.read(chosen, viewer=boss), boss)
            return next(one.value for one in made.figures if one.label == "Models, all tasks by the ledger")

        assert ledger(days="7") == "$0.2000"
        assert ledger(days="30") == "$0.7000"
        day = old.date().isoformat()
        assert ledger(since=day, until=day) == "$0.5000"

    def test_figures_are_written_as_the_reader_s_language_does(self):
        with translation.override("de"):
            assert (parts.counted(7420), parts.percent(0.125), parts.usd(Decimal("1234.5"))) == (
                "7.420",
                "12,5%",
                "$1.234,50",
            )
        with translation.override("en"):
            assert (parts.counted(7420), parts.percent(0.125), parts.usd(0.5)) == ("7,420", "12.5%", "$0.5000")

    def test_names_of_collections_are_for_those_who_may_read_them(self, world):
        filters = period.read({}, viewer=world.rita)

        assert filters.collection(world.public.collection_id) == world.public.collection.name
        assert world.secret.collection.name not in filters.collection(world.secret.collection_id)

    def test_people_are_named_to_admins_alone(self, world, boss):
        User.objects.filter(pk=world.ann.pk).update(first_name="Ann", last_name="Asker")
        world.answer(world.public, cost_usd=Decimal("0.5"))
        making.keep_up(timezone.now())

        def people(viewer):
            made = cost.board(period.read({}, viewer=viewer), viewer)
            return [label for chart in made.charts if chart.name == "cost-people" for label in chart.labels]

        assert people(boss) == ["Ann Asker"]
        assert people(world.rita) == []

    def test_admins_state_assumptions_and_set_targets_and_reviewers_do_not(self, world, client, boss):
        at = reverse("evaluation:state")
        client.force_login(boss)
        stated = {
            "infrastructure_usd_month": "300", "invested_usd": "9000", "hour_usd": "60", "minutes_low": "3",
            "minutes_high": "6", "source": "asked twelve people",
        }  # fmt: skip
        client.post(at, stated)
        client.post(at, {"figure": "satisfaction", "target": "90"})
        client.post(at, {"figure": "satisfaction", "target": "85", "due": "2027-01-01"})
        client.post(at, {"figure": "satisfaction", "target": "many"})
        world.answer(world.public)
        making.keep_up(timezone.now())

        assert Stated.objects.get().hour_usd == 60
        assert Objective.objects.get().target == 85
        page = client.get(reverse("evaluation:board", args=["value"])).content.decode()
        assert "$3.00 – $6.00" in page
        assert "85.0" in page
        client.force_login(world.rita)
        assert client.post(at, stated).status_code == 404
