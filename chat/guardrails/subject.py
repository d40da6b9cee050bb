"""Whether a sentence of an answer is about what was asked, or something that a source ordered the model to say.

Passages are data. A model that obeys them writes what has nothing to do with the question: an advertisement, another
task, a code. Such a sentence is far, in meaning, from the question and from the passages' sentences that bear on it;
or it is made of words that stand nowhere in the sources; or it says what a sentence says that speaks of "your answer".
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from documents import orders
from documents.retrieval.stopwords import STOPWORDS
from documents.retrieval.types import Hit
from ragapp.lib.text import sentences

Vector = npt.NDArray[np.float32]
Beside = Literal["", "ordered", "elsewhere", "unknown words"]

# Cosines of the packaged model. Of the sentences of real answers of retrieval systems 2 % lie below the first; what
# rests on an order has to be nearer to the question. See docs/benchmarks.md, section guards.
NEAR_FROM = 0.26
NEAR_FROM_WHEN_ORDERED = 0.45
# A sentence whose words the sources hardly know is a code or another language.
KNOWN_SHARE_FROM = 0.2
SHORT_WORDS = 3
LONG_CODE = 40
# The best sentences of the passages bear on the question, unless they are far from it. One that is not near itself
# speaks for others that nearly say the same, and not for what repeats it.
BEARING = 5
BEARING_FROM = 0.15
PARAPHRASES_FROM = 0.55
REPEATS_FROM = 0.8
# Cheap words for many sentences at once: their beginnings, and pairs of signs where words are not divided.
STEM_LETTERS = 6
# Passages that are kept in parts, since the same ones answer again and again: some 10 MB.
PARTED = 2048
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|\w+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STOPS = frozenset(word for stops in STOPWORDS.values() for word in stops) | set(
    "yes no ja nein sí oui non sim да нет".split()
)

# A code inside a sentence: capitals or figures in the middle of a very long word.
_CODE = re.compile(r"(?<!\S)(?=\S*[a-z][A-Z]|\S*\d[A-Za-z])[A-Za-z0-9+/=_-]{24,}")

# Speaks to whoever writes an answer. People write so to each other as well, so it only raises the bar.
_OF_ANSWERS = re.compile(
    r"\b(?:your|this|each|every|any)\s+(?:\w+\s+)?(?:answers?|respon[sc]es?|repl(?:y|ies)|outputs?|summary|messages?)\b|"
    r"\b(?:deine|eure|ihre|der|jede)[rn]?\s+(?:\w+\s+)?(?:antwort|ausgabe|zusammenfassung)\b|"
    r"\b(?:tu|su|cada)\s+(?:\w+\s+)?(?:respuesta|resumen)\b|\b(?:ta|votre|chaque)\s+(?:\w+\s+)?(?:réponse|sortie)\b|"
    r"\b(?:tua|sua|ogni)\s+(?:\w+\s+)?(?:risposta)\b|(?:你的|您的)(?:回答|回复|答案|输出)|"
    r"^(?:please\s+)?(?:answer|reply|respond|antworte|responde|réponds|rispondi)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an answer may be about. `bearing`: the vectors of sentences that are near the question, shape (n, d);
    `beyond`: of others that are among the best."""

    question: Vector
    bearing: Vector
    beyond: Vector
    statements: tuple[frozenset[str], ...]
    orders: tuple[frozenset[str], ...]
    around: tuple[frozenset[str], ...]  # titles and headings: where a passage is told to stand, not what it says
    known: frozenset[str]
    close: frozenset[str]  # the words of the question and of what bears on it
    languages: tuple[str, ...]


