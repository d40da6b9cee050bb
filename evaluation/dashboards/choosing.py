"""Releases beside each other: on the company's own datasets by quality, cost and speed, and on what people asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chat.models import Release
from evaluation.models import EvaluationRun
from evaluation.rollups.reading import Narrowed, sums

# The columns of quality, in order: the first that a run has stand in the table.
QUALITY = ("judge_correct", "token_f1", "groundedness", "citation_precision", "refusal_recall", "ndcg@10", "recall@5")
COLUMNS_MAX = 4
COST, SPEED = "cost_usd", "ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with its 95 % interval."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The latest finished run of a release on a dataset."""

    run: EvaluationRun
    quality: Sequence[Interval | None]
    cost: Interval | None
    speed: Interval | None

    @property
    def cost_thousand(self) -> float | None:
        return self.cost.mean * 1000 if self.cost else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDataset:
    """One dataset: which metrics stand in its columns, and its runs, best first by the first column."""

    name: str
    metrics: Sequence[str]
    tried: Sequence[Tried]


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What people's questions say of a release in 30 days; shares and seconds, None where nothing was counted."""

    release: str
    answers: int
    satisfaction: float | None
    not_found: float | None
    unsupported: float | None
    cost_usd: float | None
    p50_ms: float | None
    p95_ms: float | None

    @property
    def cost_thousand(self) -> float | None:
        return None if self.cost_usd is None else self.cost_usd * 1000


def on_datasets() -> list[OnDataset]:
    """By dataset, alphabetically. Figures only, no text of questions."""
    runs = EvaluationRun.objects.filter(state=EvaluationRun.State.DONE).select_related("release", "version__dataset")
    latest: dict[str, dict[int, EvaluationRun]] = {}
    for run in runs.order_by("pk"):
        latest.setdefault(str(run.version.dataset), {})[run.release_id] = run
    return [_on_dataset(name, list(found.values())) for name, found in sorted(latest.items())]


def live(today: date) -> list[Live]:
    """Releases that answered in the last 30 days, most answers first. No experiment: who got which may differ."""
    names = dict(Release.objects.values_list("pk", "name"))
    rows = sums(Narrowed(since=today - timedelta(days=29), until=today), "release_id", histograms=True)
    return [
        Live(
            release=names.get(row.key[0], "–"),
            answers=row["answers"],
            satisfaction=row.share("thumbs_up", "thumbs_up", "thumbs_down"),
            not_found=row.share("not_found", "answers"),
            unsupported=row.share("unsupported", "sentences"),
            cost_usd=float(row.cost_usd) / row["answers"] if row["answers"] else None,
            p50_ms=row.percentile("total", 0.5),
            p95_ms=row.percentile("total", 0.95),
        )
        for row in sorted(rows, key=lambda row: -row["answers"])
    ]


def _on_dataset(name: str, runs: Sequence[EvaluationRun]) -> OnDataset:
    metrics = [one for one in QUALITY if any(run.metrics.get(one) for run in runs)][:COLUMNS_MAX]
    tried = [
        Tried(
            run=run,
            quality=[_interval(run, one) for one in metrics],
            cost=_interval(run, COST),
            speed=_interval(run, SPEED),
        )
        for run in runs
    ]
    tried.sort(key=lambda one: -(one.quality[0].mean if one.quality and one.quality[0] else -1.0))
    return OnDataset(name=name, metrics=metrics, tried=tried)


def _interval(run: EvaluationRun, metric: str) -> Interval | None:
    found = run.metrics.get(metric)
    if not isinstance(found, dict) or found.get("mean") is None:
        return None
    return Interval(mean=found["mean"], low=found["low"], high=found["high"], n=found["n"])
