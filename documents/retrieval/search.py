"""Find the passages that answer a question, among those that its asker may read."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from documents.access import scope_of
from documents.models import Chunk, IndexVersion
from documents.retrieval import dense, duplicates, fusion, lexical
from documents.retrieval.analyse import analyse_query
from documents.retrieval.readable import count_chunks, readable_in
from documents.retrieval.types import Hit, Query, Results
from ragapp.accounts.models import User
from ragapp.llm import embedding
from ragapp.llm.errors import EmbeddingModelError
from ragapp.monitoring.timing import timed

logger = logging.getLogger(__name__)

# How many passages each leg brings at least, how many of the fused ones are looked at, how many neighbours become one
# hit. Who asks for more gets more.
CANDIDATES, CONSIDERED, JOINED = 100, 40, 3
CORPUS_LANGUAGES = 4
# Fields of a hit, and where a chunk's query finds them.
_COLUMNS = {
    "document_id": "document",
    "version_id": "version",
    "version_number": "version__number",
    "extraction_id": "extraction",
    "collection_id": "document__collection",
    "collection": "document__collection__name",
    "title": "document__title",
    "path": "document__path",
    "heading_path": "heading_path",
    "text": "text",
    "start": "start",
    "end": "end",
    "page": "page",
    "valid_from": "version__valid_from",
    "valid_to": "version__valid_to",
    "current_id": "document__current_version",
    "language": "extraction__language",
}
NOTHING = Results(hits=(), considered=(), index_version_id=0, readable_chunks=0, ms={})


@dataclass(frozen=True, slots=True)
class _Found:
    """A passage with its place in the document, by which neighbours are told."""

    hit: Hit
    ordinal: int


@dataclass(slots=True)
class _Group:
    """A passage and the neighbours that were found with it, by ordinal."""

    hit: Hit
    chunks: dict[int, Hit] = field(default_factory=dict)


def search(query: Query, *, reader: User) -> Results:
    """The best passages that `reader` may see now, best first. No right, no hits."""
    ms: dict[str, float] = {}
    with timed(ms, "rights"):
        readable = readable_in(scope_of(reader), query)
        index = _index(query.index_version_id)
        if readable is None or index is None or not query.text.strip():
            return replace(NOTHING, index_version_id=index.pk if index else 0)
        chunks = count_chunks(readable, index=index, at_most=settings.EXACT_SEARCH_LIMIT + 1)
    with timed(ms, "embed"):
        vector = _vector(query.text, index)
    with timed(ms, "dense"):
        by_meaning = dict(
            dense.nearest(
                vector,
                index=index,
                readable=readable,
                limit=max(CANDIDATES, 2 * query.top_k),
                readable_chunks=chunks,
                exact_limit=settings.EXACT_SEARCH_LIMIT,
            )
            if vector is not None
            else ()
        )
    with timed(ms, "lexical"):
        terms = analyse_query(query.text, _languages(query, index))
        by_words = dict(lexical.best(terms, index=index, readable=readable, limit=max(CANDIDATES, 2 * query.top_k)))
    with timed(ms, "fuse"):
        # What one leg found, the other scores as well: measured, that is worth more than any way to fill the gaps.
        cosines = dict(by_meaning)
        if vector is not None:
            cosines |= dense.cosines(vector, by_words.keys() - by_meaning.keys(), index=index)
        weights = by_words | lexical.scores(terms, by_meaning.keys() - by_words.keys(), index=index)
        order = fusion.by_score(cosines, weights)[: max(CONSIDERED, 2 * query.top_k)]
    with timed(ms, "read"):
        places = {"dense": fusion.ranks(by_meaning), "lexical": fusion.ranks(by_words)}
        found = _read(order, places, {"dense": cosines, "lexical": weights})
        kept = [found[number] for number in duplicates.kept_once([one.hit for one in found], most=2 * query.top_k)]
    with timed(ms, "join"):
        hits = _joined(kept, top_k=query.top_k)
    return Results(
        hits=tuple(hits),
        considered=tuple(one.hit for one in found),
        index_version_id=index.pk,
        readable_chunks=chunks,
        ms=ms,
    )


def _index(index_version_id: int | None) -> IndexVersion | None:
    wanted = {"is_live": True} if index_version_id is None else {"pk": index_version_id}
    return IndexVersion.objects.filter(**wanted).first()


def _vector(text: str, index: IndexVersion) -> NDArray[np.float32] | None:
    """The question's vector; None, so that words alone decide, when who made the index's vectors cannot be asked."""
    try:
        return embedding.embed_query(text, index.embedder)
    except EmbeddingModelError as error:
        logger.error("search.no_model", extra={"index": index.pk, "reason": error.message})
    return None


def _languages(query: Query, index: IndexVersion) -> list[str]:
    """The asker's languages, then those that most passages are in."""
    common = sorted(index.languages.items(), key=lambda item: (-item[1], item[0]))
    return [*query.languages, *(language for language, _ in common[:CORPUS_LANGUAGES])]


def _read(
    order: Sequence[tuple[int, float]], places: Mapping[str, Mapping[int, int]], legs: Mapping[str, Mapping[int, float]]
) -> list[_Found]:
    """The passages with their documents. One that was removed meanwhile is left out."""
    rows = Chunk.objects.filter(pk__in=[at for at, _ in order]).values_list("pk", "ordinal", *_COLUMNS.values())
    by_id = {at: (ordinal, dict(zip(_COLUMNS, values, strict=True))) for at, ordinal, *values in rows}
    found = []
    for at, score in order:
        if at in by_id:
            ordinal, columns = by_id[at]
            hit = Hit(
                chunk_id=at,
                is_current=columns.pop("current_id") == columns["version_id"],
                **columns,
                score=score,
                ranks={leg: place[at] for leg, place in places.items() if at in place},
                scores={leg: scores[at] for leg, scores in legs.items() if at in scores},
            )
            found.append(_Found(hit, ordinal))
    return found


def _joined(found: Sequence[_Found], *, top_k: int) -> list[Hit]:
    """The best `top_k`, each with the neighbours that were found as well."""
    groups: list[_Group] = []
    for one in found[: 2 * top_k]:
        group = next((group for group in groups if _continues(group, one)), None)
        if group is not None:
            group.chunks[one.ordinal] = one.hit
        elif len(groups) < top_k:
            groups.append(_Group(one.hit, {one.ordinal: one.hit}))
    texts = _texts([group for group in groups if len(group.chunks) > 1])
    return [_widened(group, texts) for group in groups]


def _continues(group: _Group, one: _Found) -> bool:
    return (
        group.hit.extraction_id == one.hit.extraction_id
        and len(group.chunks) < JOINED
        and one.ordinal in (min(group.chunks) - 1, max(group.chunks) + 1)
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
