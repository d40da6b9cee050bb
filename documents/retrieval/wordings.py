"""Other words for the same thing: people ask for the CEO, and documents name the chief executive.

Abbreviations and words of offices that an embedding model does not bring together stand in `other_words`, a file for
each language: a line holds wordings that stand for each other, in either direction; general words only, none of one
company. What is written large there has to be so in a question too: "US" is no "us". Periods ("Q2 2025", "the second
quarter of 2025") follow a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from documents.retrieval.analyse import analyse
from documents.retrieval.stopwords import STOPWORDS

_LANGUAGES = frozenset({"de", "en", "es", "fr"})
_FOLDER = Path(__file__).parent / "other_words"
_ORDINALS = {"en": ("first", "second", "third", "fourth"), "de": ("ersten", "zweiten", "dritten", "vierten")}
_SPELLED = re.compile(
    r"\b(first|second|third|fourth|erste[ns]?|zweite[ns]?|dritte[ns]?|vierte[ns]?)[ -]"
    r"(quarter|quartal|half|halbjahr)\b",
    re.IGNORECASE,
)
_NUMBERS = {"firs": 1, "seco": 2, "thir": 3, "four": 4, "erst": 1, "zwei": 2, "drit": 3, "vier": 4}
_KINDS = {"quar": "q", "half": "h", "halb": "h"}
_PARTS = {"q": {"en": "quarter", "de": "quartal"}, "h": {"en": "half", "de": "halbjahr"}}
_PERIOD = re.compile(
    r"\b(?:(?P<kind>q(?=[1-4])|h(?=[12]))(?P<number>[1-4])|(?P<number_first>[1-4])(?P<kind_last>(?<=[1-4])q|(?<=[12])h)|fy)"
    r"(?:[ /'’-]{0,2}(?P<year>(?:20)?\d\d))?\b",
    re.IGNORECASE,
)
# Languages that write compounds as one word, and the shortest part that is looked for in them.
_COMPOUNDING = frozenset({"da", "de", "et", "fi", "hu", "nb", "nl", "nn", "no", "sv"})
_PART_CHARS = 5
# An alternative is worth less than the word that was used.
_WORTH = 0.6


@dataclass(frozen=True, slots=True)
class Wording:
    """Lexemes of a question that say one thing, and the sets of lexemes of which each says it too."""

    said: frozenset[str]
    others: tuple[frozenset[str], ...]


def wordings_of(question: str, languages: Sequence[str]) -> tuple[Wording, ...]:
    """What the question says that could have been said otherwise; it is in the first of `languages`."""
    return (*periods(question), *_phrases(question, languages[0] if languages else ""))


def with_others(counts: Mapping[str, int], wordings: Sequence[Wording]) -> dict[str, float]:
    """A question's lexemes, and those of its other wordings, which count for less."""
    found: dict[str, float] = dict(counts)
    for wording in wordings:
        for other in wording.others:
            for lexeme in other - counts.keys():
                found[lexeme] = max(found.get(lexeme, 0.0), _WORTH * min(1.0, len(wording.said) / len(other)))
    return found


def met(wordings: Sequence[Wording], there: frozenset[str]) -> frozenset[str]:
    """`there` with the lexemes of the question that stand in it in other words."""
    said = [wording.said for wording in wordings if any(other <= there for other in wording.others)]
    return there.union(*said) if said else there


def met_in_compounds(lexemes: Iterable[str], there: frozenset[str], language: str) -> frozenset[str]:
    """Those of `lexemes` that begin or end a longer word of `there`: "Bereitschaft" in "Rufbereitschaft"."""
    if language not in _COMPOUNDING:
        return frozenset()
    wanted = [lexeme for lexeme in lexemes if len(lexeme) >= _PART_CHARS and lexeme.isalpha()]
    return frozenset(lexeme for lexeme in wanted if any(word != lexeme and _is_part(lexeme, word) for word in there))


def _is_part(part: str, word: str) -> bool:
    return word.startswith(part) or word.endswith(part)


