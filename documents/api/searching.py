"""Search: the passages that fit a question, among those that the token's owner may read."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from documents import access
from documents.api.shapes import REFUSALS
from documents.retrieval import search as retrieval
from documents.retrieval.types import TOP_K, Hit, Query
from ragapp.accounts.models import Scope
from ragapp.api.callers import Bearer, owner_of
from ragapp.api.problems import not_found
from ragapp.lib.text import storable

router = Router(tags=["search"])
READ = Bearer(Scope.READ, counted_as="search")
TOP_MAX = 50
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class SearchIn(Schema):
    """What to look for. `collections` empty: all that you may read; the others narrow further.

    `languages`: in one of them, as "en" or "de"; `since` and `until`: versions that hold from one of these days on.
    """

    query: str = Field(min_length=1, max_length=2000)
    collections: list[Id] = Field(default=[], max_length=200)
    folder: str = Field(default="", max_length=500)
    tags: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=20)
    languages: list[Annotated[str, Field(pattern="^[a-z]{2}$")]] = Field(default=[], max_length=20)
    since: date | None = None
    until: date | None = None
    as_of: date | None = None
    top: int = Field(default=TOP_K, ge=1, le=TOP_MAX)


class PassageOut(Schema):
    """A passage, best first; `ranks` by leg of the search, from 1."""

    document: UUID
    collection: int
    title: str
    path: str
    heading_path: str
    version: int
    page: int | None
    text: str
    language: str
    valid_from: date | None
    valid_to: date | None
    score: float
    ranks: dict[str, int]
    url: str


class SearchOut(Schema):
    """`ms`: milliseconds by stage."""

    results: list[PassageOut]
    ms: dict[str, float]


@router.post("search", response={200: SearchOut, **REFUSALS}, auth=READ)
def search(request: HttpRequest, wanted: SearchIn) -> dict[str, Any]:
    """Find passages by meaning and by words. Nothing is stored."""
    user = owner_of(request)
    ids = set(wanted.collections)
    if ids and access.collections_for(user).filter(pk__in=ids).count() < len(ids):
        raise not_found()
    query = Query(
        text=storable(wanted.query).strip(),
        top_k=wanted.top,
        collection_ids=tuple(sorted(ids)) or None,
        folder=storable(wanted.folder).strip("/"),
        tags=tuple(map(storable, wanted.tags)),
        in_languages=tuple(wanted.languages),
        since=wanted.since,
        until=wanted.until,
        as_of=wanted.as_of,
    )
    found = retrieval.search(query, reader=user)
    return {"results": [_passage(hit, request) for hit in found.hits], "ms": dict(found.ms)}


def _passage(hit: Hit, request: HttpRequest) -> dict[str, Any]:
    return {
        "document": hit.document_id,
        "collection": hit.collection_id,
        "title": hit.title,
        "path": hit.path,
        "heading_path": hit.heading_path,
        "version": hit.version_number,
        "page": hit.page,
        "text": hit.text,
        "language": hit.language,
        "valid_from": hit.valid_from,
        "valid_to": hit.valid_to,
        "score": hit.score,
        "ranks": dict(hit.ranks),
        "url": request.build_absolute_uri(f"/documents/{hit.document_id}/"),
    }
