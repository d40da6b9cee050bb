"""Checks of a question before anything is looked up."""

import re
import unicodedata

# Flagged for the reviewers and never blocked: rights are kept by the search, not by words.
_ORDERS = re.compile(
    r"\b(ignore|disregard|forget)\b.{0,30}\b(previous|above|prior|all|your)\b.{0,20}\b(instructions?|rules?|prompt)\b|"
    r"\b(reveal|print|show|repeat|output)\b.{0,30}\b(system prompt|your (instructions|rules|prompt))\b|"
    r"\b(ignoriere|vergiss)\b.{0,30}\b(anweisungen|regeln|vorgaben)\b",
    re.IGNORECASE | re.DOTALL,
)


def cleaned(text: str) -> str:
    """NFC, without control and invisible format characters; line breaks and tabs stay."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFC", text)
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    ).strip()


def gives_orders(text: str) -> bool:
    """True for the usual wordings that ask a model to leave its instructions."""
    return _ORDERS.search(text) is not None
