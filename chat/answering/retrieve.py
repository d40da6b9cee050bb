"""Finds the passages: one call, with the reader's rights in it."""

from chat.answering.errors import SearchFailed
from chat.answering.types import Order
from documents.retrieval.search import search
from documents.retrieval.types import Query, Results
from ragapp.accounts.models import User
from ragapp.llm.errors import EmbeddingModelError


def run(order: Order, understood: str) -> Results:
    """The best passages the reader may see now. Raises SearchFailed."""
    reader = User.objects.get(pk=order.reader_id)
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


def _with_files(collection_id: int, order: Order) -> tuple[int, ...]:
    attached = order.private_collection_id
    return (collection_id,) if attached is None else (collection_id, attached)
