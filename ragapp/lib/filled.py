"""Sentences that were made in English, said in another language: which one it was is seen by what it looks like."""

import re
from collections.abc import Sequence
from functools import cache

from django.utils.translation import gettext


def told(made: str, sentences: Sequence[str]) -> str:
    """`made` of one or more of the `sentences`, in the language of this moment, with the values that it has.

    A place for a value is written as %(name)s. What is none of them stays as it is.
    """
    if not made:
        return ""
    if (translated := gettext(made)) != made:
        return translated
    head, mark, rest = made.partition(". ")
    first = _one(f"{head}.", sentences) if mark else made
    return f"{first} {told(rest, sentences)}" if mark and first != f"{head}." else _one(made, sentences)


def _one(made: str, sentences: Sequence[str]) -> str:
    translated = gettext(made)
    if translated != made:
        return translated
    for sentence, pattern in _patterns(tuple(sentences)):
        if found := pattern.fullmatch(made):
            return gettext(sentence) % found.groupdict()
    return made


@cache
def _patterns(sentences: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Those that are filled in, each with what it looks like then."""
    filled = (sentence for sentence in sentences if "%(" in sentence)
    return tuple((sentence, re.compile(_VALUE.sub(_named, re.escape(sentence)), re.DOTALL)) for sentence in filled)


# As re.escape leaves a placeholder.
_VALUE = re.compile(r"%\\\((\w+)\\\)s")


def _named(value: re.Match[str]) -> str:
    return f"(?P<{value[1]}>.+)"
