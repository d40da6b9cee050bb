"""How well a sentence answers a question: features, all between 0 and 1, and one weighted sum.

The same features serve the choice of sentences (extract), the decision whether they suffice (decide) and the check of
what a model wrote. No model of language is asked beyond the embedding.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from documents.retrieval.analyse import analyse, analyse_query
from documents.retrieval.stopwords import STOPWORDS
from documents.retrieval.types import Hit
from documents.retrieval.wordings import Wording, met, met_in_compounds, named_periods, periods, wordings_of

Vector = NDArray[np.float32]
# Sentences whose lexemes are kept, since the same passages answer again and again: some 20 MB.
ANALYSED = 16_384
# Questions that are kept taken apart: each stage of an answer asks for the same one.
QUESTIONS = 128

# What a sentence loses whose passage, and its document, lack the names, years and periods that another has.
NAMES_COST = 3.0

FEATURES = (
    "coverage",  # share of the question's weight (IDF) that stands in the sentence
    "bm25",  # the sentence's BM25, as a share of the best candidate's
    "dense",  # cosine of question and sentence
    "dense_share",  # the same as a share of the best candidate's
    "around",  # share of the question's weight that stands around it: heading, title, sentence before
    "passage",  # how high its passage was ranked
    "type",  # has what the question asks for: a number, a date, a name
    "pairs",  # neighbouring words of the question that stand close together in it
    "novelty",  # says something that the question did not
    "names",  # names and numbers of the question that stand in the sentence
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence, table row or list item of a passage, with the words around it."""

    text: str
    around: str
    passage_rank: int  # from 0
    passage_score: float  # fused score as a share of the best passage's
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question taken apart once."""

    text: str
    lexemes: Counter[str]
    order: tuple[str, ...]
    names: frozenset[str]
    wants: frozenset[str]
    wordings: tuple[Wording, ...] = ()
    language: str = ""

    def met_in(self, lexemes: frozenset[str]) -> frozenset[str]:
        """`lexemes`, and those of the question that they say in other words or as a part of a longer one."""
        there = met(self.wordings, lexemes) if self.wordings else lexemes
        if inside := met_in_compounds(self.lexemes.keys() - there, lexemes, self.language):
            there |= inside
        return there


def weights_of(asked: Asked, texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each lexeme of the question tells: its inverse document frequency within the candidates.

    What all candidates share tells nothing about which of them answers; what none of them has weighs most.
    """
    counts = Counter(lexeme for lexemes in texts for lexeme in lexemes if lexeme in asked.lexemes)
    total = len(texts)
    return {lexeme: math.log(1 + (total - counts[lexeme] + 0.5) / (counts[lexeme] + 0.5)) for lexeme in asked.lexemes}


# --- the kind of answer that is asked for ----------------------------------------------------------------

_WANTS: tuple[tuple[str, str], ...] = (
    ("number", r"\bhow (many|much|long|far|often|fast|high|big|large|old|tall|deep|heavy|expensive|wide|accurate)\b"),
    ("number", r"\b(wie ?viele?[rsn]?|wie (lange?|oft|hoch|gro(ß|ss)|weit|schnell|teuer|alt|schwer)|wieviel)\b"),
    ("number", r"\b(what|which) (is the )?(\w+ ){0,3}(number|percent(age)?|amount|price|cost|rate|maximum|minimum|"
               r"limit|score|salary|fee|budget|factor|length|discount|premium|population)\b"),
    ("number", r"\b(wie heißt die nummer|welche[rs]? (\w+ )?(nummer|betrag|anzahl|preis|frist|höhe))\b"),
    ("number", r"\b(combien|cuánt[oa]s?|quanto|quanti|quante)\b|多少|几"),
    ("date", r"\b(when|until when|what (year|day|date|time|month|century)|(in|on|by|from) (which|what) (year|day|date|"
             r"month|time))\b"),
    ("date", r"\b(wann|bis wann|seit wann|ab wann|an welchem tag|in welchem jahr|quand|cuándo|quando)\b"),
    ("date", r"什么时候|哪一年"),
    ("name", r"\b(who|whom|whose|wer|wem|wen|wessen|quién|chi)\b|谁"),
    ("place", r"\b(where|wo|wohin|dónde|où|dove)\b|哪里"),
)  # fmt: skip
_WANTED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _WANTS)

