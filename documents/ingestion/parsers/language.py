"""Which language a text is written in."""

from __future__ import annotations

import functools
from typing import Any

LEAST_LETTERS = 40
SAMPLE = 4000
LEAST_CONFIDENCE = 0.85
# Languages with everyday office documents and a stemmer or tokeniser of their own; near-twins that a
# short text confuses (Galician, Norwegian variants, Luxembourgish ...) are left out on purpose.
LANGUAGES = tuple(
    "ar bg ca cs da de el en es et eu fa fi fr he hi hr hu hy id it ja ko lt lv nl no pl pt ro ru sk sl sr sv "
    "ta th tr uk vi zh".split(" ")
)


def detect(text: str) -> str:
    """The ISO 639-1 code of the text's main language; "" when it is too short or too mixed to tell."""
    sample = _sample(text)
    letters = sum(character.isalpha() for character in sample)
    # A CJK character says about as much as a word.
    weight = letters + 5 * sum("\u3040" <= character <= "\ud7a3" for character in sample)
    if weight < LEAST_LETTERS:
        return ""
    code, confidence = _identifier().classify(sample)
    return str(code) if confidence >= LEAST_CONFIDENCE else ""


@functools.cache
def _identifier() -> Any:
    """The model, about 20 MB; loading it takes a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier


def _sample(text: str) -> str:
    """The beginning and the middle: a title page or an abstract may be in another language than the text."""
    if len(text) <= SAMPLE:
        return text
    half, middle = SAMPLE // 2, len(text) // 2
    return f"{text[:half]} {text[middle : middle + half]}"
