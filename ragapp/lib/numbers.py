"""Numbers that come as text from an address."""

# Fits every integer column.
MOST_DIGITS = 9


def whole_number(text: str) -> int | None:
    """The number that `text` spells in digits; None for anything else, and for more than nine digits."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
