"""The work on uploads as a whole: how much waits, who works on what, what failed, and another try for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import Avg, Count, FloatField, Max, Min, Q, QuerySet
from django.db.models.expressions import RawSQL

from documents import tasks
from documents.access import readable_documents
from documents.ingestion.errors import MISSING_PROGRAMS, TOO_LITTLE_TEXT, NoText, ParserCrashed, ParserTimedOut
from documents.ingestion.lease import GAVE_UP
from documents.ingestion.pipeline import UNEXPECTED
from documents.models import IngestionRun
from ragapp.accounts.models import User
from ragapp.audit import log

State = IngestionRun.State
# Those while a file is read that lie in the moment rather than in the file.
PASSING_FAILURES = ("", ParserTimedOut().message, ParserCrashed().message, UNEXPECTED, GAVE_UP, *MISSING_PROGRAMS)
# What was read without a fault and says nothing: it is read the same again.
LASTING_FAILURES = (NoText().message, TOO_LITTLE_TEXT)
MAY_END_OTHERWISE = (~Q(stage=IngestionRun.Stage.PARSE) & ~Q(failure__in=LASTING_FAILURES)) | Q(
    failure__in=PASSING_FAILURES
)
NAMES_SHOWN = 20
# The pace is measured on the latest of these: files of last week say little about those of today.
PACE_FROM = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How the queue stands at one moment."""

    by_state: dict[str, int]  # every state of a run, also those that nothing is in
    waiting_by_stage: dict[str, int]
    oldest_waiting_at: datetime | None
    done_last_hour: int  # finished, well or not
    done_last_day: int
    seconds_each: float | None  # busy time of a file, the mean of the latest; None before the first
    seconds_left: float | None  # until nothing waits, at the number of workers that are busy now


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One run. `title` is None for who may not read its document."""

    run: IngestionRun
    document_id: UUID
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Runs that ended alike. `items` are the latest of them."""

    key: str
    stage: str
    reason: str
    hint: str
    runs: int
    last_at: datetime | None
    may_be_retried: bool
    items: tuple[Item, ...]


def depth(*, now: datetime) -> Depth:
    """The figures of the whole site; they name nothing."""
    runs = IngestionRun.objects.order_by()
    counts = dict(runs.values_list("state").annotate(n=Count("pk")))
    waiting = runs.filter(state=State.QUEUED)
    done = runs.filter(state__in=(State.READY, State.FAILED), finished_at__isnull=False)
    busy_ms = RawSQL("(SELECT sum(value::float) FROM jsonb_each_text(stage_ms))", [], output_field=FloatField())
    latest = done.filter(state=State.READY).order_by("-finished_at").values("pk")[:PACE_FROM]
    mean_ms = runs.filter(pk__in=latest).annotate(busy_ms=busy_ms).aggregate(mean=Avg("busy_ms"))["mean"]
    working, left = counts.get(State.RUNNING, 0), counts.get(State.QUEUED, 0)
    # Those in work are taken to be half done.
    seconds_left = (left + working / 2) * mean_ms / 1000 / max(1, working) if mean_ms is not None else None
    return Depth(
        by_state={state.value: counts.get(state.value, 0) for state in State},
        waiting_by_stage=dict(waiting.values_list("stage").annotate(n=Count("pk"))),
        oldest_waiting_at=waiting.aggregate(at=Min("queued_at"))["at"],
        done_last_hour=done.filter(finished_at__gte=now - timedelta(hours=1)).count(),
        done_last_day=done.filter(finished_at__gte=now - timedelta(days=1)).count(),
        seconds_each=mean_ms / 1000 if mean_ms is not None else None,
        seconds_left=seconds_left if left or working else 0.0,
    )


def in_work(*, reader: User) -> list[Item]:
    """What workers do now, the longest silent first; titles only of what `reader` may read."""
    return _items(IngestionRun.objects.filter(state=State.RUNNING).order_by("heartbeat_at")[:NAMES_SHOWN], reader)


