"""Taking the rows of an index version away, in batches; citations point to spans of extractions and stay."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from documents.indexes import search_indexes
from documents.indexes.versions import pinned_ids
from documents.models import (
    Chunk,
    ChunkEmbedding,
    ChunkLexemes,
    ChunkMeanings,
    IndexBuild,
    IndexVersion,
    LexemeFrequency,
)
from ragapp.accounts.models import User
from ragapp.audit import log

BATCH = 1000


class CannotRemove(Exception):
    """The rows of this index version are needed; the message says by whom."""


@transaction.atomic
def give_up(index_id: int, *, by: User | None) -> IndexVersion:
    """From now on it is not kept up to date nor answered from; `sweep` removes its rows. Raises CannotRemove."""
    index = IndexVersion.objects.select_for_update().get(pk=index_id)
    if index.is_live:
        raise CannotRemove("Questions are answered from this index. Switch to another one first.")
    if index.pk in pinned_ids():
        raise CannotRemove("A release names this index.")
    if index.collected_at is None:
        IndexBuild.objects.filter(index_version=index).exclude(state=IndexBuild.State.DONE).update(
            state=IndexBuild.State.CANCELLED, worker="", lease_until=None
        )
        index.collected_at = timezone.now()
        index.save(update_fields=["collected_at"])
        log.record("index_removed", by=by, target=index)
    return index


def give_up_expired() -> int:
    """Those that were retired long enough ago and are named by no release; how many."""
    before = timezone.now() - timedelta(days=settings.INDEX_KEEP_DAYS)
    expired = IndexVersion.objects.filter(is_live=False, retired_at__lt=before, collected_at=None)
    found = list(expired.exclude(pk__in=pinned_ids()).values_list("pk", flat=True))
    for index_id in found:
        give_up(index_id, by=None)
    return len(found)


def sweep(index: IndexVersion, *, batch: int = BATCH) -> int:
    """Remove the rows of a version that was given up, a transaction each batch; how many chunks went."""
    removed = 0
    while ids := list(Chunk.objects.filter(index_version=index).order_by("pk").values_list("pk", flat=True)[:batch]):
        with transaction.atomic():
            ChunkEmbedding.objects.filter(chunk__in=ids).delete()
            ChunkLexemes.objects.filter(chunk__in=ids).delete()
            ChunkMeanings.objects.filter(chunk__in=ids).delete()
            Chunk.objects.filter(pk__in=ids).delete()
        removed += len(ids)
    LexemeFrequency.objects.filter(index_version=index).delete()
    search_indexes.drop(index)
    IndexVersion.objects.filter(pk=index.pk).update(chunk_count=0, is_stale=False)
    return removed


def unswept() -> list[IndexVersion]:
    """Versions that were given up and still have passages."""
    return list(IndexVersion.objects.filter(collected_at__isnull=False, chunks__isnull=False).distinct())
