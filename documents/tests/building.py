"""Index versions built in this process, and what they hold."""

from __future__ import annotations

from typing import Any

from documents import indexes
from documents.ingestion import chunk, rebuild
from documents.models import (
    Chunk,
    IndexVersion,
)
from documents.retrieval.search import search
from documents.retrieval.types import Query
from ragapp.accounts.models import User
from ragapp.llm import embedding

State = IndexVersion.State
TEXTS = {
    "leave.txt": "Every employee has 27 days of annual leave in a calendar year.",
    "pump.txt": "The hydraulic pump of hall nine is greased every hundred hours of work.",
    "canteen.txt": "The canteen opens at eleven on weekdays and stays closed on Sundays.",
}
QUESTION = "How many days of annual leave do I get?"


def plan(name: str = "v2", **embedder: Any) -> indexes.Plan:
    chosen = embedding.Embedder(**({"model": "all-MiniLM-L6-v2"} | embedder))
    return indexes.Plan(name=name, chunker=chunk.CHUNKER, embedder=chosen)


def built(name: str = "v2", **embedder: Any) -> IndexVersion:
    made = indexes.create(plan(name, **embedder), by=None)
    while rebuild.advance(made.pk):
        """One slice after the other."""
    return IndexVersion.objects.get(pk=made.pk)


def texts_in(index: IndexVersion) -> list[str]:
    return sorted(Chunk.objects.filter(index_version=index).values_list("text", flat=True))


def find(reader: User, index: IndexVersion | None = None) -> Any:
    return search(Query(text=QUESTION, index_version_id=index.pk if index else None), reader=reader)


def live() -> IndexVersion:
    return IndexVersion.objects.get(is_live=True)
