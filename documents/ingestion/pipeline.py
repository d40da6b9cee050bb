"""Ingestion: a file that was uploaded becomes passages that answer questions, stage by stage."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from documents import indexes, leases, storage
from documents.ingestion import (
    attach,
    chunk,
    clean,
    embed,
    extractions,
    index,
    lease,
    parse,
    redact,
    scrutinise,
    validity,
)
from documents.ingestion.errors import HeldBack, IngestionError, ParserTimedOut, Reason, too_little_text
from documents.ingestion.types import ParsedDocument, Passage
from documents.models import Collection, Document, DocumentVersion, Extraction, IndexVersion, IngestionRun
from documents.removal import withdraw_text
from ragapp.lib.conflicts import again_after_conflicts
from ragapp.llm.errors import EmbeddingModelError
from ragapp.monitoring.timing import timed
from ragapp.privacy import vault
from ragapp.queues import OutOfTime

logger = logging.getLogger(__name__)

Stage = IngestionRun.Stage

# Letters and digits: a file with fewer is a picture, or broken.
TEXT_FLOOR = 12
NO_MODEL = "The model that reads passages is not available."
NO_MODEL_HINT = "Ask an administrator to run `manage.py doctor`, then try again."
NAMED = "Its file name or path seems to hold personal data, which readers see: rename it."
OUT_OF_TIME = "Processing the file took too long and was stopped."
UNEXPECTED = "Something went wrong while this file was processed."
UNEXPECTED_HINT = "Try again. If it happens again, ask an administrator to look at the log."


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A version on its way through the stages."""

    version: DocumentVersion
    document: Document
    parsed: ParsedDocument | None = None
    facts: Mapping[str, float] = field(default_factory=dict)
    redaction: str = ""
    extraction: Extraction | None = None
    # One of each per index version that it has to be in.
    indexes: tuple[IndexVersion, ...] = ()
    passages: tuple[tuple[Passage, ...], ...] = ()
    vectors: tuple[NDArray[np.float32], ...] = ()
    attached: tuple[int, ...] = ()  # versions of attachments that wait to be ingested


Step = Callable[[IngestionRun, Work], Work]
Made = TypeVar("Made")


def advance(version_id: int) -> tuple[int, ...]:
    """Take the version through the stages that are left. Safe to call at any time, by anyone, twice.

    Returns the ids of the versions of its attachments, which wait to be ingested. What goes wrong ends in the run's
    `failure` and `hint`.
    """
    run = lease.claim(version_id)
    if run is None:
        return ()
    work: Work | None = None
    try:
        with lease.heartbeat(run):
            work = _begin(run)
            for stage, step in STAGES[_first_stage(work) :]:
                lease.enter(run, stage)
                with timed(run.stage_ms, stage):
                    work = again_after_conflicts(partial(step, run, work), told=partial(_met_another, run))
            lease.finish(run)
    except leases.LeaseLost:
        logger.info("ingestion.lease_lost", extra={"version": version_id})
    except HeldBack as held:
        lease.hold_back(run, held.reasons)
    except IngestionError as error:
        lease.fail(run, error.message, error.hint)
    except EmbeddingModelError as error:
        logger.error("ingestion.no_model", extra={"version": version_id, "reason": error.message})
        lease.fail(run, NO_MODEL, NO_MODEL_HINT)
    except OutOfTime:
        logger.warning("ingestion.out_of_time", extra={"version": version_id, "stage": run.stage})
        lease.fail(run, OUT_OF_TIME, ParserTimedOut.usual_hint)
    except Exception:
        logger.exception("ingestion.failed", extra={"version": version_id, "stage": run.stage})
        lease.fail(run, UNEXPECTED, UNEXPECTED_HINT)
    return work.attached if work else ()


def _met_another(run: IngestionRun) -> None:
    logger.warning("ingestion.conflict", extra={"version": run.version_id, "stage": run.stage})


