"""BM25 statistics of an index version: counted beside ingestion, never in its transaction."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Avg, Count, F, FloatField, Q
from django.db.models.functions import Abs, Cast
from django.utils import timezone
from pgvector import SparseVector

from documents.indexes.coverage import measure_missing
from documents.models import Chunk, ChunkLexemes, IndexVersion
from documents.models.index import LEXEME_DIMENSIONS
from documents.retrieval import lexical

# Weights are recomputed when the average length has moved by this share: scores change by less than that.
DRIFT = 0.1
# Longer than a task may take.
KILLED_AFTER = timedelta(minutes=10)
_BATCH = 2000


def refresh_statistics(index: IndexVersion, *, drift: float = DRIFT) -> bool:
    """Count chunks, lengths, languages and lexemes anew, and recompute weights whose average length has drifted.

    False when another process is at it. Counted are all current passages of the index version, whoever may read them.
    """
    # First, and by itself: what is indexed from here on makes the statistics stale again.
    IndexVersion.objects.filter(pk=index.pk).update(is_stale=False, counting_since=timezone.now())
    done, before = False, index.languages
    try:
        with transaction.atomic():
            if _locked(index):
                _count(index)
                _count_lexemes(index)
                _reweigh(index, drift)
                IndexVersion.objects.filter(pk=index.pk).update(counting_since=None)
                done = True
    finally:
        if not done:
            IndexVersion.objects.filter(pk=index.pk).update(is_stale=True, counting_since=None)
    if done:
        measure_missing(index, before=before)
    return done


def refresh_stale() -> int:
    """Refresh every index version whose passages have changed, or whose last refresh was killed; how many there were.

    One that is being built changes all the time and answers nobody: it is counted once, at its end.
    """
    killed = Q(counting_since__lt=timezone.now() - KILLED_AFTER)
    stale = IndexVersion.objects.filter(Q(is_stale=True) | killed, collected_at=None).filter(
        Q(is_live=True) | Q(ready_at__isnull=False)
    )
    return sum(refresh_statistics(index) for index in stale)


def _locked(index: IndexVersion) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('lexical statistics'), %s)", [index.pk])
        return bool(cursor.fetchone()[0])


def _count(index: IndexVersion) -> None:
    # Superseded versions can be found, too; a word that only they hold must stay rare, and count for nothing else.
    current = Q(index_version=index, version=F("document__current_version"))
    totals = ChunkLexemes.objects.filter(current).aggregate(chunks=Count("pk"), length=Avg("length"))
    languages = (
        Chunk.objects.filter(current).order_by().values_list("extraction__language").annotate(chunks=Count("pk"))
    )
    index.chunk_count = totals["chunks"]
    index.average_length = float(totals["length"] or 0.0)
    index.languages = {language: chunks for language, chunks in languages if language}
    index.statistics_at = timezone.now()
    index.save(update_fields=["chunk_count", "average_length", "languages", "statistics_at"])


def _count_lexemes(index: IndexVersion) -> None:
    # Only rows that change are written: most counts stay as they are from one refresh to the next.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH counted AS MATERIALIZED (
                SELECT word, ndoc FROM ts_stat(
                    'SELECT lexemes FROM documents_chunklexemes AS chunk JOIN documents_document AS document
                     ON document.current_version_id = chunk.version_id WHERE index_version_id = {index.pk:d}')
            ), gone AS (
                DELETE FROM documents_lexemefrequency AS old
                WHERE index_version_id = %s AND NOT EXISTS (SELECT 1 FROM counted WHERE word = old.lexeme)
            )
            INSERT INTO documents_lexemefrequency AS old (index_version_id, lexeme, chunks)
            SELECT %s, word, ndoc FROM counted
            ON CONFLICT (index_version_id, lexeme) DO UPDATE SET chunks = excluded.chunks
            WHERE old.chunks <> excluded.chunks
            """,  # noqa: S608 - the id is an integer
            [index.pk, index.pk],
        )


def _reweigh(index: IndexVersion, drift: float) -> None:
    average = index.average_length
    if not average:
        return
    off = Abs(Cast(F("average_length"), FloatField()) - average)
    drifted = ChunkLexemes.objects.filter(index_version=index).alias(off=off).filter(off__gt=drift * average)
    # Rows that an upload or a removal holds are left out, so that neither waits for the other for ever: they go, or
    # are recomputed the next time.
    free = drifted.select_for_update(skip_locked=True).only("pk", "length", "average_length", "weights").order_by("pk")
    last = 0
    while batch := list(free.filter(pk__gt=last)[:_BATCH]):
        ChunkLexemes.objects.bulk_update([_reweighted(row, average) for row in batch], ["weights", "average_length"])
        last = batch[-1].pk


def _reweighted(row: ChunkLexemes, average: float) -> ChunkLexemes:
    old: SparseVector = row.weights
    new = lexical.reweighted(
        dict(zip(old.indices(), old.values(), strict=True)),
        length=row.length,
        old_average=row.average_length,
        new_average=average,
    )
    row.weights, row.average_length = SparseVector(new, LEXEME_DIMENSIONS), average
    return row
