"""Two runs are compared case by case."""

import pytest

from chat import releases
from evaluation import compare
from evaluation.datasets import store
from evaluation.datasets.folder import Case as Asked
from evaluation.models import CaseResult, Dataset, EvaluationRun
from ragapp.lib import stats

pytestmark = pytest.mark.django_db


def run_of(version, name, values, *, status="answered") -> EvaluationRun:
    run = EvaluationRun.objects.create(version=version, release=releases.production(), state="done")
    for case, value in zip(version.cases.all(), values, strict=True):
        if value is not None:
            CaseResult.objects.create(run=run, case=case, status=status, measures={name: value})
    return run


@pytest.fixture
def version(db):
    cases = [Asked(id=str(n), question="q", category="hr" if n < 10 else "it") for n in range(20)]
    dataset = Dataset.objects.create(name="d")
    return store.add_version(dataset, [store.NewCase(case=case) for case in cases], by=None)


def test_a_difference_is_of_the_same_cases_and_the_worst_come_first(version):
    before = run_of(version, "gold_shown", [1.0] * 10 + [0.0] * 10)
    after = run_of(version, "gold_shown", [0.0] * 8 + [1.0] * 3 + [0.0] * 9)

    found = compare.compare(before, after, "gold_shown")

    # Eight lost, one won: 2 · (1 + 9) / 2⁹.
    assert found.overall.p == pytest.approx(20 / 512)
    assert found.overall.mean == pytest.approx(-0.35)
    assert found.overall.is_worse
    assert (found.overall.better, found.overall.worse) == (1, 8)
    assert [pair.case.key for pair in found.pairs[:8]] == [str(n) for n in range(8)]
    assert found.pairs[-1].case.key == "10"
    assert [(one.name, one.n, round(one.mean, 2)) for one in found.by_category] == [("hr", 10, -0.8), ("it", 10, 0.1)]


def test_where_less_is_better_more_is_worse(version):
    before = run_of(version, "ms", [float(100 + n) for n in range(20)])
    after = run_of(version, "ms", [float(150 + n) for n in range(20)])

    found = compare.compare(before, after, "ms")

    assert found.overall.is_worse
    assert found.overall.mean == pytest.approx(50)
    assert found.pairs[0].change == -50


def test_what_one_run_lacks_is_left_out_and_said(version):
    before = run_of(version, "mrr", [0.5] * 19 + [None])
    after = run_of(version, "mrr", [0.5] * 20)

    found = compare.compare(before, after, "mrr")

    assert (found.overall.n, found.unmatched) == (19, 1)
    assert found.overall.is_better is None
    assert found.overall.p == 1.0


def test_runs_of_two_versions_meet_by_the_keys_of_their_cases(version):
    cases = [Asked(id="3", question="q"), Asked(id="new", question="q")]
    other = store.add_version(version.dataset, [store.NewCase(case=case) for case in cases], by=None)
    before, after = run_of(version, "mrr", [0.5] * 20), run_of(other, "mrr", [1.0, 1.0])

    found = compare.compare(before, after, "mrr")

    assert [(pair.case.key, pair.change) for pair in found.pairs] == [("3", 0.5)]
    assert found.unmatched == 20


def test_an_answer_that_failed_is_not_compared(version):
    before = run_of(version, "gold_shown", [1.0] * 20)
    after = run_of(version, "gold_shown", [0.0] * 20, status="failed")

    assert compare.compare(before, after, "gold_shown").overall is None


def test_the_tests_of_pairs_by_hand():
    assert stats.mcnemar([True, True, False], [True, False, True]) == 1.0
    assert stats.sign_test(0, 5) == pytest.approx(2 / 32)
    assert stats.sign_test(0, 4000) < 1e-200
    assert stats.permutation_p([0.0, 0.0]) == 1.0
    # All five of one sign: 2 of 32 arrangements are as far away.
    assert stats.permutation_p([1.0] * 5) == pytest.approx(2 / 32, abs=0.01)
    assert stats.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert stats.kappa(["a", "a", "b", "b"], ["a", "b", "b", "b"]) == pytest.approx(0.5)
    assert stats.kappa([], []) is None
    assert stats.wilson_interval(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