def _begin(run: IngestionRun) -> Work:
    version = DocumentVersion.objects.select_related("document__collection").get(pk=run.version_id)
    work = Work(version=version, document=version.document)
    extraction = version.extractions.order_by("-pk").first()
    if extraction is None or run.stage in (Stage.PARSE, Stage.CLEAN, Stage.REDACT):
        return work
    if extraction.redaction != redact.rule_of(version.document.collection).label:
        return work  # another policy about personal data holds than when it was read
    parsed = extractions.parsed_from(extraction)
    return replace(work, extraction=extractions.without_text(extraction.pk), parsed=parsed)


def _first_stage(work: Work) -> int:
    """A version that has its extraction goes on with its passages."""
    return 0 if work.extraction is None else [stage for stage, _ in STAGES].index(Stage.CHUNK)


def _parse(run: IngestionRun, work: Work) -> Work:
    with tempfile.NamedTemporaryFile(prefix="original-", suffix=Path(work.version.filename).suffix) as file:
        file.write(vault.load(work.version.storage_key))
        file.flush()
        parsed = parse.parse(Path(file.name), filename=work.version.filename, limits=parse.limits_for(run))
    attached, warnings = attach.attach(work.version, parsed.attachments, hold=lambda: leases.hold(run))
    rule = redact.rule_of(_collection_of(work))
    # Names of sheets and of attachments stand in them.
    run.warnings = redact.masked([*parsed.warnings, *warnings], rule)
    run.unread_pages = list(parsed.unread_pages)
    return replace(work, parsed=parsed, attached=attached)


def _clean(run: IngestionRun, work: Work) -> Work:
    assert work.parsed is not None
    cleaned = clean.clean(work.parsed)
    if (held := sum(map(str.isalnum, cleaned.text))) < TEXT_FLOOR:
        raise too_little_text(cleaned.parser, held, TEXT_FLOOR)
    scrutiny = scrutinise.scrutinise(cleaned)
    run.warnings = [*run.warnings, *cleaned.warnings[len(work.parsed.warnings) :], *scrutiny.warnings]
    if scrutiny.reasons and not run.is_released("instructions"):
        raise HeldBack(redact.blanked(scrutiny.reasons, cleaned.language, redact.rule_of(_collection_of(work))))
    return replace(work, parsed=cleaned, facts=clean.facts(work.parsed, cleaned))


def _redact(run: IngestionRun, work: Work) -> Work:
    """Under the policy that holds at its end; when it was changed meanwhile, or the document moved, once more."""
    while (done := _redacted(run, work)) is None:
        pass
    return done


def _redacted(run: IngestionRun, work: Work) -> Work | None:
    assert work.parsed is not None
    collection = _collection_of(work)
    rule = redact.rule_of(collection)
    found = redact.look(work.parsed, rule)
    if found and rule.policy == redact.Policy.QUARANTINE and not run.is_released("personal_data"):
        _hold_back(run, work, redact.reasons(found))
    with transaction.atomic():
        # Whoever changes the policy holds this lock, too, and then looks for what was read under the one before.
        locked = Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
        document = lease.lock(work.document)
        leases.hold(run)
        if document.collection_id != locked.pk or redact.rule_of(locked) != rule:
            return None
        parsed, report = redact.applied(work.parsed, found, rule, document_id=document.pk, path=document.path)
        if report.get("in_name"):
            run.warnings = [*run.warnings, NAMED]
        extraction = extractions.store(
            work.version, parsed, redaction=rule.label, personal_data=report, facts=work.facts
        )
    return replace(work, parsed=parsed, redaction=rule.label, extraction=extraction)


def _collection_of(work: Work) -> Collection:
    """Where the document is now, with its policy as it is now. Raises leases.LeaseLost when it was deleted."""
    found = Collection.objects.filter(documents=work.document.pk).first()
    if found is None:
        raise leases.LeaseLost
    return found


def _hold_back(run: IngestionRun, work: Work, reasons: list[Reason]) -> NoReturn:
    """Nothing of the version answers from now on, not even what an earlier and looser policy let through."""
    with transaction.atomic():
        lease.lock(work.document)
        leases.hold(run)
        withdraw_text(work.version)
    raise HeldBack(reasons)


