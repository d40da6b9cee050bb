"""The values that travel between retrieval and those who ask it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

# How many passages a question brings where nobody says otherwise.
TOP_K = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Where to look, beside the asker's rights. A document passes when every filter that is set lets it through."""

    collection_ids: tuple[int, ...] | None = None
    folder: str = ""  # the beginning of the path, whole names of folders
    tags: tuple[str, ...] = ()  # it has all of them
    in_languages: tuple[str, ...] = ()  # it is in one of them, ISO 639-1
    since: date | None = None  # its version holds from this day on or later; the upload counts where it says nothing
    until: date | None = None  # its version holds from this day on or earlier
    as_of: date | None = None  # the version that held on this day answers; None: the current one
    every_version: bool = False  # every version up to the current one answers; to explain what is left out

    @property
    def lets_all_through(self) -> bool:
        """Whether the current version of every document in the collections passes."""
        return not (self.folder or self.tags or self.needs_version or self.as_of or self.every_version)

    @property
    def needs_version(self) -> bool:
        """Whether the versions must be looked at to tell what passes."""
        return bool(self.in_languages) or self.since is not None or self.until is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(Filters):
    """What to look for. `languages` are ISO 639-1 codes of the asker; the corpus' own are added."""

    text: str
    top_k: int = TOP_K
    private_collection_id: int | None = None  # files attached to where the question is asked; searched beside the rest
    # How much text around the hits may be added to them, in tokens, all hits together.
    widen_tokens: int = 0
    index_version_id: int | None = None  # None: the live one
    languages: tuple[str, ...] = ()


class Fate(StrEnum):
    """What became of a passage that was considered."""

    KEPT = "kept"
    JOINED = "joined"  # shown together with its neighbour
    REPEATS = "repeats"  # says the same as another
    CROWDED = "crowded"  # its document has enough passages, and others are as near
    BELOW = "below"  # enough others are better
    # Only when search is explained: what was never a candidate for this question.
    FILTERED = "filtered"  # a filter leaves it out
    SUPERSEDED = "superseded"  # another version of its document answers


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
    valid_to: date | None = None
    is_current: bool = True  # the version that answers questions when no day is named
    ranks: Mapping[str, int] = field(default_factory=dict)  # {"dense": 2, "lexical": 11}, from 1
    scores: Mapping[str, float] = field(default_factory=dict)  # {"dense": cosine, "lexical": BM25, "fused", "rerank"}
    # Of the question's lexemes and its other wordings, those that the passage is found by: in it, or in what says which
    # document it is from.
    found_by: frozenset[str] = frozenset()
    fate: Fate = Fate.KEPT
    beside: int | None = None  # the chunk that it was joined with, or that it repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """`hits`, best first, at most `Query.top_k`; `considered` also holds those cut, each with its fate.

    `readable_chunks` may be half a minute old, and is counted up to the limit of exact search only.
    """

    hits: tuple[Hit, ...]
    considered: tuple[Hit, ...]
    index_version_id: int
    readable_chunks: int
    dense_weight: float = 0.0  # the share of meaning in the fused score, by the question's language
    ms: Mapping[str, float]