_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty ninety "
    "hundred thousand million billion half quarter once twice double triple first second third dozen "
    "ein eine einen zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig hundert tausend halbe "
    "halben halber hälfte einmal zweimal dreimal"
)
_NUMBER = re.compile(rf"\d|\b({'|'.join(_NUMBER_WORDS.split())})\b", re.IGNORECASE)
_MONTH = (
    "january february march april may june july august september october november december januar februar märz mai "
    "juni juli oktober dezember monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch "
    "donnerstag freitag samstag sonntag"
)
_DAYS_AND_MONTHS = frozenset(_MONTH.split())
_DATE = re.compile(
    rf"\b(1[0-9]{{3}}|20[0-9]{{2}})\b|\b({'|'.join(_MONTH.split())})s?\b|\b\d{{1,2}}[:.]\d{{2}}\b|"
    r"\b\d{1,2}(st|nd|rd|th)\b|\b(century|morning|midnight|noon|jahrhundert|days?|weeks?|months?|years?|hours?)\b|[年月日]",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_CAPITALISED = re.compile(r"\b[A-ZÄÖÜ][\w’'-]+")


def ask(question: str, languages: Sequence[str]) -> Asked:
    """The question's lexemes, names and numbers, and the kinds of answer it wants."""
    return _ask(question, tuple(languages))


@lru_cache(maxsize=QUESTIONS)
def _ask(question: str, languages: tuple[str, ...]) -> Asked:
    lexemes = analyse_query(question, languages)
    language = languages[0] if languages else ""
    order = tuple(lexeme for lexeme in analyse(question, language) if lexeme in lexemes)
    return Asked(
        text=question,
        lexemes=lexemes,
        order=order,
        names=names_in(question, language).union(*(period.said & lexemes.keys() for period in periods(question))),
        wants=frozenset(kind for kind, pattern in _WANTED if pattern.search(question)),
        wordings=wordings_of(question, languages),
        language=language,
    )


# "I", and what questions begin with in the middle of a text.
_NO_NAMES = frozenset(lexeme for word in STOPWORDS["en"] for lexeme in analyse(word, "en"))


def share_of_names(asked: Asked, text: str, language: str, known: frozenset[str] = frozenset()) -> float:
    """Of the question's names and numbers, the share that `text` has or that is `known`; 1 where there are none."""
    if not asked.names:
        return 1.0
    return len(asked.names & asked.met_in(_lexemes_in(text, language) | known)) / len(asked.names)


def share_about(asked: Asked, hit: Hit) -> float:
    """Of the question's names, the share that a passage or what stands above it has; less where the file or the title
    names another quarter or another year."""
    above = f"{hit.title} {hit.path}"
    share = share_of_names(asked, f"{above} {hit.text}", hit.language, hit.found_by)
    if _is_other(named_periods(asked.text), named_periods(above)):
        return 0.0
    return share / 2 if _is_other(frozenset(_YEAR.findall(asked.text)), frozenset(_YEAR.findall(above))) else share


def _is_other(asked: frozenset[str], there: frozenset[str]) -> bool:
    return bool(asked and there) and not asked & there


def of_document(found_by: frozenset[str], text: str, language: str) -> frozenset[str]:
    """Of the lexemes that a passage is found by, those that stand above it and not in its text: whose, of when."""
    return found_by - _lexemes_in(text, language)


def names_in(text: str, language: str) -> frozenset[str]:
    """Lexemes of capitalised words after the first, and of everything with a digit."""
    words = re.findall(r"\S+", text)
    chosen = [
        word
        for place, word in enumerate(words)
        if any(map(str.isdigit, word)) or (place > 0 and word[:1].isupper() and language != "de")
    ]
    return frozenset(lexeme for word in chosen for lexeme in analyse(word, language)) - _NO_NAMES


def proper_names(text: str, language: str) -> frozenset[str]:
    """Lexemes of names in `text`: capitalised words but the first, days and months; none where most words are."""
    words = re.findall(r"[^\W\d_]+", text)
    large = [word for word in words[1:] if word[0].isupper() and word.casefold() not in _DAYS_AND_MONTHS]
    if language == "de" or 2 * len(large) >= len(words):
        return frozenset()
    return frozenset(lexeme for word in large for lexeme in analyse(word, language) if len(lexeme) > 1) - _NO_NAMES


def has_wanted(asked: Asked, text: str) -> float:
    """1 if `text` has a number, date or name as asked for, one half if the question asks for none of these."""
    if not asked.wants:
        return 0.5
    return max(_has_kind(kind, asked.text, text) for kind in asked.wants)


def _has_kind(kind: str, question: str, text: str) -> float:
    if kind == "number":
        said = set(re.findall(r"\d[\d.,]*", question))
        rest = [number for number in re.findall(r"\d[\d.,]*", text) if number not in said]
        return 1.0 if rest else 0.8 * bool(_NUMBER.search(text))
    if kind == "date":
        return float(bool(_DATE.search(text)))
    asked_names = set(_CAPITALISED.findall(question))
    fresh = [word for word in _CAPITALISED.findall(text[1:]) if word not in asked_names]
    return 1.0 if fresh else 0.0


# --- features --------------------------------------------------------------------------------------------


def promise(asked: Asked, candidates: Sequence[Candidate]) -> tuple[NDArray[np.float64], float]:
    """How promising each candidate is by its words and its passage alone; and the largest coverage among them."""
    sets = [asked.met_in(_lexemes_in(candidate.text, candidate.language)) for candidate in candidates]
    weights = weights_of(asked, sets)
    total = sum(weights.values()) or 1.0
    promising, most = [], 0.0
    for here, candidate in zip(sets, candidates, strict=True):
        coverage = sum(weights[lexeme] for lexeme in weights.keys() & here) / total
        most = max(most, coverage)
        near = weights.keys() & asked.met_in(_lexemes_in(candidate.around, candidate.language)) - here
        around = sum(weights[lexeme] for lexeme in near) / total
        promising.append(3 * coverage + 2 * around + 3 * candidate.passage_score + has_wanted(asked, candidate.text))
    return np.array(promising), most


def features(asked: Asked, candidates: Sequence[Candidate], dense: Sequence[float]) -> NDArray[np.float64]:
    """One row per candidate, in the order of FEATURES. `dense`: cosine of the question with each candidate."""
    sequences = [_analysed(candidate.text, candidate.language) for candidate in candidates]
    sets = [asked.met_in(_lexemes_in(candidate.text, candidate.language)) for candidate in candidates]
    weights = weights_of(asked, sets)
    total = sum(weights.values()) or 1.0
    average = sum(map(len, sequences)) / max(1, len(sequences))
    bm25 = np.array([_bm25(weights, sequence, average) for sequence in sequences])
    cosines = np.clip(np.asarray(dense, dtype=np.float64), 0.0, 1.0)
    best_bm25, best_cosine = max(bm25.max(initial=0.0), 1e-9), max(cosines.max(initial=0.0), 1e-9)
    rows = []
    for place, candidate in enumerate(candidates):
        here = sets[place]
        around = asked.met_in(_lexemes_in(candidate.around, candidate.language))
        rows.append(
            (
                sum(weight for lexeme, weight in weights.items() if lexeme in here) / total,
                bm25[place] / best_bm25,
                cosines[place],
                cosines[place] / best_cosine,
                sum(weight for lexeme, weight in weights.items() if lexeme in around and lexeme not in here) / total,
                candidate.passage_score,
                has_wanted(asked, candidate.text),
                _pairs(asked.order, sequences[place]),
                1 - math.exp(-len(here - set(asked.lexemes)) / 6),
                len(asked.names & here) / len(asked.names) if asked.names else 0.5,
            )
        )
    return np.array(rows, dtype=np.float64).reshape(len(candidates), len(FEATURES))


@lru_cache(maxsize=ANALYSED)
def _analysed(text: str, language: str) -> tuple[str, ...]:
    return tuple(analyse(text, language))


@lru_cache(maxsize=ANALYSED)
def _lexemes_in(text: str, language: str) -> frozenset[str]:
    return frozenset(_analysed(text, language))


def _bm25(weights: Mapping[str, float], sequence: Sequence[str], average: float) -> float:
    counts = Counter(sequence)
    norm = 1.2 * (0.25 + 0.75 * len(sequence) / (average or 1.0))
    return sum(
        weight * counts[lexeme] * 2.2 / (counts[lexeme] + norm)
        for lexeme, weight in weights.items()
        if lexeme in counts
    )


def _pairs(order: Sequence[str], sequence: Sequence[str]) -> float:
    """Share of the question's neighbouring lexemes that stand within four places of each other."""
    wanted = list(pairwise(order))
    if not wanted:
        return 0.0
    places: dict[str, list[int]] = {}
    for place, lexeme in enumerate(sequence):
        places.setdefault(lexeme, []).append(place)
    close = sum(
        any(abs(a - b) <= 4 for a in places.get(first, ()) for b in places.get(second, ())) for first, second in wanted
    )
    return close / len(wanted)
