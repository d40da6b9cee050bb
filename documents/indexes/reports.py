"""Figures about index versions, made in the background: the row says what is to be done and holds what came out."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from documents.indexes import advising, comparing
from documents.models import IndexReport, IndexVersion
from ragapp.accounts.models import User

logger = logging.getLogger(__name__)

State, Kind = IndexReport.State, IndexReport.Kind
LEASE = timedelta(minutes=30)
ATTEMPTS_MAX = 3
UNEXPECTED = "Something went wrong while this was measured. Try again; an administrator can see more in the log."
NO_QUESTIONS = "Nobody has asked a question yet. Compare on a dataset: manage.py index compare."


def compare_with_live(index: IndexVersion, *, by: User | None) -> IndexReport | None:
    """A comparison with the live index that waits to be made; None when there is nothing to compare with."""
    live = IndexVersion.objects.filter(is_live=True).exclude(pk=index.pk).first()
    if live is None or index.collected_at or not index.ready_at:
        return None
    return IndexReport.objects.create(kind=Kind.COMPARISON, index_version=index, baseline=live, requested_by=by)


def advise_on_live(*, by: User | None) -> IndexReport | None:
    """Advice on the live index that waits to be given; None when there is no index yet."""
    live = IndexVersion.objects.filter(is_live=True).first()
    return IndexReport.objects.create(kind=Kind.ADVICE, index_version=live, requested_by=by) if live else None


def due() -> list[int]:
    """Reports that wait or whose worker fell silent."""
    now = timezone.now()
    open_ones = IndexReport.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now)).filter(
        state__in=[State.QUEUED, State.RUNNING]
    )
    open_ones.filter(attempts__gte=ATTEMPTS_MAX).update(state=State.FAILED, failure=UNEXPECTED, finished_at=now)
    return list(open_ones.values_list("pk", flat=True))


def make(report_id: int) -> None:
    """Measure, and store what came out. Safe to call twice."""
    now = timezone.now()
    waiting = IndexReport.objects.filter(pk=report_id, attempts__lt=ATTEMPTS_MAX)
    taken = waiting.filter(Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=now)).update(
        state=State.RUNNING, attempts=F("attempts") + 1, lease_until=now + LEASE
    )
    if not taken:
        return
    report = IndexReport.objects.select_related("index_version", "baseline").get(pk=report_id)
    try:
        if report.kind == Kind.ADVICE:
            report.figures = advising.advise(report.index_version)
        elif (cases := comparing.real_cases()) and report.baseline:
            report.figures = comparing.compare(report.baseline, report.index_version, cases)
        else:
            report.failure = NO_QUESTIONS
    except Exception:
        logger.exception("index_report.failed", extra={"report": report_id})
        report.failure = UNEXPECTED
    report.state = State.FAILED if report.failure else State.DONE
    report.finished_at, report.lease_until = timezone.now(), None
    report.save(update_fields=["state", "figures", "failure", "finished_at", "lease_until"])
