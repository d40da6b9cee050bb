"""The values that travel between the stages of an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from chat.guardrails.policy import Policy, Side
from chat.releases.settings import AnswerSettings
from documents.retrieval.pieces import Kind
from documents.retrieval.types import Hit
from ragapp.accounts.models import User
from ragapp.llm.types import Caller

# The same question of the same sources gets the same words where the provider honours a seed.
SEED = 20260401

Status = Literal["answered", "caveat", "conflict", "not_found", "blocked", "failed"]
Reason = Literal[
    "answers",  # the passages answer the question
    "in_part",  # they may answer it only in part
    "unsupported",  # a language model answered, and no sentence of it has support in what it cites
    "compared",  # what the question compares is shown side by side
    "versions",  # two versions say different things
    "nothing_found",  # no passage was found
    "too_far",  # the nearest passages have too little in common with the question
    "names_missing",  # they do not have its names and codes
    "model_found_none",  # a language model read them and found no answer
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An earlier question of the conversation, as it was understood, and what it led to."""

    question: str
    answer: str = ""
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be answered, for whom, and by which release."""

    answer_id: UUID
    question: str
    reader_id: int
    token_id: int | None  # of the program that asked
    collection_id: int | None
    history: tuple[Exchange, ...]
    language: str
    today: date
    release_id: int
    index_version_id: int | None
    prompts: Mapping[str, str]
    route: Mapping[str, Any]
    settings: AnswerSettings
    policy: Policy
    # Files attached to the conversation; they are searched beside everything else.
    private_collection_id: int | None = None
    # Tried out for the site: nothing kept is given, nothing is kept to be given, and no person's budget is charged.
    is_trial: bool = False
    # The documents answer as they held on this day; None: as they hold now.
    as_of: date | None = None
    # The person, where they were read already.
    reader: User | None = field(default=None, compare=False, repr=False)
    # Neither asked for anew nor by an evaluation: what was answered before may do.
    may_reuse: bool = False

    @property
    def asker(self) -> User:
        """The person; what they may read is asked of the database each time, whenever this was read."""
        return self.reader or User.objects.get(pk=self.reader_id)

    @property
    def caller(self) -> Caller:
        """On whose budget models are asked."""
        if self.is_trial:
            return Caller(answer_id=self.answer_id)
        return Caller(user_id=self.reader_id, token_id=self.token_id, answer_id=self.answer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a guard found and what was done. `refusal` is a sentence for the reader, empty when it lets pass.

    `reason` names what was found and never quotes it. `side`: where it looked.
    """

    guard: str
    verdict: Literal["pass", "log", "warn", "mask", "block"]
    reason: str = ""
    side: Side = "question"
    times: int = 1
    refusal: str = ""

    def as_json(self) -> dict[str, Any]:
        """As an answer keeps it."""
        return {name: getattr(self, name) for name in ("guard", "side", "verdict", "reason", "times")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sentence, table row or list item of a hit, and how well it answers. `start`, `end` as in the extraction."""

    hit: int  # place of the hit in the results, from 0
    start: int
    end: int
    text: str
    kind: Kind
    around: str
    lead_in: str = ""  # the sentence that introduces the list
    embedded: str = ""  # the words that its vector is made of
    names: float = 1.0  # share of the question's names and numbers in it or in what stands around it
    score: float = 0.0
    dense: float = 0.0
    vector: Any = field(default=None, compare=False, repr=False)  # of the packaged model, shape (d,)
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a question compares: for each side its own question and what answers it, best first; or rows in order."""

    sides: Sequence[tuple[str, Sequence[Evidence]]] = ()
    rows: Sequence[Evidence] = ()


NOTHING_COMPARED = Compared()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether the hits answer the question. `sufficiency` is a probability; `reason` and `features` say why."""

    status: Status
    sufficiency: float
    reason: Reason = "answers"
    # Of a refused question: the words that stand in none of the passages.
    missing: tuple[str, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    # Of two versions that disagree: the hit that is followed, and the one that is not.
    followed: int | None = None
    set_aside: int | None = None
    # Hits of the version that is not followed: they say nothing in the answer itself.
    ignored: frozenset[int] = frozenset()
    # Of a question that compares: what is shown side by side.
    compared: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence of the answer with the markers that stand in it. `support` runs from 0 to 1."""

    text: str
    markers: tuple[int, ...] = ()
    support: float | None = None
    is_supported: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the model's provider reported. None: not reported, or the price is not known."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: Decimal | None = None
    price: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The answer's text before it is cited. Marker n stands for hit `markers[n]`."""

    text: str
    markers: Mapping[int, int] = field(default_factory=dict)
    # By marker, the span that is quoted; known where the text is made of the documents' own sentences.
    quotes: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    model: str = "extractive"
    spent: Spent = field(default_factory=Spent)
    prompt: Sequence[Mapping[str, str]] = ()
    # Places of the hits that stood in the prompt; the others did not fit.
    told: frozenset[int] = frozenset()
    fallback_step: int = 0
    notice: str = ""
    says_not_found: bool = False
    is_stopped: bool = False
    # A guard took it back: the documents' own sentences stand in.
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A marker with its passage and, in it, the words that support the sentence (spans of the extraction)."""

    marker: int
    hit: Hit
    quote_start: int
    quote_end: int
    quote: str
    is_support: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The two messages, and which hit each source number stands for."""

    system: str
    user: str
    markers: Mapping[int, int]
