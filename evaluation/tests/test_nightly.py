"""Every night: marked datasets are asked, and a fall raises one alert."""

import pytest

from chat import releases
from evaluation import nightly
from evaluation.datasets import store
from evaluation.datasets.folder import Case
from evaluation.models import Alert, CaseResult, Dataset, EvaluationRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(world):
    dataset = Dataset.objects.create(name="d", is_nightly=True, askers={"": world.ann.username})
    return store.add_version(dataset, [store.NewCase(case=Case(id=str(n), question="q")) for n in range(20)], by=None)


def night(version, right: int) -> EvaluationRun:
    run = EvaluationRun.objects.create(version=version, release=releases.production(), state="done", is_nightly=True)
    for n, case in enumerate(version.cases.all()):
        CaseResult.objects.create(run=run, case=case, status="answered", measures={"gold_shown": float(n < right)})
    return run


def test_marked_datasets_are_asked_once_a_night(version):
    Dataset.objects.create(name="empty", is_nightly=True)
    Dataset.objects.create(name="by day")

    started = nightly.start_all()

    assert [EvaluationRun.objects.get(pk=pk).version for pk in started] == [version]
    assert nightly.start_all() == []


def test_a_fall_raises_one_alert_and_a_usual_night_none(version):
    night(version, 18)
    usual = night(version, 17)
    assert nightly.look_at(usual.pk) == []
    assert not Alert.objects.exists()

    fallen = night(version, 8)
    assert [round(one.mean, 2) for one in nightly.look_at(fallen.pk)] == [-0.45]
    nightly.look_at(fallen.pk)

    alert = Alert.objects.get()
    assert (alert.kind, alert.subject) == (nightly.KIND, "d")
    assert "85.0\N{NO-BREAK SPACE}% the night before, 40.0\N{NO-BREAK SPACE}% now" in alert.text


def test_an_asker_who_left_is_told(version, world):
    world.ann.is_active = False
    world.ann.save()

    assert nightly.start_all() == []
    assert "ann" in Alert.objects.get().text
