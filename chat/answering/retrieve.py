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
        collection_ids=None if order.collection_id is None else (order.collection_id,),
        index_version_id=order.index_version_id,
        languages=(order.language,),
    )
    try:
        return search(query, reader=reader)
    except EmbeddingModelError as error:
        raise SearchFailed from error
