"""What the first questions of a process would else wait for: connections to the database, the model in memory."""

import asyncio
import logging

from django.conf import settings
from django.db import DatabaseError, connection

from documents.retrieval.asked_index import asked_index
from ragapp.lib.offload import to_pool
from ragapp.llm import embedding
from ragapp.llm.errors import EmbeddingModelError

log = logging.getLogger(__name__)


async def warm_up() -> None:
    """To be done beside the first requests. What fails is tried again by whoever needs it, who says so."""
    try:
        await asyncio.gather(*(to_pool(lambda: connection.ensure_connection()) for _ in range(settings.ANSWER_THREADS)))
        await to_pool(_load_model)
    except (DatabaseError, EmbeddingModelError) as error:
        log.warning("web.not_warmed_up", extra={"error": type(error).__name__})


def _load_model() -> None:
    index = asked_index(None)
    if index is not None and index.embedder.provider == "local":
        embedding.warm_up(index.embedder)