def in_state(state: str, *, reader: User) -> list[Item]:
    """The runs that waited longest in `state`; titles only of what `reader` may read."""
    return _items(IngestionRun.objects.filter(state=state).order_by("queued_at")[:NAMES_SHOWN], reader)


def failures(*, reader: User) -> list[Failures]:
    """Failed runs grouped by what went wrong, the largest group first; titles only of what `reader` may read."""
    failed = IngestionRun.objects.filter(state=State.FAILED)
    groups = (
        failed.order_by()
        .values("stage", "failure", "hint")
        .annotate(runs=Count("pk"), last_at=Max("finished_at"))
        .order_by("-runs", "stage", "failure")
    )
    return [
        Failures(
            key=_key(group["stage"], group["failure"], group["hint"]),
            stage=str(IngestionRun.Stage(group["stage"]).label),
            reason=group["failure"],
            hint=group["hint"],
            runs=group["runs"],
            last_at=group["last_at"],
            may_be_retried=_otherwise(group["stage"], group["failure"]),
            items=tuple(
                _items(
                    failed.filter(stage=group["stage"], failure=group["failure"], hint=group["hint"]).order_by(
                        "-finished_at"
                    )[:NAMES_SHOWN],
                    reader,
                )
            ),
        )
        for group in groups
    ]


def may_be_retried(run: IngestionRun) -> bool:
    """Whether another try can end otherwise: a file that is locked or damaged stays so."""
    return run.state == State.FAILED and _otherwise(run.stage, run.failure)


@transaction.atomic
def retry_runs(run_ids: Iterable[int], *, by: User) -> int:
    """Another try, at the stage that failed, for those of these runs that may end otherwise; how many there were.

    For the people who keep the site running: nothing of the documents is shown to them by this.
    """
    return _retry(IngestionRun.objects.filter(pk__in=list(run_ids)), by)


@transaction.atomic
def retry_group(key: str, *, by: User) -> int:
    """Another try for every run of a group of `failures`; how many there were."""
    failed = IngestionRun.objects.filter(state=State.FAILED)
    for stage, failure, hint in failed.order_by().values_list("stage", "failure", "hint").distinct():
        if _key(stage, failure, hint) == key:
            return _retry(failed.filter(stage=stage, failure=failure, hint=hint), by)
    return 0


def _retry(runs: QuerySet[IngestionRun], by: User) -> int:
    chosen = list(
        runs.filter(MAY_END_OTHERWISE, state=State.FAILED).select_for_update().values_list("pk", "version", "stage")
    )
    IngestionRun.objects.filter(pk__in=[pk for pk, _, _ in chosen]).update(**BACK_IN_THE_QUEUE)
    for _, version, _ in chosen:
        tasks.ingest.delay_on_commit(version)
    if chosen:
        log.record("ingestion_retried", by=by, target_kind="queue", runs=[pk for pk, _, _ in chosen])
    return len(chosen)


# What a run is set to when it is tried again; its stage stays.
BACK_IN_THE_QUEUE: dict[str, object] = {
    "state": State.QUEUED,
    "attempts": 0,
    "failure": "",
    "hint": "",
    "lease_until": None,
    "worker": "",
}


def _otherwise(stage: str, failure: str) -> bool:
    is_lasting = stage == IngestionRun.Stage.PARSE or failure in LASTING_FAILURES
    return not is_lasting or failure in PASSING_FAILURES


def _key(stage: str, failure: str, hint: str) -> str:
    return sha256("\0".join((stage, failure, hint)).encode()).hexdigest()[:16]


def _items(runs: Iterable[IngestionRun] | QuerySet[IngestionRun], reader: User) -> list[Item]:
    found = list(runs.select_related("version") if isinstance(runs, QuerySet) else runs)
    ids = {run.version.document_id for run in found}
    titles = dict(readable_documents(reader).filter(pk__in=ids).values_list("pk", "title"))
    return [
        Item(run=run, document_id=run.version.document_id, title=titles.get(run.version.document_id)) for run in found
    ]
