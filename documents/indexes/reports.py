"""Figures about index versions, made in the background: the row says what is to be done and holds what came out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from documents import leases
from documents.indexes import advising, comparing
from documents.indexes.labelled import Labelled
from documents.models import Collection, IndexReport, IndexVersion
from ragapp.accounts.models import User

logger = logging.getLogger(__name__)

State, Kind = IndexReport.State, IndexReport.Kind
LEASE = timedelta(minutes=30)
ATTEMPTS_MAX = 3
UNEXPECTED = "Something went wrong while this was measured. Try again; an administrator can see more in the log."
NO_QUESTIONS = "Nobody has asked a question yet. Compare on a file of questions instead."
GONE = "The person who asked for this, the collection or the index is no longer there. Ask for it again."
WAITED = "No worker made this within a day. Start a worker, and ask for it again."
# The row hears of every so many questions.
TOLD_EVERY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Labelled questions from a file called `name`, about the documents of `collection`."""

    name: str
    collection: Collection
    questions: Sequence[Labelled]


def compare_with_live(index: IndexVersion, *, by: User | None, brought: Brought | None = None) -> IndexReport | None:
    """A comparison with the live index that waits to be made; None when there is nothing to compare with.

    On `brought`, asked with the rights of `by`; else on what people asked last, each with the rights of whoever did.
    """
    live = IndexVersion.objects.filter(is_live=True).exclude(pk=index.pk).first()
    if live is None or index.collected_at or not index.ready_at:
        return None
    return IndexReport.objects.create(
        kind=Kind.COMPARISON,
        index_version=index,
        baseline=live,
        requested_by=by,
        dataset=brought.name if brought else "",
        collection=brought.collection if brought else None,
        questions=[[one.question, dict(one.relevant)] for one in brought.questions] if brought else [],
        total=len(brought.questions) if brought else 0,
    )


def advise_on_live(*, by: User | None) -> IndexReport | None:
    """Advice on the live index that waits to be given; None when there is no index yet."""
    live = IndexVersion.objects.filter(is_live=True).first()
    return IndexReport.objects.create(kind=Kind.ADVICE, index_version=live, requested_by=by) if live else None


def due() -> list[int]:
    """Reports that wait or whose worker fell silent."""
    now = timezone.now()
    open_ones = IndexReport.objects.filter(leases.is_free(now))
    ended = {"state": State.FAILED, "finished_at": now, "questions": []}
    open_ones.filter(attempts__gte=ATTEMPTS_MAX).update(failure=UNEXPECTED, **ended)
    open_ones.filter(created_at__lt=now - IndexReport.Retention.purge["questions"]).update(failure=WAITED, **ended)
    return list(open_ones.values_list("pk", flat=True))


def make(report_id: int) -> None:
    """Measure, and store what came out. Safe to call twice."""
    rows = IndexReport.objects.select_related("index_version", "baseline", "requested_by", "collection")
    report = leases.claim(rows.filter(pk=report_id), lease=LEASE, attempts_max=ATTEMPTS_MAX)
    if report is None:
        return
    try:
        if report.kind == Kind.ADVICE:
            report.figures = advising.advise(report.index_version)
        else:
            _compare(report)
    except leases.LeaseLost:
        logger.info("index_report.lost", extra={"report": report_id})
        return
    except Exception:
        logger.exception("index_report.failed", extra={"report": report_id})
        report.failure = UNEXPECTED
    leases.let_go(
        report,
        state=State.FAILED if report.failure else State.DONE,
        figures=report.figures,
        failure=report.failure,
        finished_at=timezone.now(),
        questions=[],
    )


def _compare(report: IndexReport) -> None:
    """Puts the figures into `report`, or why there are none."""
    reader, collection = report.requested_by, report.collection
    if not report.dataset:
        cases = comparing.real_cases()
    elif reader is not None and reader.is_active and collection is not None:
        brought = [Labelled(question=question, relevant=relevant) for question, relevant in report.questions]
        cases = comparing.labelled_cases(brought, reader=reader, collection_id=collection.pk)
    else:
        cases = []
    if report.baseline is None or not cases:
        report.failure = GONE if report.dataset else NO_QUESTIONS
        return
    leases.renew(report, lease=LEASE, total=len(cases), done=0)

    def tell(done: int) -> None:
        if done % TOLD_EVERY == 0:
            leases.renew(report, lease=LEASE, done=done)

    report.figures = comparing.compare(report.baseline, report.index_version, cases, tell=tell)
