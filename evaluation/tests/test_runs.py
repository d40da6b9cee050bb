"""A run asks each case once, whoever works on it and however often; people pause, resume and cancel it."""

import pytest

from chat import releases
from chat.tests.conftest import LEAVE, add, library  # noqa: F401  read in for real
from documents import leases
from evaluation import runner, runs
from evaluation.datasets import store
from evaluation.datasets.corpus import Corpus
from evaluation.datasets.folder import Case, Dataset, DatasetError
from evaluation.models import CaseResult, EvaluationRun
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(library, reader):  # noqa: F811
    dataset = Dataset(
        name="tiny",
        sha256="",
        cases=(
            Case(id="leave", question="How many days of parental leave do I get?", answers=("60",), category="hr"),
            Case(id="moon", question="Who paints the moon base?", answerable=False),
        ),
        documents=None,
        readers={},
    )
    return store.take_in(dataset, Corpus(folders={}, askers={"": reader}), by=None)


def started(version, **fields) -> EvaluationRun:
    return runs.start(version, releases.production(), by=None, **fields)


def test_a_run_measures_each_case_and_sums_up(version):
    run = started(version)

    assert not runs.advance(run.pk)

    run.refresh_from_db()
    assert (run.state, run.done, run.total) == ("done", 2, 2)
    assert run.metrics["gold_shown"]["mean"] == 1.0
    assert run.metrics["refusal_recall"]["mean"] == 1.0
    assert run.metrics["cost_usd"] is None
    assert run.results.get(case__key="leave").answer.turn.conversation.is_hidden


def test_a_slice_that_ends_goes_on_where_it_stopped(version):
    run = started(version)

    assert runs.advance(run.pk, slice_s=-1)
    assert EvaluationRun.objects.get(pk=run.pk).state == "queued"
    assert not runs.advance(run.pk)
    assert not runs.advance(run.pk)

    assert CaseResult.objects.filter(run=run).count() == 2


def test_repeats_are_asked_anew_and_their_spread_is_told(version):
    run = started(version, repeats=3)

    runs.advance(run.pk)

    run.refresh_from_db()
    assert run.results.count() == 6
    assert run.metrics["gold_shown"]["n"] == 1
    assert run.metrics["gold_shown"]["spread"] == 0.0


def test_who_pauses_keeps_what_is_done_and_nothing_more_is_asked(version):
    run = started(version)

    runs.advance(run.pk, progress=lambda done, total: runs.pause(run))

    run.refresh_from_db()
    assert (run.state, run.done) == ("paused", 1)
    assert not runs.advance(run.pk)
    assert runs.resume(run)
    runs.advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 2)
    assert run.results.count() == 2


def test_a_run_that_was_cancelled_can_be_resumed_and_a_done_one_cannot(version):
    run = started(version)

    assert runs.cancel(run)
    assert not runs.cancel(run)
    assert runs.resume(run)
    runs.advance(run.pk)
    assert not runs.resume(run)
    assert not runs.pause(run)


def test_a_question_that_cannot_be_asked_is_an_error_and_no_score(version, monkeypatch):
    def measure(ask, *args):
        if ask.case.id == "moon":
            raise RuntimeError("secret words")
        return real(ask, *args)

    real = runner.measure
    monkeypatch.setattr(runner, "measure", measure)
    run = started(version)

    runs.advance(run.pk)

    run.refresh_from_db()
    assert (run.state, run.metrics["failed"]) == ("done", 1)
    assert run.metrics["refusal_recall"] is None
    assert run.results.get(case__key="moon").error == "RuntimeError"


def test_a_worker_that_fell_silent_is_followed_by_another(version):
    run = started(version)
    EvaluationRun.objects.filter(pk=run.pk).update(
        state="running", worker="gone", attempts=1, lease_until="2020-01-01T00:00Z"
    )

    assert runs.due() == [run.pk]
    runs.advance(run.pk)

    run.refresh_from_db()
    assert run.state == "done"


def test_a_run_that_stops_every_worker_is_given_up(version):
    run = started(version)
    EvaluationRun.objects.filter(pk=run.pk).update(
        state="running", worker="gone", attempts=runs.ATTEMPTS_MAX, lease_until="2020-01-01T00:00Z"
    )

    assert runs.due() == []

    run.refresh_from_db()
    assert (run.state, run.failure) == ("failed", runs.GAVE_UP)


def test_an_asker_who_left_ends_the_run_with_a_sentence(version, reader):
    run = started(version)
    User.objects.filter(pk=reader.pk).update(is_active=False)

    runs.advance(run.pk)

    run.refresh_from_db()
    assert run.state == "failed"
    assert reader.username in run.failure
    with pytest.raises(DatasetError):
        started(version)


def test_whoever_lost_the_lease_writes_nothing(version):
    run = started(version)

    def taken(done, total):
        EvaluationRun.objects.filter(pk=run.pk).update(worker="another")

    runs.advance(run.pk, progress=taken)

    assert run.results.count() == 1
    assert EvaluationRun.objects.get(pk=run.pk).worker == "another"
    assert leases.ours(run).count() == 0