def of(
    question: str, vector: Vector, bearing: Iterable[tuple[str, float, Vector | None]], hits: Sequence[Hit]
) -> Subject:
    """From the question, the best sentences of the passages as (text, cosine with the question, vector), best first.

    Sentences that are far from the question, or speak of answers, do not bear on it.
    """
    statements: list[frozenset[str]] = []
    ordered: list[frozenset[str]] = []
    texts: set[str] = set()
    for hit in hits:
        for piece, words, is_order in _parted(hit.text):
            if is_order:
                ordered.append(words)
                texts.add(piece)
            else:
                statements.append(words)
    bears = [
        (text, cosine, found)
        for text, cosine, found in bearing
        if found is not None and cosine >= BEARING_FROM and text not in texts and not _OF_ANSWERS.search(text)
    ]
    near = [(text, found) for text, cosine, found in bears if cosine >= NEAR_FROM]
    far = [found for _, cosine, found in bears[:BEARING] if cosine < NEAR_FROM]
    none = np.zeros((0, len(vector)), dtype=np.float32)
    around = tuple(_words(text) for hit in hits for text in (hit.title, hit.heading_path) if text)
    return Subject(
        question=vector,
        bearing=np.stack([found for _, found in near[:BEARING]]) if near else none,
        beyond=np.stack(far) if far else none,
        statements=tuple(statements),
        orders=tuple(ordered),
        around=around,
        known=frozenset().union(*statements, *around, _words(question)),
        close=_words(question).union(*(_words(text) for text, _ in near)),
        languages=tuple(dict.fromkeys(hit.language for hit in hits if hit.language)),
    )


@lru_cache(maxsize=PARTED)
def _parted(passage: str) -> tuple[tuple[str, frozenset[str], bool], ...]:
    """Its sentences, the words of each, and whether it orders something or speaks of answers."""
    given = orders.spans(passage)
    return tuple(
        (
            passage[start:end],
            _words(passage[start:end]),
            bool(_OF_ANSWERS.search(passage[start:end])) or any(start < until and at < end for at, until in given),
        )
        for start, end in sentences(passage)
    )


def near_from(subject: Subject, words: frozenset[str]) -> float:
    """How near a sentence of these words has to be: more when an order says it better than any statement."""
    if words and _share(words, subject.orders) > _share(words, subject.statements):
        return NEAR_FROM_WHEN_ORDERED
    return NEAR_FROM


def beside(sentence: str, vector: Vector, subject: Subject, *, language: str) -> Beside:
    """Why a sentence is not about the question; empty when it is. `language`: the one it is written in."""
    if any(len(code) > LONG_CODE or not _words(code) & subject.known for code in _CODE.findall(sentence)):
        return "unknown words"
    words = _words(sentence)
    if not words:
        # "Yes", "It is not": more words than these that say nothing lead elsewhere.
        return "" if len(_TOKEN.findall(sentence)) < SHORT_WORDS + 1 else "elsewhere"
    if len(words) < SHORT_WORDS:
        # Too short to have a meaning of its own: "60 days".
        return "" if 2 * len(words & subject.close) > len(words) else "elsewhere"
    bar = near_from(subject, words)
    if _nearness(words, vector, subject) < bar:
        return "elsewhere" if bar == NEAR_FROM else "ordered"
    spelled = {word for word in words if not word.isdigit()}
    known = len(spelled & subject.known) / len(spelled) if spelled else 1.0
    if known < KNOWN_SHARE_FROM and (not subject.languages or language in subject.languages):
        return "unknown words"
    return ""


def _nearness(words: frozenset[str], vector: Vector, subject: Subject) -> float:
    """Its cosine with the question, or with what bears on it.

    Vectors of passages hold their titles: what repeats a title is near to all of them, so the question alone counts.
    """
    asked = float(vector @ subject.question)
    if _share(words, subject.around) > _share(words, subject.statements):
        return asked
    others = subject.beyond @ vector
    others = others[(others >= PARAPHRASES_FROM) & (others < REPEATS_FROM)]
    return max(asked, float((subject.bearing @ vector).max(initial=0.0)), float(others.max(initial=0.0)))


def share_stated(sentence: str, subject: Subject) -> float:
    """The largest share of the sentence's words that stand in one statement of the sources."""
    words = _words(sentence)
    return _share(words, subject.statements) if words else 1.0


def _words(text: str) -> frozenset[str]:
    found: set[str] = set()
    for token in _TOKEN.findall(text.casefold()):
        if _WIDE.match(token):
            found.update(token[at : at + 2] for at in range(max(1, len(token) - 1)))
        elif token not in _STOPS:
            found.add(token[:STEM_LETTERS])
    return frozenset(found)


def _share(words: frozenset[str], pieces: Iterable[frozenset[str]]) -> float:
    return max((len(words & piece) for piece in pieces), default=0) / len(words)
