"""From bytes of unknown encoding to text."""

from __future__ import annotations

import codecs

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.alphabets import single_byte

# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHIFTED = (b"\x1b$B", b"\x1b$@", b"\x1b(J")  # how Japanese in seven bits begins
_SAMPLE = 64 * 1024


def decode(raw: bytes, *, declared: str = "") -> str:
    """The text of `raw`: by its mark, as UTF-8, as `declared`, else as whatever fits it best.

    Bytes that do not fit become U+FFFD. Raises DamagedFile when it is no text in any encoding.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    wide = _wide(raw[:_SAMPLE])
    if wide:
        return raw.decode(wide, "replace")
    if any(mark in raw[:_SAMPLE] for mark in _SHIFTED):
        return raw.decode("iso2022_jp", "replace")
    for name in ("utf-8", declared):
        try:
            if name:
                return raw.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    name = single_byte(raw[:_SAMPLE])
    return raw.decode(name, "replace") if name else _guessed(raw)


def looks_like_text(raw: bytes) -> bool:
    """Whether a file that begins with `raw` holds text rather than binary data."""
    if any(raw.startswith(mark) for mark, _ in _MARKS) or _wide(raw):
        return True
    if b"\0" in raw:
        return False
    controls = sum(byte < 32 and byte not in (9, 10, 12, 13, 27) for byte in raw)
    return controls <= 0.02 * len(raw)


def _wide(sample: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, known by where its zero bytes stand; "" if it is neither."""
    if len(sample) < 8 or sample.count(0) < len(sample) // 5:
        return ""
    zeros = [sample[place::4].count(0) / (len(sample) // 4) for place in range(4)]
    high = [share > 0.6 for share in zeros]
    return {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }.get((high[0], high[1], high[2], high[3]), "")


def _guessed(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:_SAMPLE]).best()
    if best is None:
        if not looks_like_text(raw[:_SAMPLE]):
            raise DamagedFile("The file's text is in no encoding that is known.")
        return raw.decode("cp1252", "replace")
    return raw.decode(best.encoding, "replace")
