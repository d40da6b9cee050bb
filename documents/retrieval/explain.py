"""Why a person finds what they find: every candidate with its fate, and what never became one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from documents.access import readable_documents, scope_of
from documents.retrieval.readable import readable_in
from documents.retrieval.search import search
from documents.retrieval.types import Fate, Filters, Hit, Query, Results
from ragapp.accounts.models import User

LEFT_OUT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A passage that the viewer may read, and its place among all candidates, from 1; None for what was left out."""

    hit: Hit
    place: int | None
    beside: int | None = None  # the place of the candidate that it was joined with, or that it repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What `as_user` gets. `withheld`: candidates of documents that the viewer may not read; nothing else of them."""

    results: Results
    candidates: tuple[Candidate, ...]
    left_out: tuple[Candidate, ...]
    withheld: int


def explain(query: Query, *, as_user: User, viewer: User, counts_others: bool = True) -> Explained:
    """Search as `as_user`, shown to `viewer`: text follows the rights of both.

    Without `counts_others` what `viewer` may not read is not there at all, in no count and no place.
    """
    also = None if counts_others else viewer
    results = search(query, reader=as_user, and_by=also)
    places = {hit.chunk_id: place for place, hit in enumerate(results.considered, start=1)}
    left_out = _left_out(query, results, as_user, also)
    documents = {hit.document_id for hit in (*results.considered, *left_out)}
    open_ids = set(readable_documents(viewer).filter(pk__in=documents).values_list("pk", flat=True))
    candidates = tuple(
        Candidate(hit=hit, place=places[hit.chunk_id], beside=places.get(hit.beside) if hit.beside else None)
        for hit in results.considered
        if hit.document_id in open_ids
    )
    return Explained(
        results=results,
        candidates=candidates,
        left_out=tuple(Candidate(hit=hit, place=None) for hit in left_out if hit.document_id in open_ids),
        withheld=len(results.considered) - len(candidates),
    )


def _left_out(query: Query, results: Results, as_user: User, also: User | None) -> list[Hit]:
    """What would have been found without filters and among all versions, and is no candidate."""
    wide = Query(
        text=query.text,
        top_k=query.top_k,
        index_version_id=query.index_version_id,
        languages=query.languages,
        every_version=True,
    )
    known = {hit.chunk_id for hit in results.considered}
    others = [hit for hit in search(wide, reader=as_user, and_by=also).considered if hit.chunk_id not in known]
    answering = readable_in(scope_of(as_user), Filters(as_of=query.as_of))
    current = answering.among({hit.version_id for hit in others}) if answering else set()
    return [
        replace(hit, fate=Fate.FILTERED if hit.version_id in current else Fate.SUPERSEDED, beside=None)
        for hit in others
        # Of what answers and passes every filter, only what was not near enough is left: it says nothing.
        if hit.version_id not in current or _is_narrowed(query)
    ][:LEFT_OUT]


def _is_narrowed(query: Query) -> bool:
    return bool(query.collection_ids is not None or query.folder or query.tags or query.needs_version)
