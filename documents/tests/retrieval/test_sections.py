"""Hits with their whole sections: as many as there is room for, nothing twice, spans exact."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from documents.models import Chunk, Collection, Document, Extraction
from documents.retrieval.search import search
from documents.retrieval.sections import whole
from documents.retrieval.types import Hit, Query, Results
from ragapp.accounts.models import User

FILLER = "Ordinary words follow one another here without any meaning that anyone would look for. " * 8


@pytest.fixture
def found(
    add: Callable[..., Document],
    counted: Callable[[], object],
    collection: Callable[..., Collection],
    reader: User,
    owner: User,
) -> Results:
    """Of a manual whose chapter on valves has several passages, the one that was looked for."""
    shelf = collection("Manuals", readers=[reader], owners=[owner])
    valves = "\n\n".join(f"Part {number} of the valve. {FILLER}" for number in range(4))
    text = f"# Manual\n\n## Pumps\n\n{FILLER}\n\n## Valves\n\n{valves}\n\n## Belts\n\n{FILLER}"
    add(shelf, "manual.md", text, by=owner)
    counted()
    return search(Query(text="What is part 2 of the valve?", top_k=1), reader=reader)


def test_a_section_comes_whole_and_ends_where_the_next_begins(found: Results) -> None:
    (hit,) = whole(found.hits, index_version_id=found.index_version_id, tokens=5000)
    text = Extraction.objects.get(pk=hit.extraction_id).text
    assert len(hit.text) > len(found.hits[0].text)
    assert hit.text == text[hit.start : hit.end]
    assert all(f"Part {number} of the valve" in hit.text for number in range(4))
    assert "Pumps" not in hit.text
    assert "Belts" not in hit.text


def test_a_section_that_does_not_fit_is_left_as_it_was_found(found: Results) -> None:
    section = Chunk.objects.filter(extraction=found.hits[0].extraction_id, heading_path=found.hits[0].heading_path)
    rest = sum(chunk.tokens for chunk in section if not _is_in(chunk, found.hits[0]))
    assert rest > 0
    assert whole(found.hits, index_version_id=found.index_version_id, tokens=rest - 1) == list(found.hits)
    assert whole(found.hits, index_version_id=found.index_version_id, tokens=0) == list(found.hits)
    assert whole(found.hits, index_version_id=found.index_version_id, tokens=rest) != list(found.hits)


def test_two_hits_of_one_section_share_it_and_show_nothing_twice(found: Results, reader: User) -> None:
    several = search(Query(text="valve part", top_k=8), reader=reader)
    wider = whole(several.hits, index_version_id=several.index_version_id, tokens=5000)
    spans = sorted((hit.extraction_id, hit.start, hit.end) for hit in wider)
    assert all(one[0] != other[0] or one[2] <= other[1] for one, other in pairwise(spans))
    assert [hit.chunk_id for hit in wider] == [hit.chunk_id for hit in several.hits]


def _is_in(chunk: Any, hit: Hit) -> bool:
    return bool(hit.start <= chunk.start and chunk.end <= hit.end)
