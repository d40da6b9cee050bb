"""From bytes of unknown encoding to text."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter

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
_XML_DECLARED = re.compile(rb"<\?xml[^>]+encoding\s*=\s*[\"']([\w-]+)", re.I)
_XML_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*\?>", re.I)
_HIRAGANA = re.compile("[\u3041-\u3096]")
_LEAST_HIRAGANA = 0.25  # of the letters of a Japanese text; elsewhere the same bytes are rare characters


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
    if mixed := _by_line(raw):
        return mixed
    name = single_byte(raw[:_SAMPLE])
    return raw.decode(name, "replace") if name else _guessed(raw)


def decode_xml(raw: bytes) -> str:
    """`decode` by what an XML text declares about itself, which many programs write without looking; the declaration
    left out."""
    declared = _XML_DECLARED.search(raw[:200])
    text = decode(raw, declared=declared[1].decode("ascii") if declared else "")
    return _XML_DECLARATION.sub("", text.lstrip("\ufeff"), count=1)


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
    if len(sample) < 8 or 0 not in sample:
        return ""
    if sample.count(0) < len(sample) // 5:
        return _wide_letters(sample)
    zeros = [sample[place::4].count(0) / (len(sample) // 4) for place in range(4)]
    high = [share > 0.6 for share in zeros]
    return {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }.get((high[0], high[1], high[2], high[3]), "")


def _wide_letters(sample: bytes) -> str:
    """The same for scripts other than Latin, where only blanks, digits and line ends have a zero byte."""
    even = sample[: len(sample) // 2 * 2]
    fitting: dict[str, int] = {}
    for name in ("utf-16-le", "utf-16-be"):
        text = even.decode(name, "replace")
        kinds = Counter("blank" if letter in " \t\r\n" else unicodedata.category(letter) for letter in text)
        odd = sum(kinds[kind] for kind in ("Cc", "Cn", "Co", "Cs")) + text.count("\ufffd")
        letters = sum(count for kind, count in kinds.items() if kind[0] in "LM")
        if len(text) > 7 and odd <= len(text) // 200 and letters > len(text) // 2:
            fitting[name] = sum(letter < "\x80" for letter in text)
    return max(fitting, key=lambda name: fitting[name]) if any(fitting.values()) else ""


def _by_line(raw: bytes) -> str:
    """The text of a file put together of lines in UTF-8 and others, each read by itself; "" for any other file."""
    lines = raw.splitlines(keepends=True)
    foreign = [line for line in lines if not line.isascii()]
    sure = [line for line in foreign if _is_utf8(line) and len(line) - len(line.decode()) > 2]
    if len(sure) * 5 < len(foreign) or not sure:
        return ""
    rest = b"".join(line for line in foreign if not _is_utf8(line))
    name = single_byte(rest[:_SAMPLE]) or "cp1252"
    return "".join(line.decode("utf-8" if _is_utf8(line) else name, "replace") for line in lines)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _japanese(raw: bytes) -> str:
    """The text in Japanese of three decades, or "": a general detector takes short ones for Korean."""
    for name in ("euc_jp", "cp932"):
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        letters = sum(letter > "\u3040" for letter in text)
        if letters and len(_HIRAGANA.findall(text)) >= _LEAST_HIRAGANA * letters:
            return text
    return ""


def _guessed(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    if japanese := _japanese(raw):
        return japanese
    best = from_bytes(raw[:_SAMPLE]).best()
    if best is None:
        if not looks_like_text(raw[:_SAMPLE]):
            raise DamagedFile("The file's text is in no encoding that is known.")
        return raw.decode("cp1252", "replace")
    return raw.decode(best.encoding, "replace")
