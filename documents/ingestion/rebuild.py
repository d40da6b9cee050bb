"""Filling an index version from stored extractions, and keeping those beside the live one up to date.

Nothing is parsed again. The row says who works on it and how far it is; each document is one transaction, so that a
worker that is killed loses one document's work. It runs at the lowest priority, on one thread, and in slices: ingestion
and questions come first.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from documents import indexes, leases, storage
from documents.indexes import search_indexes
from documents.ingestion import chunk, embed, extractions, index, redact
from documents.models import Document, Extraction, IndexBuild, IndexVersion
from ragapp.accounts.models import User
from ragapp.lib.conflicts import again_after_conflicts
from ragapp.llm.errors import EmbeddingModelError

logger = logging.getLogger(__name__)

State = IndexBuild.State
# After a slice the next task of the queue has its turn.
SLICE_S = 120.0
PASSAGES_AT_ONCE = 32
ATTEMPTS_MAX = 5
NICENESS = 15
GAVE_UP = "Building this index stopped its worker five times at the same document."
GAVE_UP_HINT = "An administrator can see more in the log. Resume it once the cause is mended."
UNEXPECTED = "Something went wrong while this index was built."
UNEXPECTED_HINT = "Resume it: it goes on where it stopped. If it happens again, look at the log."
# A switch adds fewer missing documents than this itself rather than ask for patience, and looks so often for more.
LATE_MOST, SWITCH_ROUNDS = 20, 5


def in_background(work: Callable[[], bool]) -> bool:
    """Do `work` on a thread of the lowest priority, so that the process itself keeps its own."""
    result: list[bool] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
            result.append(work())
        except BaseException as error:  # the edge of the thread: raised again where it was asked for
            failure.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run, name="index-build")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return result[0]


def advance(index_id: int, *, slice_s: float = SLICE_S) -> bool:
    """Work on the build for about `slice_s` seconds. True when it has to be hinted at again.

    Safe to call at any time, by anyone, twice. What goes wrong ends in the build's `failure` and `hint`.
    """
    build = leases.claim(
        IndexBuild.objects.select_related("index_version").filter(
            index_version=index_id, index_version__collected_at=None
        ),
        lease=_lease(),
        attempts_max=ATTEMPTS_MAX,
        failure="",
        hint="",
        finished_at=None,
    )
    if build is None:
        return False
    until = time.monotonic() + slice_s
    try:
        if (without_text := _fill(build, until)) is not None:
            return _finish(build, without_text)
        leases.let_go(build, state=State.QUEUED, attempts=0)
        return True
    except leases.LeaseLost:
        logger.info("index_build.lost", extra={"index": index_id})
    except EmbeddingModelError as error:
        _fail(build, error.message, error.hint)
    except Exception:
        logger.exception("index_build.failed", extra={"index": index_id})
        _fail(build, UNEXPECTED, UNEXPECTED_HINT)
    return False


def due() -> list[int]:
    """The index versions to hint at: builds that wait or fell silent, and versions that documents are missing in."""
    builds = IndexBuild.objects.all()
    leases.silent(builds, attempts_min=ATTEMPTS_MAX).update(
        state=State.FAILED, failure=GAVE_UP, hint=GAVE_UP_HINT, worker="", finished_at=timezone.now()
    )
    beside = IndexVersion.objects.filter(collected_at=None, ready_at__isnull=False, is_live=False)
    for one in beside.filter(Q(build__isnull=True) | Q(build__state=State.DONE)):
        if indexes.missing(one).exists():
            IndexBuild.objects.update_or_create(index_version=one, defaults={"state": State.QUEUED})
    quiet = leases.to_hint_at(builds, every=10 * _lease())
    return list(quiet.order_by("pk").values_list("index_version", flat=True))


def resume(index_id: int) -> bool:
    """Let a build that failed or was stopped go on; False when there is nothing to resume."""
    return bool(
        IndexBuild.objects.filter(
            index_version=index_id, index_version__collected_at=None, state__in=[State.FAILED, State.CANCELLED]
        ).update(state=State.QUEUED, attempts=0, failure="", hint="", lease_until=None)
    )


def cancel(index_id: int) -> bool:
    """Stop a build; what is done stays until it goes on or is removed. False when it was not being built."""
    return bool(
        IndexBuild.objects.filter(index_version=index_id, state__in=[State.QUEUED, State.RUNNING]).update(
            state=State.CANCELLED, worker="", lease_until=None
        )
    )


def switch(index_id: int, *, by: User | None) -> IndexVersion:
    """`indexes.switch`, after adding the few documents that came in since. Raises indexes.CannotSwitch."""
    for _ in range(SWITCH_ROUNDS):
        one = IndexVersion.objects.filter(pk=index_id, ready_at__isnull=False, collected_at=None).first()
        if one is None or not _catch_up(one):
            break
        try:
            return indexes.switch(index_id, by=by)
        except indexes.CannotSwitch:
            logger.info("index_switch.again", extra={"index": index_id})
    return indexes.switch(index_id, by=by)


def _catch_up(one: IndexVersion) -> bool:
    """Add what is missing, if that is little. False when it is for the background, or the embedder is away."""
    late = list(indexes.missing(one).order_by("pk")[:LATE_MOST])
    if len(late) == LATE_MOST:
        return False
    try:
        for extraction in late:
            _add(one, extraction, hold=lambda: None, renew=lambda: None)
    except EmbeddingModelError as error:
        raise indexes.CannotSwitch(f"{error.message} {error.hint}") from error
    return True


def _fill(build: IndexBuild, until: float) -> list[int] | None:
    """Add what is missing. None when time ran out first; else the ids of extractions that give no passage."""
    one, last = build.index_version, 0
    without_text: list[int] = []
    total = Extraction.objects.filter(is_current=True).count()
    _save(build, total=total, done=total - indexes.missing(one).count())
    while extraction := indexes.missing(one).filter(pk__gt=last).order_by("pk").first():
        started = time.monotonic()
        if not _add(one, extraction, hold=lambda: leases.hold(build), renew=lambda: _save(build)):
            without_text.append(extraction.pk)
        last = extraction.pk
        _save(build, attempts=0, done=F("done") + 1, work_s=F("work_s") + (time.monotonic() - started))
        if time.monotonic() > until:
            return None
    return without_text


def _finish(build: IndexBuild, without_text: Sequence[int]) -> bool:
    """Statistics, then ready; True when more came in meanwhile."""
    one = build.index_version
    indexes.refresh_statistics(one, drift=0.0)
    search_indexes.refresh_planner()
    if indexes.missing(one).exclude(pk__in=without_text).exists():
        leases.let_go(build, state=State.QUEUED, attempts=0)
        return True
    now = timezone.now()
    with transaction.atomic():
        leases.hold(build)
        IndexVersion.objects.filter(pk=one.pk, ready_at=None).update(ready_at=now)
        leases.let_go(build, state=State.DONE, finished_at=now, attempts=0, done=F("total"))
    return False


def _add(one: IndexVersion, extraction: Extraction, *, hold: Callable[[], None], renew: Callable[[], None]) -> bool:
    """Put one extraction into `one`, unless its document went or another extraction took its place meanwhile.

    False when it has no text that could be a passage.
    """
    parsed = extractions.parsed_from(extraction)
    version = extraction.version
    # The title under which its passages stand in the live index, so that equal ones keep their vectors.
    title = (parsed.title or version.document.title)[: storage.TITLE_MAX_CHARS]
    passages = chunk.chunk(
        parsed,
        title=title,
        filename=redact.file_name(version.filename, extraction.redaction),
        cutting=chunk.cutting_from(one.chunker, one.embedder),
    )
    vectors = [np.zeros((0, one.dimensions), dtype=np.float32)]
    for at in range(0, len(passages), PASSAGES_AT_ONCE):
        vectors.append(embed.embed(passages[at : at + PASSAGES_AT_ONCE], index=one, threads=1))
        renew()
    findable = index.Findable(
        index=one,
        passages=passages,
        vectors=np.concatenate(vectors),
        analysed=index.analyse_all(passages, language=parsed.language),
    )
    # It may meet an upload or a deletion.
    again_after_conflicts(lambda: _write(findable, extraction, hold))
    return bool(passages)


def _write(findable: index.Findable, extraction: Extraction, hold: Callable[[], None]) -> None:
    version = extraction.version
    with transaction.atomic():
        # The same lock as publishing and deleting take first.
        document = Document.objects.select_for_update(of=("self",)).filter(pk=version.document_id).first()
        hold()
        if document is not None and Extraction.objects.filter(pk=extraction.pk, is_current=True).exists():
            index.add(findable, document=document, version=version, extraction=extraction)


def _save(build: IndexBuild, **fields: object) -> None:
    leases.renew(build, lease=_lease(), **fields)


def _fail(build: IndexBuild, message: str, hint: str) -> None:
    leases.let_go(build, state=State.FAILED, failure=message[:500], hint=hint[:500], finished_at=timezone.now())


def _lease() -> timedelta:
    return timedelta(seconds=settings.INGEST_LEASE_S)