def _phrases(question: str, language: str) -> Iterator[Wording]:
    known, large = _known(language), _large(language)
    lexemes = analyse(question, language) if known else []
    for start, lexeme in enumerate(lexemes):
        for phrase, others in known.get(lexeme, ()):
            if tuple(lexemes[start : start + len(phrase)]) == phrase and not _is_small(phrase, large, question):
                yield Wording(_telling(phrase, language), others)


def _is_small(phrase: tuple[str, ...], large: frozenset[tuple[str, ...]], question: str) -> bool:
    return phrase in large and re.search(rf"\b{phrase[0].upper()}\b", question) is None


@cache
def _lines(language: str) -> tuple[str, ...]:
    path = _FOLDER / f"{language}.txt"
    return tuple(path.read_text("utf-8").splitlines()) if language in _LANGUAGES else ()


@cache
def _large(language: str) -> frozenset[tuple[str, ...]]:
    words = (word.strip() for line in _lines(language) for word in line.split("="))
    return frozenset(tuple(analyse(word, language)) for word in words if word.isupper())


@cache
def _known(language: str) -> dict[str, list[tuple[tuple[str, ...], tuple[frozenset[str], ...]]]]:
    """By its first lexeme, each phrase with what else says it."""
    found: dict[str, list[tuple[tuple[str, ...], tuple[frozenset[str], ...]]]] = {}
    for line in _lines(language):
        phrases = [tuple(analyse(phrase, language)) for phrase in line.split("=")]
        for phrase in phrases:
            others = tuple(dict.fromkeys(_telling(other, language) for other in phrases if other != phrase))
            found.setdefault(phrase[0], []).append((phrase, others))
    return found


@cache
def _telling(phrase: tuple[str, ...], language: str) -> frozenset[str]:
    stops = _stops(language)
    return frozenset(lexeme for lexeme in phrase if lexeme not in stops) or frozenset(phrase)


@cache
def _stops(language: str) -> frozenset[str]:
    return frozenset(lexeme for word in STOPWORDS.get(language, ()) for lexeme in analyse(word, language))


def periods(question: str) -> Iterator[Wording]:
    """ "Q2 2025", "2Q25", "H1", "FY24" as they are written out, and "the second quarter" as it is shortened."""
    for match in _PERIOD.finditer(question):
        year = match["year"] or ""
        years = frozenset({year if len(year) == 4 else f"20{year}"}) if year else frozenset[str]()
        said = frozenset(analyse(match[0], "en"))
        kind, number = match["kind"] or match["kind_last"], match["number"] or match["number_first"]
        if kind is None:
            if years:
                yield Wording(said - years, (years,))
            continue
        spelled = _spelled(kind.casefold(), int(number))
        yield Wording(said, tuple(each | years for each in (*spelled, frozenset({f"{kind}{number}".casefold()}))))
    there = frozenset(lexeme for language in _ORDINALS for lexeme in analyse(question, language))
    for kind, most in (("q", 4), ("h", 2)):
        for number in range(1, most + 1):
            for each in _spelled(kind, number):
                if each <= there:
                    yield Wording(each, (frozenset({f"{kind}{number}"}),))


def named_periods(text: str) -> frozenset[str]:
    """The quarters and halves that `text` names, as "q2" and "h1"; words that stand apart name none."""
    text = text.replace("_", " ")
    found = {
        f"{match['kind'] or match['kind_last']}{match['number'] or match['number_first']}".casefold()
        for match in _PERIOD.finditer(text)
        if match["kind"] or match["kind_last"]
    }
    for match in _SPELLED.finditer(text):
        found.add(f"{_KINDS[match[2].casefold()[:4]]}{_NUMBERS[match[1].casefold()[:4]]}")
    return frozenset(found)


@cache
def _spelled(kind: str, number: int) -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset({*analyse(_ORDINALS[language][number - 1], language), *analyse(name, language)})
        for language, name in _PARTS[kind].items()
    )
