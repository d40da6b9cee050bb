"""The overview: questions, satisfaction, endings, latency by stage, unanswered questions and the worst answers.

Totals count every answer to what people asked, none of evaluation runs or trials; lists only show answers whose
sources the viewer may read.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, Count, Min, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from chat import cache
from chat.asked import OF_PEOPLE
from chat.models import Answer
from evaluation import review
from evaluation.dashboards.parts import Chart, Series
from evaluation.dashboards.period import simulated_releases
from evaluation.models import Feedback
from ragapp.accounts.models import User
from ragapp.lib.stats import shares_differ
from ragapp.llm import usage

# Percentiles over this many of the newest answers say as much as over all, and keep the page quick.
LATENCY_SAMPLE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLatency:
    """Milliseconds one stage took, over `n` answers."""

    stage: str
    p50_ms: float
    p95_ms: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that the page shows for `since` (inclusive) until now; shares are None when nothing was counted."""

    since: date
    until: date
    questions: int
    askers: int
    thumbs_up: int
    thumbs_down: int
    unanswered: int
    failed: int
    satisfaction: float | None
    satisfaction_before: float | None
    thumbs_before: tuple[int, int]  # those that point up, and all
    days: Sequence[date]
    questions_by_day: Sequence[int]
    satisfaction_by_day: Sequence[float | None]
    endings: Mapping[str, int]
    latency: Sequence[StageLatency]
    unanswered_questions: Sequence[Answer]
    worst_answers: Sequence[Answer]
    withheld: int
    simulated: int
    # Of language models, whatever was asked where.
    costs: usage.Costs
    # Of all questions, wherever they were asked.
    reuse: cache.Figures


def overview(viewer: User, *, now: datetime, days: int = 30, collection_id: int | None = None) -> Overview:
    """The figures of the last `days` days, today included, optionally for questions asked in one collection."""
    since = now - timedelta(days=days - 1)
    since = since.replace(hour=0, minute=0, second=0, microsecond=0)
    every = review.finished().filter(OF_PEOPLE, created_at__gte=since)
    visible = review.answers_for(viewer).filter(OF_PEOPLE, created_at__gte=since)
    if collection_id is not None:
        every = every.filter(turn__collection_id=collection_id)
        visible = visible.filter(turn__collection_id=collection_id)
    totals = every.aggregate(
        questions=Count("pk"),
        askers=Count("turn__conversation__user", distinct=True),
        unanswered=Count("pk", filter=Q(status=Answer.Status.NOT_FOUND)),
        failed=Count("pk", filter=Q(state=Answer.State.FAILED)),
    )
    calendar = [since.date() + timedelta(days=n) for n in range(days)]
    asked = dict(every.annotate(day=TruncDate("created_at")).values_list("day").annotate(n=Count("pk")))
    up, down = _thumbs_by_day(every)
    earlier = review.finished().filter(OF_PEOPLE, created_at__gte=since - timedelta(days=days), created_at__lt=since)
    if collection_id is not None:
        earlier = earlier.filter(turn__collection_id=collection_id)
    before = Feedback.objects.filter(answer__in=earlier).aggregate(up=Count("pk", filter=Q(thumb=1)), n=Count("thumb"))
    worst = _worst(visible)
    return Overview(
        since=since.date(),
        until=now.date(),
        thumbs_up=sum(up.values()),
        thumbs_down=sum(down.values()),
        satisfaction=_share(sum(up.values()), sum(up.values()) + sum(down.values())),
        satisfaction_before=_share(before["up"], before["n"]),
        thumbs_before=(before["up"], before["n"]),
        days=calendar,
        questions_by_day=[asked.get(day, 0) for day in calendar],
        satisfaction_by_day=[_share(up[day], up[day] + down[day]) for day in calendar],
        endings=_endings(every),
        latency=latency_by_stage(every.order_by("-created_at").values_list("stage_ms", flat=True)[:LATENCY_SAMPLE]),
        unanswered_questions=list(
            visible.filter(status=Answer.Status.NOT_FOUND).select_related("turn").order_by("-created_at")[:10]
        ),
        worst_answers=worst,
        withheld=totals["questions"] - visible.count(),
        simulated=every.filter(release__in=simulated_releases()).count(),
        costs=usage.costs(since=since),
        reuse=cache.figures(since=since),
        **totals,
    )


