"""Hits with the rest of their sections, for a reader who has room for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from documents.retrieval import passages
from documents.retrieval.passages import Neighbour
from documents.retrieval.types import Hit
from ragapp.lib import prepared

# How far a section is followed to either side of a hit, in passages; a longer one is not a section but a book.
REACH = 12
# Of each (place, extraction, start, end) of four lists: the place, and the first and last ordinal of its passages.
_ORDINALS = """
    SELECT span.place, min(chunk.ordinal), max(chunk.ordinal)
    FROM unnest(%s::int[], %s::bigint[], %s::int[], %s::int[]) AS span (place, extraction, first, until)
    JOIN documents_chunk AS chunk ON chunk.index_version_id = %s::bigint AND chunk.extraction_id = span.extraction
        AND chunk.start >= span.first AND chunk."end" <= span.until
    GROUP BY span.place
"""


def whole(hits: Sequence[Hit], *, index_version_id: int, tokens: int) -> list[Hit]:
    """`hits` in their order, those of them with the whole of their sections for which `tokens` (word pieces) are left.

    The best come first. A section is added whole or not at all, and nothing is shown twice. Who may read a hit may
    read what stands around it.
    """
    if not hits or tokens <= 0:
        return list(hits)
    spans = _ordinals(hits, index_version_id)
    around = passages.neighbours(
        [(hits[place].extraction_id, *span) for place, span in spans.items()],
        index_version_id=index_version_id,
        reach=REACH,
    )
    shown = {
        (hits[place].extraction_id, ordinal) for place, span in spans.items() for ordinal in range(span[0], span[1] + 1)
    }
    wider: dict[int, tuple[int, int, int]] = {}
    pages: dict[int, int | None] = {}
    for place, span in spans.items():
        hit = hits[place]
        rest = _rest_of_section(hit, span, around.get(hit.extraction_id, {}), shown)
        cost = sum(one.tokens for one in rest)
        if not rest or cost > tokens:
            continue
        tokens -= cost
        shown |= {(hit.extraction_id, one.ordinal) for one in rest}
        first = min(rest, key=lambda one: one.start)
        start, end = min(hit.start, first.start), max(hit.end, *(one.end for one in rest))
        wider[place] = (hit.extraction_id, start, end)
        pages[place] = first.page if first.start < hit.start else hit.page
    texts = passages.texts(wider)
    return [
        replace(hit, text=texts[place], start=wider[place][1], end=wider[place][2], page=pages[place])
        if place in texts
        else hit
        for place, hit in enumerate(hits)
    ]


def _ordinals(hits: Sequence[Hit], index_version_id: int) -> dict[int, tuple[int, int]]:
    """By place, in their order; a hit whose passages are gone has none."""
    columns = zip(*((place, hit.extraction_id, hit.start, hit.end) for place, hit in enumerate(hits)), strict=True)
    rows = prepared.rows(_ORDINALS, [*map(prepared.numbers, columns), index_version_id])
    found = {place: (first, last) for place, first, last in rows}
    return {place: found[place] for place in sorted(found)}


def _rest_of_section(
    hit: Hit, span: tuple[int, int], around: Mapping[int, Neighbour], shown: Set[tuple[int, int]]
) -> list[Neighbour]:
    """The passages under the same heading that join on to the hit, up to those that another hit shows."""
    rest = []
    for ordinal, step in ((span[0] - 1, -1), (span[1] + 1, 1)):
        while (one := around.get(ordinal)) and one.heading_path == hit.heading_path:
            if (hit.extraction_id, ordinal) in shown:
                break
            rest.append(one)
            ordinal += step
    return rest
