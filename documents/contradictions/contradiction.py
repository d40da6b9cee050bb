"""Two statements that cannot both be right: the same thing, said with another value, or once with a "not"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from documents.contradictions.statements import Statement, opposed
from documents.contradictions.values import MONTHS, Value, differ

Kind = Literal["value", "negation", "name"]
# Shares of the words that carry the meaning: of all, and of those of the shorter statement.
_ALIKE, _CONTAINED, _FEWEST = 0.6, 0.8, 2
# Paraphrases: fewer words in common, if the sentences without their values mean nearly the same.
_RELATED = 0.25
_MEANS_THE_SAME = ((0.6, 0.0), (0.4, 0.72), (_RELATED, 0.85))
# A "not" makes another statement of nearly the same words only.
_SAME_WORDS, _SAME_SENTENCE, _FEWEST_OF_NEGATION = 0.8, 0.7, 3
_IDENTICAL = 0.85
# So long a word says alone what it is about: German makes one word of what English says in three.
_LONG_WORD = 12
_CONDITION = re.compile(
    r"\b(?:if|unless|except|until|when|while|wenn|falls|außer|solange|si|sauf|salvo|cuando)\b", re.I
)
_IN_A_ROLE = (
    r"(?:\b(?:is|are|ist|sind|es|est|contact|ask|by|to)|[:|])\s+(?:\w+\.\s+)?{0}\b|"
    r"\b{0},?\s+(?:is|ist|es|est)\s+(?:the|our|der|die|el|la|le)\b"
)
# Where something is, or takes place, at the end of a sentence.
_SOMEWHERE = re.compile(
    r"\b(?:held|located|stored|kept|based|situated|housed|place|found|lies|findet|liegt|lagern|gelagert|aufbewahrt|"
    r"befindet sich|stattfinden|tiene lugar|se encuentran?|a lieu|se trouvent?)\b[^.,;]{0,30}?"
    r"\b(?P<where>(?:in|at|on|im|am|auf|bei|en|à|au)\s+[^.,;:|]+)[.!]?$",
    re.IGNORECASE,
)
_MONTH = re.compile(rf"\b(?:{MONTHS})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """What the two statements say differently, in their own words, and how much they have in common: 0..1."""

    kind: Kind
    left: str
    right: str
    likeness: float


def says_something(statement: Statement) -> bool:
    """Whether another statement could contradict it."""
    if not _says_what(statement.topics | statement.names) or statement.text.rstrip().endswith("?"):
        return False
    return (
        any(_is_comparable(value, statement) for value in statement.values)
        or (statement.is_sentence and len(statement.topics | statement.names) >= _FEWEST_OF_NEGATION)
        or any(_is_person(name) for name in statement.names)
    )


def is_telling(statement: Statement) -> bool:
    """Whether it says a value, a person, a place, or yes or no: what another statement most often contradicts."""
    return (
        statement.has_polarity
        or any(_is_comparable(value, statement) for value in statement.values)
        or any(_is_person(name) for name in statement.names)
        or _SOMEWHERE.search(statement.text) is not None
    )


def _says_what(words: frozenset[str]) -> bool:
    return len(words) >= _FEWEST or any(len(word) >= _LONG_WORD for word in words)


def contradiction(a: Statement, b: Statement, *, meaning: Callable[[], float]) -> Contradiction | None:
    """What makes them contradict each other. `meaning()`: the cosine of the two without their values."""
    shared = a.topics & b.topics
    named = a.names & b.names
    if not shared or not _says_what(shared | named) or opposed(a.words, b.words) or a.relations != b.relations:
        return None
    alike = (len(shared) + len(named)) / (len(a.topics | b.topics) + len(named))
    kind = _kind(a, b, alike)
    if kind is None or not _is_same_thing(a, b, alike, meaning):
        return None
    name, left, right = kind
    return Contradiction(kind=name, left=left, right=right, likeness=round(alike, 3))


def _is_same_thing(a: Statement, b: Statement, alike: float, meaning: Callable[[], float]) -> bool:
    shared = len(a.topics & b.topics)
    contained = shared / min(len(a.topics), len(b.topics))
    if alike >= _ALIKE:
        # One word in the place of another one: of sick leave and of annual leave.
        return not len(a.topics - b.topics) == len(b.topics - a.topics) == 1
    needed = [cosine for share, cosine in _MEANS_THE_SAME if alike >= share and (share < 0.3 or shared >= 3)]
    if contained >= _CONTAINED and shared >= 3 and alike >= 0.4:
        needed.append(0.7)
    return bool(needed) and meaning() >= min(needed)


def _kind(a: Statement, b: Statement, alike: float) -> tuple[Kind, str, str] | None:
    if bool(_CONDITION.search(a.text)) != bool(_CONDITION.search(b.text)):
        return None
    names_fit = a.names <= b.names or b.names <= a.names
    if names_fit and a.is_negative == b.is_negative and (pair := _values(a, b)):
        return "value", pair[0].text, pair[1].text
    shared = len(a.topics & b.topics) + len(a.names & b.names)
    if (
        names_fit
        and a.is_negative != b.is_negative
        and alike >= _SAME_WORDS
        and shared >= _FEWEST_OF_NEGATION
        and len(a.plain & b.plain) >= _SAME_SENTENCE * len(a.plain | b.plain)
        and a.is_row == b.is_row
        and (a.is_row or (a.is_sentence and b.is_sentence))
        and not (a.values and b.values and _values(a, b))
    ):
        return "negation", a.text, b.text
    if a.is_negative != b.is_negative:
        return None
    return (_who(a, b) if alike >= _IDENTICAL and not (a.values or b.values) else None) or _where(a, b)


def _who(a: Statement, b: Statement) -> tuple[Kind, str, str] | None:
    """Two people in one role."""
    left, right = _person(a.names - b.names), _person(b.names - a.names)
    if left and right and _has_role(left, a) and _has_role(right, b):
        return "name", left, right
    return None


def _where(a: Statement, b: Statement) -> tuple[Kind, str, str] | None:
    """One thing at two places."""
    one, other = _SOMEWHERE.search(a.text), _SOMEWHERE.search(b.text)
    if one is None or other is None or _has_value_before(one, a) or _has_value_before(other, b):
        return None
    # Who or what it is said of has to be the same.
    if _names_before(one, a) != _names_before(other, b) or _MONTH.search(f"{one['where']} {other['where']}"):
        return None
    left, right = (set(re.findall(r"\w{3,}", found["where"].casefold())) for found in (one, other))
    before, before_other = _words_before(one, a), _words_before(other, b)
    if len(before & before_other) < max(_FEWEST, _SAME_WORDS * len(before | before_other)):
        return None
    # Part of one is the same place said more closely.
    if left <= right or right <= left or len(left & right) * 2 > len(left | right):
        return None
    return "value", one["where"], other["where"]


def _words_before(place: re.Match[str], statement: Statement) -> set[str]:
    return set(re.findall(r"\w{4,}", statement.text[: place.start("where")].casefold()))


def _names_before(place: re.Match[str], statement: Statement) -> set[str]:
    where = place["where"].casefold()
    return {name for name in statement.names if name not in where}


def _has_value_before(place: re.Match[str], statement: Statement) -> bool:
    return any(value.start < place.start("where") for value in statement.values)


def _has_role(name: str, statement: Statement) -> bool:
    """Whether `name` is said to be something, or to be the one to ask."""
    return re.search(_IN_A_ROLE.format(re.escape(name)), statement.text.casefold()) is not None


def _person(names: frozenset[str]) -> str | None:
    """The one name, if there is one."""
    return next(iter(names)) if len(names) == 1 and _is_person(next(iter(names))) else None


def _is_person(name: str) -> bool:
    """Of a first name and a last one: people, not products."""
    return 2 <= len(name.split()) <= 3 and not any(c.isdigit() for c in name)


def _is_comparable(value: Value, statement: Statement) -> bool:
    """A bare number says what it counts only in a table."""
    return value.kind != "count" or statement.is_row


def _values(a: Statement, b: Statement) -> tuple[Value, Value] | None:
    """The first values of one kind, in the same place, that differ; None also where most of them do."""
    left = [value for value in a.values if _is_comparable(value, a)]
    right = [value for value in b.values if _is_comparable(value, b)]
    kinds_a, kinds_b = [value.kind for value in left], [value.kind for value in right]
    if kinds_a == kinds_b:
        pairs = list(zip(left, right, strict=True))
    else:
        pairs = [
            (value, other)
            for value in left
            for other in right
            if value.kind == other.kind and kinds_a.count(value.kind) == kinds_b.count(value.kind) == 1
        ]
    different = [pair for pair in pairs if differ(*pair)]
    # From when to when is one value.
    is_range = len(pairs) == 2 and {value.kind for pair in pairs for value in pair} == {"time"}
    return different[0] if different and (is_range or len(different) * 2 <= len(pairs) + 1) else None
