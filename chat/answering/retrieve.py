"""Finds the passages: one call, with the reader's rights in it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from chat.answering.errors import SearchFailed
from chat.answering.types import Order
from documents.retrieval.search import search
from documents.retrieval.sections import whole
from documents.retrieval.types import Hit, Query, Results
from ragapp.llm.errors import EmbeddingModelError
from ragapp.llm.types import Room

# Few, so that there is room rather than none.
CHARS_PER_TOKEN = 3


def run(order: Order, understood: str) -> Results:
    """The best passages the reader may see now. Raises SearchFailed."""
    reader = order.asker
    query = Query(
        text=understood,
        top_k=order.settings.top_k,
        collection_ids=None if order.collection_id is None else _with_files(order.collection_id, order),
        private_collection_id=order.private_collection_id,
        as_of=order.as_of,
        index_version_id=order.index_version_id,
        languages=(order.language,),
    )
    try:
        return search(query, reader=reader)
    except EmbeddingModelError as error:
        raise SearchFailed from error


def beside(order: Order, results: Results, questions: Sequence[str]) -> Results:
    """The best passages of each of `questions`, in turn, then those of `results`: as many as there were."""
    found = [run(order, question) for question in questions]
    lists = [*zip_longest(*(each.hits for each in found)), results.hits]
    hits: dict[int, Hit] = {}
    for hit in (hit for each in lists for hit in each if hit is not None):
        if len(hits) < order.settings.top_k:
            hits.setdefault(hit.chunk_id, hit)
    considered = {one.chunk_id: one for each in (*found, results) for one in each.considered}
    return replace(results, hits=tuple(hits.values()), considered=tuple(considered.values()))


def sections(order: Order, results: Results, room: Room) -> tuple[Hit, ...]:
    """The hits with their whole sections, as far as the release wants it and half of the model's context allows."""
    taken = sum(len(hit.text) for hit in results.hits) // CHARS_PER_TOKEN
    left = (room.context_tokens - room.max_output_tokens) // 2 - taken
    tokens = min(order.settings.section_tokens, left)
    return tuple(whole(results.hits, index_version_id=results.index_version_id, tokens=tokens))


def _with_files(collection_id: int, order: Order) -> tuple[int, ...]:
    attached = order.private_collection_id
    return (collection_id,) if attached is None else (collection_id, attached)
