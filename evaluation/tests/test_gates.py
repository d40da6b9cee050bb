"""A release goes on only when its gates pass, by the worse end of the interval, or when somebody says why not."""

import pytest

from chat import releases
from chat.models import Release
from evaluation import gates
from evaluation.datasets import store
from evaluation.datasets.folder import Case
from evaluation.models import Dataset, EvaluationRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def release() -> Release:
    return releases.production()


@pytest.fixture
def dataset() -> Dataset:
    row = Dataset.objects.create(name="handbook")
    store.add_version(row, [store.NewCase(case=Case(id="1", question="q"))], by=None)
    return row


def ran(dataset, release, *, state="done", total=100, **metrics) -> EvaluationRun:
    return EvaluationRun.objects.create(
        version=store.latest(dataset), release=release, state=state, total=total, metrics={"failed": 0, **metrics}
    )


def test_without_gates_nothing_is_shown_and_that_is_said(release):
    found = gates.verdict(release, "candidate")

    assert found.state is gates.State.NONE
    assert "nothing has been shown" in found.reasons[0]


def test_the_lower_end_counts_and_not_the_mean(world, release, dataset):
    gates.set_gate(dataset.pk, "gold_shown", "candidate", 0.8, by=world.rita)
    ran(dataset, release, gold_shown={"mean": 0.85, "low": 0.77, "high": 0.91, "n": 100})

    found = gates.verdict(release, "candidate")

    assert found.state is gates.State.FAILED
    assert "77.0" in found.reasons[0]
    assert gates.verdict(release, "production").state is gates.State.NONE


def test_of_what_should_be_small_the_upper_end_counts(world, release, dataset):
    gates.set_gate(dataset.pk, "ms", "candidate", 900, by=world.rita)
    gates.set_gate(dataset.pk, "leaks", "candidate", 0, by=world.rita)
    ran(dataset, release, ms={"mean": 850.0, "low": 800.0, "high": 950.0, "n": 100}, leaks=0)

    found = gates.verdict(release, "candidate")

    assert [(check.gate.metric, check.state) for check in found.checks] == [
        ("leaks", gates.State.PASSED),
        ("ms", gates.State.FAILED),
    ]


def test_a_release_that_was_not_run_on_the_newest_version_is_not_shown_to_be_good(world, release, dataset):
    gates.set_gate(dataset.pk, "mrr", "candidate", 0.1, by=world.rita)
    ran(dataset, release, mrr={"mean": 0.9, "low": 0.8, "high": 1.0, "n": 9})
    assert gates.verdict(release, "candidate").state is gates.State.PASSED

    store.add_version(dataset, [store.NewCase(case=Case(id="2", question="another"))], by=None)

    found = gates.verdict(release, "candidate")
    assert found.state is gates.State.MISSING
    assert "v2" in found.reasons[0]


@pytest.mark.parametrize(
    ("state", "metrics"), [("running", {"mrr": {"low": 1.0, "high": 1.0}}), ("done", {"mrr": None}), ("done", {})]
)
def test_what_was_not_measured_is_missing(world, release, dataset, state, metrics):
    gates.set_gate(dataset.pk, "mrr", "candidate", 0.1, by=world.rita)
    ran(dataset, release, state=state, **metrics)

    assert gates.verdict(release, "candidate").state is gates.State.MISSING


def test_a_run_with_many_failures_shows_nothing(world, release, dataset):
    gates.set_gate(dataset.pk, "mrr", "candidate", 0.1, by=world.rita)
    ran(dataset, release, mrr={"mean": 1.0, "low": 0.9, "high": 1.0, "n": 90}, failed=10)

    assert gates.verdict(release, "candidate").state is gates.State.MISSING
