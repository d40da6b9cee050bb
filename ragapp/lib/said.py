"""Sentences that are stored once and read in the language of whoever reads them."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise

# Lazy, or made anew for each language. A plain text is somebody's own words: the same in every language.
Words = str | Promise | Callable[[], str]


def in_language(words: Words, code: str) -> str:
    """As it is said in the language with this code."""
    with translation.override(code):
        return str(words() if callable(words) else words)


def in_languages(words: Words, *, most: int) -> dict[str, str]:
    """To be stored: {code: text} for every language of the site, or {"": text} for somebody's own words; {} for none.

    A text has up to `most` characters.
    """
    if isinstance(words, str):
        return {"": words[:most]} if words else {}
    return {code: in_language(words, code)[:most] for code, _name in settings.LANGUAGES}


def told(texts: Mapping[str, str]) -> str:
    """What `in_languages` has stored, for whoever reads now."""
    return texts.get(translation.get_language() or "") or texts.get("") or next(iter(texts.values()), "")