def _chunk(run: IngestionRun, work: Work) -> Work:
    assert work.parsed is not None
    assert work.extraction is not None
    if work.parsed.title and not work.document.has_own_title:
        work.document.title = work.parsed.title[: storage.TITLE_MAX_CHARS]
    parsed, redaction = work.parsed, work.extraction.redaction
    # A title or a name that a person chose may say what was taken out of the text.
    title = parsed.title if redact.hides(redaction) else work.document.title
    filename = redact.file_name(work.version.filename, redaction)
    work = replace(work, indexes=tuple(indexes.required(chunker=chunk.CHUNKER)))
    usable, passages = _in_each(
        work.indexes,
        lambda each: tuple(
            chunk.chunk(parsed, title=title, filename=filename, cutting=chunk.cutting_from(each.chunker, each.embedder))
        ),
    )
    return replace(work, indexes=usable, passages=passages)


def _embed(run: IngestionRun, work: Work) -> Work:
    passages_of = dict(zip((each.pk for each in work.indexes), work.passages, strict=True))
    usable, vectors = _in_each(work.indexes, lambda each: embed.embed(passages_of[each.pk], index=each))
    return replace(work, indexes=usable, passages=tuple(passages_of[each.pk] for each in usable), vectors=vectors)


def _in_each(
    wanted: Sequence[IndexVersion], make: Callable[[IndexVersion], Made]
) -> tuple[tuple[IndexVersion, ...], tuple[Made, ...]]:
    """What `make` makes for each index. One beside the live one whose embedder is away is caught up in the background.

    Raises EmbeddingModelError for the live one.
    """
    made: list[tuple[IndexVersion, Made]] = []
    for each in wanted:
        try:
            made.append((each, make(each)))
        except EmbeddingModelError as error:
            if each.is_live:
                raise
            logger.warning("ingestion.index_left_out", extra={"index": each.pk, "reason": error.message})
    return tuple(each for each, _ in made), tuple(one for _, one in made)


def _index(run: IngestionRun, work: Work) -> Work:
    """Publishes it; when the live index was switched meanwhile, its passages are made for the new one first."""
    while not _published(run, work):
        work = _embed(run, _chunk(run, work))
    return work


def _published(run: IngestionRun, work: Work) -> bool:
    assert work.parsed is not None
    assert work.extraction is not None
    findable = [
        index.Findable(
            index=each,
            passages=passages,
            vectors=vectors,
            analysed=index.analyse_all(passages, language=work.parsed.language),
        )
        for each, passages, vectors in zip(work.indexes, work.passages, work.vectors, strict=True)
    ]
    with transaction.atomic():
        # Deleting takes the same lock first: either it comes before and there is nothing to hold, or it takes all away.
        document = lease.lock(work.document)
        leases.hold(run)
        indexes.hold_pointer()
        if not indexes.is_required(work.indexes):
            return False
        if not document.has_own_title:
            document.title = work.document.title
        unsaid = DocumentVersion.objects.filter(pk=work.version.pk, is_validity_confirmed=False)
        unsaid.update(valid_from=validity.valid_from(work.parsed.text))
        index.publish(document=document, version=work.version, extraction=work.extraction, findable=findable)
        if run.is_restoring:
            index.make_current(document, work.version)
            IngestionRun.objects.filter(pk=run.pk).update(is_restoring=False)
        if redact.is_strict(work.extraction.redaction):
            # What was read of it under another policy would go on showing what this one takes out.
            withdraw_text(work.version, keep=work.extraction)
    return True


STAGES: tuple[tuple[IngestionRun.Stage, Step], ...] = (
    (Stage.PARSE, _parse),
    (Stage.CLEAN, _clean),
    (Stage.REDACT, _redact),
    (Stage.CHUNK, _chunk),
    (Stage.EMBED, _embed),
    (Stage.INDEX, _index),
)
