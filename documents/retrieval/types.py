"""The values that travel between retrieval and those who ask it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to look for. `languages` are ISO 639-1 codes of the asker; the corpus' own are added."""

    text: str
    top_k: int = 10
    collection_id: int | None = None
    index_version_id: int | None = None  # None: the live one
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that the reader may see, and why it is here. `start` and `end` are spans of the extraction's text."""

    chunk_id: int
    document_id: UUID
    version_id: int
    version_number: int
    extraction_id: int
    collection_id: int
    collection: str
    title: str
    path: str
    heading_path: str
    text: str
    start: int
    end: int
    page: int | None
    valid_from: date | None
    language: str
    score: float
    ranks: Mapping[str, int] = field(default_factory=dict)  # {"dense": 2, "lexical": 11}, from 1
    scores: Mapping[str, float] = field(default_factory=dict)  # {"dense": cosine, "lexical": BM25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """`hits`, best first, at most `Query.top_k`; `considered` also holds those cut, for the trace."""

    hits: tuple[Hit, ...]
    considered: tuple[Hit, ...]
    index_version_id: int
    readable_chunks: int
    ms: Mapping[str, float]
