"""Of the passages that were considered, those that are shown, and what became of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from uuid import UUID

from documents.retrieval import duplicates, passages
from documents.retrieval.passages import Found, Neighbour
from documents.retrieval.types import Fate, Hit

# How many neighbours that were found become one hit.
JOINED = 3
# One document gives so many hits; more while the next of another document has less than this share of their score.
PER_DOCUMENT, NEAR = 3, 0.7
# How far widening goes to either side of a hit, in passages.
REACH = 4


@dataclass(slots=True)
class Group:
    """A passage with what is shown around it: (start, end, page) by ordinal; `found` of them were found."""

    hit: Hit
    parts: dict[int, tuple[int, int, int | None]]
    place: int
    found: int = 1

    @property
    def first(self) -> int:
        return min(self.parts)

    @property
    def last(self) -> int:
        return max(self.parts)

    @property
    def span(self) -> tuple[int, int]:
        return self.parts[self.first][0], self.parts[self.last][1]


def choose(
    found: Sequence[Found], *, top_k: int, index_version_id: int, widen_tokens: int = 0
) -> tuple[list[Hit], list[Hit]]:
    """The hits, best first, and all that was considered, each with its fate."""
    told: dict[int, Hit] = {}  # with their fates; the others are below
    groups = _groups(_without_repeats(found, told, most=3 * top_k), top_k, told)
    if widen_tokens:
        _widen(groups, index_version_id, widen_tokens)
    spans = {group.hit.chunk_id: (group.hit.extraction_id, *group.span) for group in groups if len(group.parts) > 1}
    texts = passages.texts(spans)
    hits = [_shown(group, texts.get(group.hit.chunk_id)) for group in groups]
    return hits, [told.get(one.hit.chunk_id) or _with(one.hit, Fate.BELOW) for one in found]


def _with(hit: Hit, fate: Fate, beside: int | None = None) -> Hit:
    """As it is where nothing changes: a copy takes longer than all else that is done with it."""
    return hit if (hit.fate, hit.beside) == (fate, beside) else replace(hit, fate=fate, beside=beside)


def _without_repeats(found: Sequence[Found], told: dict[int, Hit], *, most: int) -> list[Found]:
    """Of passages that say the same the newest, in the place of the best."""
    kept = []
    for newest, *others in duplicates.alike([one.hit for one in found], most=most):
        kept.append(found[newest])
        for other in others:
            hit = found[other].hit
            told[hit.chunk_id] = _with(hit, Fate.REPEATS, found[newest].hit.chunk_id)
    return kept


def _groups(kept: Sequence[Found], top_k: int, told: dict[int, Hit]) -> list[Group]:
    """The best `top_k` groups of neighbours; those of a crowded document wait until nothing else is near."""
    groups: list[Group] = []
    waiting: list[tuple[int, Found]] = []
    by_document: Counter[UUID] = Counter()

    def take(place: int, one: Found) -> None:
        hit = told[one.hit.chunk_id] = _with(one.hit, Fate.KEPT)
        groups.append(Group(hit, {one.ordinal: _part(hit)}, place))
        by_document[hit.document_id] += 1

    for place, one in enumerate(kept):
        near = groups if place < 2 * top_k else ()
        group = next((group for group in near if _continues(group, one)), None)
        if group is not None:
            group.parts[one.ordinal] = _part(one.hit)
            group.found += 1
            told[one.hit.chunk_id] = _with(one.hit, Fate.JOINED, group.hit.chunk_id)
            continue
        while waiting and len(groups) < top_k and one.hit.score < NEAR * waiting[0][1].hit.score:
            take(*waiting.pop(0))
        if len(groups) >= top_k:
            continue
        if by_document[one.hit.document_id] >= PER_DOCUMENT:
            waiting.append((place, one))
            told[one.hit.chunk_id] = _with(one.hit, Fate.CROWDED)
        else:
            take(place, one)
    for place, one in waiting[: max(0, top_k - len(groups))]:
        take(place, one)
    return sorted(groups, key=lambda group: group.place)


def _continues(group: Group, one: Found) -> bool:
    return (
        group.hit.extraction_id == one.hit.extraction_id
        and group.found < JOINED
        and one.ordinal in (group.first - 1, group.last + 1)
    )


def _widen(groups: Sequence[Group], index_version_id: int, budget: int) -> None:
    """Adds passages around the hits, the best hit's first, its own section before others, while they fit `budget`."""
    spans = [(group.hit.extraction_id, group.first, group.last) for group in groups]
    around = passages.neighbours(spans, index_version_id=index_version_id, reach=REACH)
    shown = {(group.hit.extraction_id, ordinal) for group in groups for ordinal in group.parts}
    for is_same_section in (True, False):
        for group in groups:
            beside = around.get(group.hit.extraction_id, {})
            while one := _next(group, beside, shown, most=budget, is_same_section=is_same_section):
                group.parts[one.ordinal] = (one.start, one.end, one.page)
                shown.add((group.hit.extraction_id, one.ordinal))
                budget -= one.tokens


def _next(
    group: Group,
    beside: Mapping[int, Neighbour],
    shown: Set[tuple[int, int]],
    *,
    most: int,
    is_same_section: bool,
) -> Neighbour | None:
    """The passage after `group`, else the one before, that is not shown yet and has at most so many tokens."""
    for ordinal in (group.last + 1, group.first - 1):
        one = beside.get(ordinal)
        if one is None or one.tokens > most or (group.hit.extraction_id, ordinal) in shown:
            continue
        if not is_same_section or one.heading_path == group.hit.heading_path:
            return one
    return None


def _shown(group: Group, text: str | None) -> Hit:
    if text is None:
        return group.hit
    start, end = group.span
    return replace(group.hit, text=text, start=start, end=end, page=group.parts[group.first][2])


def _part(hit: Hit) -> tuple[int, int, int | None]:
    return hit.start, hit.end, hit.page
