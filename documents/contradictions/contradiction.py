"""Two statements that cannot both be right: the same thing, said with another value, or once with a "not"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from documents.contradictions.statements import Statement, opposed
from documents.contradictions.values import Value, differ

Kind = Literal["value", "negation", "name"]
# Shares of the words that carry the meaning: of all, and of those of the shorter statement.
_ALIKE, _CONTAINED, _FEWEST = 0.6, 0.8, 2
# Paraphrases: fewer words in common, if the sentences without their values mean nearly the same.
_RELATED = 0.25
_MEANS_THE_SAME = ((0.6, 0.0), (0.4, 0.72), (_RELATED, 0.85))
# A "not" makes another statement of nearly the same words only.
_SAME_WORDS, _FEWEST_OF_NEGATION = 0.8, 3
_IDENTICAL = 0.85
_CONDITION = re.compile(
    r"\b(?:if|unless|except|until|when|while|wenn|falls|außer|solange|si|sauf|salvo|cuando)\b", re.I
)
_IN_A_ROLE = (
    r"(?:\b(?:is|are|ist|sind|es|est|contact|ask|by|to)|[:|])\s+(?:\w+\.\s+)?{0}\b|"
    r"\b{0},?\s+(?:is|ist|es|est)\s+(?:the|our|der|die|el|la|le)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """What the two statements say differently, in their own words, and how much they have in common: 0..1."""

    kind: Kind
    left: str
    right: str
    likeness: float


def says_something(statement: Statement) -> bool:
    """Whether another statement could contradict it."""
    if len(statement.topics) < _FEWEST or statement.text.rstrip().endswith("?"):
        return False
    return (
        any(_is_comparable(value, statement) for value in statement.values)
        or (statement.is_sentence and len(statement.topics) >= _FEWEST_OF_NEGATION)
        or _person(statement.names) is not None
    )


def contradiction(a: Statement, b: Statement, *, meaning: Callable[[], float]) -> Contradiction | None:
    """What makes them contradict each other. `meaning()`: the cosine of the two without their values."""
    shared = len(a.topics & b.topics)
    if shared < _FEWEST or opposed(a.words, b.words):
        return None
    alike = shared / len(a.topics | b.topics)
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
    shared = len(a.topics & b.topics)
    if (
        names_fit
        and a.is_negative != b.is_negative
        and alike >= _SAME_WORDS
        and shared >= _FEWEST_OF_NEGATION
        and a.is_row == b.is_row
        and (a.is_row or (a.is_sentence and b.is_sentence))
        and not (a.values and b.values and _values(a, b))
    ):
        return "negation", a.text, b.text
    left, right = _person(a.names - b.names), _person(b.names - a.names)
    if left and right and alike >= _IDENTICAL and a.is_negative == b.is_negative and not (a.values or b.values):
        return ("name", left, right) if _has_role(left, a) and _has_role(right, b) else None
    return None


def _has_role(name: str, statement: Statement) -> bool:
    """Whether `name` is said to be something, or to be the one to ask."""
    return re.search(_IN_A_ROLE.format(re.escape(name)), statement.text.casefold()) is not None


def _person(names: frozenset[str]) -> str | None:
    """The one name, if there is one, of a first name and a last one: people, not products."""
    if len(names) != 1:
        return None
    name = next(iter(names))
    return name if 2 <= len(name.split()) <= 3 and not any(c.isdigit() for c in name) else None


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
    return different[0] if different and len(different) * 2 <= len(pairs) + 1 else None