def finding(figures: Overview) -> str:
    """One sentence that says what the figures mean."""
    if figures.questions == 0:
        return _("Nobody has asked anything in this period.")
    if figures.satisfaction is None:
        return _("%(n)d questions, and no feedback yet.") % {"n": figures.questions}
    sentence = _("%(share).0f %% of %(n)d rated answers were helpful") % {
        "share": figures.satisfaction * 100,
        "n": figures.thumbs_up + figures.thumbs_down,
    }
    if figures.satisfaction_before is None:
        return sentence + "."
    if not shares_differ(figures.thumbs_up, figures.thumbs_up + figures.thumbs_down, *figures.thumbs_before):
        return sentence + _(", as in the period before.")
    points = (figures.satisfaction - figures.satisfaction_before) * 100
    direction = _("up") if points > 0 else _("down")
    return sentence + _(", %(direction)s %(points).0f points from the period before.") % {
        "direction": direction,
        "points": abs(points),
    }


def charts(figures: Overview) -> list[Chart]:
    """Questions and satisfaction by day, endings, and how long stages took."""
    days = [day.isoformat() for day in figures.days]
    links = [f"since={day}&until={day}" for day in days]
    thumbs = figures.thumbs_up + figures.thumbs_down
    percents = [None if share is None else round(share * 100, 1) for share in figures.satisfaction_by_day]
    labels = dict(Answer.Status.choices)
    stages = figures.latency
    return [
        Chart(
            name="questions", title=_("Questions a day"), kind="bar", axis=_("Day"), labels=days, links=links,
            n=figures.questions, series=[Series(label=_("Questions"), values=figures.questions_by_day)],
        ),
        Chart(
            name="satisfaction", title=_("Satisfaction a day: thumbs that point up"), kind="line", axis=_("Day"),
            labels=days, links=links, what="rated", unit="%", maximum=100, n=thumbs,
            series=[Series(label=_("Satisfaction"), values=percents)],
            empty=_("The first thumbs will fill this chart."),
        ),
        Chart(
            name="endings", title=_("How questions ended"), kind="sideways", axis=_("Ending"), n=figures.questions,
            labels=[str(labels.get(status, _("Stopped"))) for status in figures.endings],
            links=[f"what={status or 'stopped'}" for status in figures.endings],
            series=[Series(label=_("Answers"), values=list(figures.endings.values()))],
        ),
        Chart(
            name="stages", title=_("Milliseconds by stage, median and 95th percentile"), kind="sideways",
            axis=_("Stage"), unit="ms", n=min(figures.questions, LATENCY_SAMPLE),
            labels=[one.stage for one in stages],
            series=[
                Series(label=_("Median"), values=[round(one.p50_ms, 1) for one in stages]),
                Series(label=_("95th percentile"), values=[round(one.p95_ms, 1) for one in stages], is_quiet=True),
            ],
        ),
    ]  # fmt: skip


def latency_by_stage(rows: Iterable[Mapping[str, float]]) -> list[StageLatency]:
    """Percentiles (nearest rank) of each stage, slowest median first."""
    by_stage: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for stage, ms in row.items():
            by_stage[stage].append(ms)
    found = [
        StageLatency(stage=stage, p50_ms=_percentile(ms, 0.5), p95_ms=_percentile(ms, 0.95), n=len(ms))
        for stage, ms in by_stage.items()
    ]
    return sorted(found, key=lambda latency: -latency.p50_ms)


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _thumbs_by_day(answers: QuerySet[Answer]) -> tuple[Counter[date], Counter[date]]:
    up: Counter[date] = Counter()
    down: Counter[date] = Counter()
    rows = (
        Feedback.objects.filter(answer__in=answers, thumb__isnull=False)
        .annotate(day=TruncDate("answer__created_at"))
        .values_list("day", "thumb")
        .annotate(n=Count("pk"))
    )
    for day, thumb, n in rows:
        (up if thumb == 1 else down)[day] += n
    return up, down


def _endings(answers: QuerySet[Answer]) -> dict[str, int]:
    """By status; one that was stopped has none. What failed is that, whatever its status."""
    is_failed = Case(When(state=Answer.State.FAILED, then=Value(Answer.Status.FAILED)), default="status")
    rows = answers.order_by().annotate(ending=is_failed).values_list("ending").annotate(n=Count("pk")).order_by("-n")
    return dict(rows)


def _worst(visible: QuerySet[Answer]) -> list[Answer]:
    """Thumbs down first, newest first; what a reviewer has judged is done."""
    return list(
        visible.filter(reviews__isnull=True)
        .annotate(thumb=Min("feedback__thumb"))
        .filter(Q(thumb=-1) | Q(state=Answer.State.FAILED))
        .select_related("turn")
        .prefetch_related("feedback")
        .order_by("-created_at")[:10]
    )
