"""What a release says about finding and deciding, read from its JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

# Fitted on half of XQuAD (English) by a softmax over the candidates of each question, see docs/benchmarks.md.
SENTENCE_WEIGHTS: Mapping[str, float] = {
    "coverage": 3.1,
    "bm25": 1.8,
    "dense": 1.9,
    "dense_share": 2.3,
    "around": 2.1,
    "passage": 4.4,
    "type": 2.0,
    "pairs": 0.7,
    "novelty": 0.3,
    "names": 0.0,
}
# Fitted on the same half by `manage.py fit_sufficiency --leave-out document passage`: questions whose document, and
# questions whose passage alone was left out, beside those that are answered.
SUFFICIENCY_WEIGHTS: Mapping[str, float] = {
    "bias": -6.5,
    "dense": 5.76,
    "rest": 3.69,
    "score": 3.16,
}
# Between the bar and this lie 2 of 100 answerable questions of XQuAD, and a quarter of the near misses let through.
CAVEAT_BELOW = 0.4
# Four times an ordinary passage.
SECTION_TOKENS = 1000
REUSE = ("off", "exact", "semantic")
# On XQuAD the same sentences come first as with twice as many, which cost most of the time to the first word.
EMBEDDED_SENTENCES = 12


class ReleaseInvalid(Exception):
    """A release's settings name something that this version of the software does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSettings:
    """A setting that an old release does not name keeps its default: new ones must default to the old behaviour."""

    top_k: int = 8
    candidate_sentences: int = 24
    # Of these, as many are compared by meaning: those with the question's words, in the best passages.
    embedded_sentences: int = 24
    answer_sentences: int = 4
    # Sentences after the first are shown while their score is at most this much below it.
    sentence_margin: float = 3.0
    row_margin: float = 1.5
    sentence_weights: Mapping[str, float] = field(default_factory=lambda: dict(SENTENCE_WEIGHTS))
    sufficiency_weights: Mapping[str, float] = field(default_factory=lambda: dict(SUFFICIENCY_WEIGHTS))
    # Below `refuse_below` the documents do not answer; below `refuse_below_with_model` no model is asked either.
    refuse_below: float = 0.33
    refuse_below_with_model: float = 0.1
    # Below this the documents' own sentences are shown with a word of caution; releases before it had none.
    caveat_below: float = 0.0
    supported_from: float = 0.45
    nearest_shown: int = 3
    history_turns: int = 3
    # A model is shown the whole sections of the passages found, for which it has that many tokens; 0: the passages.
    section_tokens: int = 0
    # Whether an answer is given again to the same question: "off", "exact" or, also in other words, "semantic".
    reuse: str = "off"
    # Cosine of two questions from which they are compared word by word.
    reuse_from: float = 0.8
    # Share of the answers given again that are made anew in the background and compared.
    reuse_compared: float = 0.05


def read(retrieval: Mapping[str, Any]) -> AnswerSettings:
    """The settings in a release's JSON. Raises ReleaseInvalid for what it does not know."""
    unknown = set(retrieval) - {known.name for known in fields(AnswerSettings)}
    if unknown:
        raise ReleaseInvalid(f"Unknown settings: {', '.join(sorted(unknown))}")
    read = AnswerSettings(**retrieval)
    if read.reuse not in REUSE:
        raise ReleaseInvalid(f"reuse is one of {', '.join(REUSE)}")
    return read


def shipped() -> dict[str, Any]:
    """The settings of the release that comes with this version, all of them written out."""
    return asdict(
        AnswerSettings(
            caveat_below=CAVEAT_BELOW,
            embedded_sentences=EMBEDDED_SENTENCES,
            reuse="semantic",
            section_tokens=SECTION_TOKENS,
        )
    )


def usual() -> dict[str, Any]:
    """What a release that names nothing means."""
    return asdict(AnswerSettings())
