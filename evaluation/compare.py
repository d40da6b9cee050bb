"""Two runs, case by case: the difference with its interval, whether it may be chance, and what got worse first."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.metrics.catalogue import ALSO_CALLED, METRICS, WITHOUT_RIGHT, Metric
from evaluation.metrics.figures import COUNTS, FAILED, OF_PAIRS
from evaluation.models import Case, CaseResult, EvaluationRun
from ragapp.lib.stats import bootstrap_interval, mcnemar, permutation_p

COMPARED = tuple(metric for metric in METRICS.values() if metric.name not in (*COUNTS, *OF_PAIRS, *ALSO_CALLED))
ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One case in both runs; each value is the mean of its repeats. `change` is above 0 when it got better."""

    case: Case
    before: float
    after: float
    change: float
    result_before: CaseResult
    result_after: CaseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """After minus before, over `n` cases. `p`: how likely a difference like this is if nothing changed."""

    name: str
    n: int
    before: float
    after: float
    mean: float
    low: float
    high: float
    p: float
    better: int
    worse: int
    is_better: bool | None  # None: it may well be chance

    @property
    def is_worse(self) -> bool:
        return self.is_better is False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`pairs`: the worst regressions first. `unmatched`: cases that have the measure in one run only."""

    metric: Metric
    overall: Difference | None
    by_category: tuple[Difference, ...]
    pairs: tuple[Pair, ...]
    unmatched: int


def compare(before: EvaluationRun, after: EvaluationRun, name: str) -> Comparison:
    """The metric `name` in both runs, on the cases that they have in common.

    In runs of one version cases are matched by their place, else by their key. Raises KeyError for an unknown metric.
    """
    metric = METRICS[name]
    is_one_version = before.version_id == after.version_id
    first, second = _measured(before, name, is_one_version), _measured(after, name, is_one_version)
    sign = 1 if metric.is_higher_better else -1
    pairs = []
    for place in first.keys() & second.keys():
        was, now = _mean(first[place], name), _mean(second[place], name)
        row = second[place][0]
        pairs.append(
            Pair(
                case=row.case,
                before=was,
                after=now,
                change=sign * (now - was),
                result_before=first[place][0],
                result_after=row,
            )
        )
    pairs.sort(key=lambda pair: (pair.change, pair.case.ordinal, pair.result_after.asker))
    categories = defaultdict(list)
    for pair in pairs:
        categories[pair.case.category].append(pair)
    return Comparison(
        metric=metric,
        overall=difference("", pairs, metric) if pairs else None,
        by_category=tuple(
            difference(category, categories[category], metric) for category in sorted(categories) if len(categories) > 1
        ),
        pairs=tuple(pairs),
        unmatched=len(first.keys() ^ second.keys()),
    )


def difference(name: str, pairs: Sequence[Pair], metric: Metric) -> Difference:
    """Interval: bootstrap of the pairs' differences. p: McNemar's exact test for 0 and 1, else turning signs."""
    befores, afters = [pair.before for pair in pairs], [pair.after for pair in pairs]
    deltas = [after - before for before, after in zip(befores, afters, strict=True)]
    is_binary = all(value in (0, 1) for value in (*befores, *afters))
    if is_binary:
        p = mcnemar([bool(value) for value in befores], [bool(value) for value in afters])
    else:
        p = permutation_p(deltas)
    low, high = bootstrap_interval(deltas)
    mean = statistics.fmean(deltas)
    return Difference(
        name=name,
        n=len(pairs),
        before=statistics.fmean(befores),
        after=statistics.fmean(afters),
        mean=mean,
        low=low,
        high=high,
        p=p,
        better=sum(pair.change > 0 for pair in pairs),
        worse=sum(pair.change < 0 for pair in pairs),
        is_better=(mean > 0) == metric.is_higher_better if p < ALPHA else None,
    )


Place = tuple[str, str]


def _measured(run: EvaluationRun, name: str, is_one_version: bool) -> dict[Place, list[CaseResult]]:
    found: dict[Place, list[CaseResult]] = defaultdict(list)
    rows = run.results.select_related("case", "run").filter(is_permitted=name not in WITHOUT_RIGHT)
    for row in rows:
        if name in row.measures and row.status not in FAILED:
            found[str(row.case.ordinal) if is_one_version else row.case.key, row.asker].append(row)
    return found


def _mean(rows: Sequence[CaseResult], name: str) -> float:
    return statistics.fmean(row.measures[name] for row in rows)
