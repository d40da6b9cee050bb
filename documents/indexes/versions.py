"""Index versions: which one is live, which are kept up to date with it, and how the pointer moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from documents.indexes import search_indexes
from documents.lineage import index_pins
from documents.models import Chunk, Extraction, IndexBuild, IndexVersion
from documents.retrieval import dense
from documents.retrieval.analyse import ANALYSER
from ragapp.accounts.models import User
from ragapp.audit import log
from ragapp.llm import embedding

# Publishing holds it shared, moving the pointer alone: so no document is published to an index that was just retired.
_POINTER_LOCK = 7_301_442


class CannotSwitch(Exception):
    """This index version cannot become the live one now; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the next index version is to be. `target`: word pieces of a passage, context included."""

    name: str
    chunker: Mapping[str, Any]
    embedder: embedding.Embedder


def live(*, chunker: Mapping[str, Any]) -> IndexVersion:
    """The index version that questions are answered from; made at first use, with the configured embedder.

    Raises EmbeddingModelError when there is none yet and that embedder cannot be used.
    """
    if index := IndexVersion.objects.filter(is_live=True).first():
        return index
    fresh = _described(Plan(name="v1", chunker=chunker, embedder=embedding.settled(embedding.configured())))
    fresh.is_live, fresh.ready_at = True, timezone.now()
    # Two workers may come here at once: the constraints keep one row, and both get it.
    IndexVersion.objects.bulk_create([fresh], ignore_conflicts=True)
    index = IndexVersion.objects.get(is_live=True)
    search_indexes.create(index)
    return index


def create(plan: Plan, *, by: User | None) -> IndexVersion:
    """A new index version beside the live one, empty, with its build waiting. Raises EmbeddingModelError."""
    settled = _described(Plan(name=plan.name, chunker=plan.chunker, embedder=embedding.settled(plan.embedder)))
    with transaction.atomic():
        settled.save()
        IndexBuild.objects.create(index_version=settled, requested_by=by)
        log.record("index_build_started", by=by, target=settled, embedder=settled.embedder.described)
    search_indexes.create(settled)
    return settled


def embedder_for(model: str, endpoint: str, dimensions: int) -> embedding.Embedder:
    """The embedder of the settings, or another one that is described; what is left empty is as the settings say."""
    configured = embedding.configured()
    if not model and not endpoint:
        model, endpoint = configured.model, configured.endpoint
    return embedding.Embedder(
        model=model or configured.model,
        provider="endpoint" if endpoint else "local",
        endpoint=endpoint,
        query_prefix=configured.query_prefix,
        passage_prefix=configured.passage_prefix,
        dimensions=dimensions or configured.dimensions,
    )


def next_name() -> str:
    """ "v" and the first number that is not taken."""
    taken = set(IndexVersion.objects.values_list("name", flat=True))
    return next(f"v{number}" for number in range(1, len(taken) + 2) if f"v{number}" not in taken)


def required(*, chunker: Mapping[str, Any]) -> list[IndexVersion]:
    """The index versions that a document must be in before it is ready: the live one, and those that are pinned."""
    first = live(chunker=chunker)
    usable = Q(ready_at__isnull=False, collected_at=None)
    pinned = IndexVersion.objects.filter(usable, pk__in=pinned_ids()).exclude(pk=first.pk).order_by("pk")
    return [first, *pinned]


def pinned_ids() -> set[int]:
    """The ids of index versions that a release names."""
    return {int(pk) for _, found in index_pins.send(sender=IndexVersion) for pk in found or ()}


def missing(index: IndexVersion) -> QuerySet[Extraction]:
    """What can be found in general and not yet in `index`: extractions that answer, or did before a newer version."""
    there = Chunk.objects.filter(index_version=index, extraction=OuterRef("pk"))
    return Extraction.objects.filter(~Exists(there), is_current=True)


def hold_pointer() -> None:
    """The live index stays the live one until this transaction ends."""
    _lock("pg_advisory_xact_lock_shared")


def is_required(indexes: Sequence[IndexVersion]) -> bool:
    """Are `indexes` still all that a document must be in? Ask it after `hold_pointer`."""
    now = set(IndexVersion.objects.filter(is_live=True).values_list("pk", flat=True))
    return now <= {index.pk for index in indexes}


@transaction.atomic
def switch(index_id: int, *, by: User | None) -> IndexVersion:
    """Make it the live one; the one before is retired and can come back in the same way.

    Searches under way finish on the index they began with: its rows stay. Raises CannotSwitch, also while documents
    are missing in it.
    """
    _lock("pg_advisory_xact_lock")
    index = IndexVersion.objects.select_for_update().filter(pk=index_id).first()
    if index is None or index.state not in (IndexVersion.State.READY, IndexVersion.State.RETIRED):
        raise CannotSwitch("Only an index that is ready can become the live one.")
    if late := missing(index).count():
        said = ngettext(
            "%(n)d document is not in this index yet. It is being added: try again in a minute.",
            "%(n)d documents are not in this index yet. They are being added: try again in a minute.",
            late,
        )
        raise CannotSwitch(said % {"n": late})
    now = timezone.now()
    before = IndexVersion.objects.filter(is_live=True).first()
    IndexVersion.objects.filter(is_live=True).update(is_live=False, retired_at=now)
    IndexVersion.objects.filter(pk=index.pk).update(is_live=True, retired_at=None)
    log.record("index_switched", by=by, target=index, before=before.name if before else "")
    index.refresh_from_db()
    return index


def differs_from_configured(index: IndexVersion) -> bool:
    """Do the settings name another embedder than the one of `index`? It then waits for an index to be built with it."""
    wanted, has = embedding.configured(), index.embedder
    return (
        (wanted.provider, wanted.endpoint, wanted.model) != (has.provider, has.endpoint, has.model)
        or (wanted.dimensions not in (0, has.dimensions))
        or (wanted.query_prefix not in ("", has.query_prefix))
        or (wanted.passage_prefix not in ("", has.passage_prefix))
    )


def _described(plan: Plan) -> IndexVersion:
    embedder = plan.embedder
    passages = IndexVersion.objects.filter(is_live=True).values_list("chunk_count", flat=True).first()
    return IndexVersion(
        name=plan.name,
        chunker=dict(plan.chunker),
        embedding_provider=embedder.provider,
        embedding_endpoint=embedder.endpoint,
        embedding_model=embedder.model,
        embedding_revision=embedder.revision,
        query_prefix=embedder.query_prefix,
        passage_prefix=embedder.passage_prefix,
        dimensions=embedder.dimensions,
        analyser=ANALYSER,
        # It will hold about as many passages as the one that answers now.
        ef_construction=dense.ef_construction(passages or 0),
    )


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_POINTER_LOCK])
