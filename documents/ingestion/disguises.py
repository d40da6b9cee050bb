"""Other ways to write the same words: alike letters, codes, mirrored, with signs between; undone to search them."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

# Longer texts are read as they stand.
_SEARCHED_CHARS = 2_000_000
_READABLE = 0.95
_LATIN = dict(
    zip(
        map(ord, "аеорсхуіјѕԁһӏАЕОРСХІЈЅВНКМТαορνικτυΑΒΕΖΗΙΚΜΝΟΡΤΥΧᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢɑɡıⅼ"),
        "aeopcxyijsdhlAEOPCXIJSBHKMTaopviktuABEZHIKMNOPTYXabcdefghijklmnopqrstuvwyzagil",
        strict=True,
    )
)
_ALIKE = "".join(map(chr, _LATIN))
# A word with letters of two scripts, or one in small capitals, is dressed up; one wholly in another script is a word.
_MIXED = re.compile(rf"\b(?=\w*[A-Za-zᴀ-ᴢ])\w*[{_ALIKE}]\w*")
_FOREIGN = re.compile(rf"\b[{_ALIKE}]+\b")
_WORDS = ("instruct", "ignore", "disregard", "prompt", "anweisung", "ignorier", "instruccion", "consigne", "istruzion")
_LEET = str.maketrans("0134578@$", "oieastbas")
_LEET_WORD = re.compile(r"\b(?=[\w@$]{0,30}[A-Za-z])(?=[\w@$]{0,30}[0134578@$])[\w@$]{3,30}")
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_])")
_SIGNS = re.compile(r"[*_`~|#>]+")
_SPELLED = re.compile(r"(?<!\w)(?:\w[.·•_/*-]){3,}\w(?!\w)")
_HEX = re.compile(r"(?<![\w])(?:(?:0x|\\\\x)?[0-9a-fA-F]{2}[ ,:]?){16,2000}(?![\w])")
_BASE32 = re.compile(r"(?<![\w=])[A-Z2-7]{32,4000}={0,6}(?![\w=])")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])(?:[A-Za-z0-9+/_-]{16,}+\s?\n?){1,200}+={0,2}(?![A-Za-z0-9+/=_-])")
_BINARY = re.compile(r"(?<!\w)(?:[01]{8}\s?){12,4000}(?!\w)")
_PERCENT = re.compile(r"(?:(?:%[0-9A-Fa-f]{2})++[\w.+-]{0,40}+){1,4000}+")
_ENTITIES = re.compile(r"(?:&#x?[0-9a-fA-F]{2,6};\s?){8,4000}")


def latin(text: str) -> str:
    """`text` with the letters of other scripts that look like Latin ones, in words that mix both, as those."""
    if text.isascii():
        return text
    changed = _MIXED.sub(lambda match: match.group().translate(_LATIN), text)
    if changed == text:
        return text
    # Beside such a word, one that is made of alike letters alone is dressed up as well.
    return _FOREIGN.sub(lambda match: match.group().translate(_LATIN), changed)


def joined(text: str) -> str:
    """`text` with i.g.n.o.r.e in one word."""
    return _SPELLED.sub(lambda match: re.sub(r"[\W_]", "", match.group()), text)


def decoded(text: str) -> Iterator[tuple[int, str]]:
    """Readable texts that stand in `text` in a code, with their places."""
    for pattern, decode in _CODES:
        for match in pattern.finditer(text[:_SEARCHED_CHARS]):
            try:
                inner = decode(match.group())
            except (ValueError, binascii.Error):
                continue
            if " " in inner.strip() and sum(c.isprintable() or c.isspace() for c in inner) >= _READABLE * len(inner):
                yield match.start(), inner


def readings(text: str) -> Iterator[str]:
    """Other ways to read the whole of `text`, where words of such orders stand in them."""
    short = text[:_SEARCHED_CHARS]
    small = short.lower()
    plain = _SIGNS.sub("", _BROKEN_WORD.sub("", short))
    leet = _LEET_WORD.sub(lambda match: match.group().translate(_LEET), plain)
    for other in (codecs.encode(short, "rot13"), short[::-1]):
        # Letters of another order make such a word where somebody put it there.
        if any(word in other.lower() and word not in small for word in _WORDS):
            yield other
    yield from (other for other in {plain, leet} - {short} if any(word in other.lower() for word in _WORDS))


def _from_base64(blob: str) -> str:
    bare = re.sub(r"\s", "", blob).replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()


def _from_base32(blob: str) -> str:
    bare = blob.rstrip("=")
    return base64.b32decode(bare + "=" * (-len(bare) % 8)).decode()


def _from_hex(blob: str) -> str:
    return bytes.fromhex(re.sub(r"0x|\\\\x|[^0-9a-fA-F]", "", blob)).decode()


def _from_binary(blob: str) -> str:
    return bytes(int(each, 2) for each in re.findall(r"[01]{8}", blob)).decode()


_CODES: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (_BASE64, _from_base64),
    (_BASE32, _from_base32),
    (_HEX, _from_hex),
    (_BINARY, _from_binary),
    (_PERCENT, unquote),
    (_ENTITIES, html.unescape),
)
