"""Find the passages that answer a question, among those that its asker may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from documents.access import documents_in, scope_of
from documents.models import Chunk, Document, IndexVersion
from documents.retrieval import dense, fusion, lexical
from documents.retrieval.analyse import analyse, analyse_query
from documents.retrieval.readable import count_chunks
from documents.retrieval.types import Hit, Query, Results
from ragapp.accounts.models import User
from ragapp.llm import embedding
from ragapp.monitoring.timing import timed

# How many passages each leg may bring, how many of the fused ones are looked at, how many neighbours become one hit.
CANDIDATES, CONSIDERED, JOINED = 100, 40, 3
CORPUS_LANGUAGES = 4
NOTHING = Results(hits=(), considered=(), index_version_id=0, readable_chunks=0, ms={})


@dataclass(slots=True)
class _Group:
    """A passage and the neighbours that were found with it, by ordinal."""

    hit: Hit
    chunks: dict[int, Chunk] = field(default_factory=dict)


def search(query: Query, *, reader: User) -> Results:
    """The best passages that `reader` may see now, best first. No right, no hits."""
    ms: dict[str, float] = {}
    with timed(ms, "rights"):
        scope = scope_of(reader)
        readable = documents_in(scope)
        if query.collection_id is not None:
            readable = readable.filter(collection=query.collection_id)
        index = _index(query.index_version_id)
        if index is None or not scope.collection_ids or not query.text.strip():
            return replace(NOTHING, index_version_id=index.pk if index else 0)
        chunks = count_chunks(readable, index=index, at_most=settings.EXACT_SEARCH_LIMIT + 1)
    with timed(ms, "embed"):
        vector = embedding.embed_query(query.text)
    with timed(ms, "dense"):
        by_meaning = dict(
            dense.nearest(
                vector,
                index=index,
                readable=readable,
                limit=CANDIDATES,
                readable_chunks=chunks,
                exact_limit=settings.EXACT_SEARCH_LIMIT,
            )
        )
    with timed(ms, "lexical"):
        terms = analyse_query(query.text, _languages(query, index))
        by_words = dict(lexical.best(terms, index=index, readable=readable, limit=CANDIDATES))
    with timed(ms, "fuse"):
        order = fusion.by_score(by_meaning, by_words)[:CONSIDERED]
    with timed(ms, "read"):
        found = _read(order, by_meaning, by_words, readable)
        kept = _without_repeats(found)
    with timed(ms, "join"):
        hits = _joined(kept, top_k=query.top_k)
    return Results(
        hits=tuple(hits),
        considered=tuple(hit for hit, _ in found),
        index_version_id=index.pk,
        readable_chunks=chunks,
        ms=ms,
    )


def _index(index_version_id: int | None) -> IndexVersion | None:
    wanted = {"is_live": True} if index_version_id is None else {"pk": index_version_id}
    return IndexVersion.objects.filter(**wanted).first()


def _languages(query: Query, index: IndexVersion) -> list[str]:
    """The asker's languages, then those that most passages are in."""
    common = sorted(index.languages.items(), key=lambda item: (-item[1], item[0]))
    return [*query.languages, *(language for language, _ in common[:CORPUS_LANGUAGES])]


def _read(
    order: Sequence[tuple[int, float]],
    by_meaning: dict[int, float],
    by_words: dict[int, float],
    readable: QuerySet[Document],
) -> list[tuple[Hit, Chunk]]:
    """The passages with their documents. One that was removed meanwhile is left out."""
    places = {"dense": fusion.ranks(by_meaning), "lexical": fusion.ranks(by_words)}
    legs = {"dense": by_meaning, "lexical": by_words}
    rows = (
        Chunk.objects.filter(document__in=readable)
        .select_related("version", "extraction", "document__collection")
        .defer("extraction__text", "extraction__layout")
        .in_bulk([at for at, _ in order])
    )
    return [
        (
            _hit(
                rows[at],
                score,
                ranks={leg: place[at] for leg, place in places.items() if at in place},
                scores={leg: found[at] for leg, found in legs.items() if at in found},
            ),
            rows[at],
        )
        for at, score in order
        if at in rows
    ]


def _hit(chunk: Chunk, score: float, *, ranks: dict[str, int], scores: dict[str, float]) -> Hit:
    document = chunk.document
    return Hit(
        chunk_id=chunk.pk,
        document_id=document.pk,
        version_id=chunk.version_id,
        version_number=chunk.version.number,
        extraction_id=chunk.extraction_id,
        collection_id=document.collection_id,
        collection=document.collection.name,
        title=document.title,
        path=document.path,
        heading_path=chunk.heading_path,
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        page=chunk.page,
        valid_from=chunk.version.valid_from,
        language=chunk.extraction.language,
        score=score,
        ranks=ranks,
        scores=scores,
    )


def _without_repeats(found: Sequence[tuple[Hit, Chunk]]) -> list[tuple[Hit, Chunk]]:
    """Of passages that say the same in the same words, the best. A different figure makes a different passage."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for hit, chunk in found:
        words = tuple(analyse(hit.text, hit.language))
        if words not in seen:
            kept.append((hit, chunk))
        seen.add(words)
    return kept


def _joined(found: Sequence[tuple[Hit, Chunk]], *, top_k: int) -> list[Hit]:
    """The best `top_k`, each with the neighbours that were found as well."""
    groups: list[_Group] = []
    for hit, chunk in found[: 2 * top_k]:
        group = next((group for group in groups if _continues(group, chunk)), None)
        if group is not None:
            group.chunks[chunk.ordinal] = chunk
        elif len(groups) < top_k:
            groups.append(_Group(hit, {chunk.ordinal: chunk}))
    texts = _texts([group for group in groups if len(group.chunks) > 1])
    return [_widened(group, texts) for group in groups]


def _continues(group: _Group, chunk: Chunk) -> bool:
    return (
        group.hit.extraction_id == chunk.extraction_id
        and len(group.chunks) < JOINED
        and chunk.ordinal in (min(group.chunks) - 1, max(group.chunks) + 1)
    )


def _span(group: _Group) -> tuple[int, int]:
    return group.chunks[min(group.chunks)].start, group.chunks[max(group.chunks)].end


def _texts(groups: Sequence[_Group]) -> dict[int, str]:
    """The text of each group's span, by the id of its best chunk; white space between passages included."""
    if not groups:
        return {}
    spans = [_span(group) for group in groups]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.chunk, substr(extraction.text, wanted.start + 1, wanted.length)
            FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[])
                AS wanted (chunk, extraction, start, length)
            JOIN documents_extraction AS extraction ON extraction.id = wanted.extraction
            """,
            [
                [group.hit.chunk_id for group in groups],
                [group.hit.extraction_id for group in groups],
                [start for start, _ in spans],
                [end - start for start, end in spans],
            ],
        )
        return dict(cursor.fetchall())


def _widened(group: _Group, texts: dict[int, str]) -> Hit:
    text = texts.get(group.hit.chunk_id)
    if text is None:
        return group.hit
    start, end = _span(group)
    return replace(group.hit, text=text, start=start, end=end, page=group.chunks[min(group.chunks)].page)
