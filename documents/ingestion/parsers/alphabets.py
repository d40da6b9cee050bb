"""Which of the encodings of one byte per letter a text is in: the one that gives letters of a single language.

A general detector takes short French for Polish; the letters that a language writes tell them apart.
"""

from __future__ import annotations

import re

_LATIN = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257", "mac_roman", "cp850", "iso8859_15")
_CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic")
_SIGNS = frozenset("€‚„…‰‹‘’“”•–—›\u00a0§«°±²³»½¼¾·£©®¿¡ªº™×µ")
_ALPHABETS = tuple(
    frozenset(letters + letters.upper())
    for letters in (
        "àâæçéèêëîïôœùûüÿ", "äöüß", "áéíñóúü", "áâãàçéêíóôõúü", "àèéìíòóùú", "åäöéü", "åæøéòô", "áðéíóúýþæö", "éëïóöüè",
        "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "çğıöşüâîİ", "ąčęėįšųūž",
        "āčēģīķļņšūž", "äöõüšž",
    )
)  # fmt: skip
_MOST_LATIN = 0.35  # of the bytes: more are another script
_FREQUENT = frozenset("оеаинтсрвлкОЕАИНТСРВЛК")
_LEAST_FREQUENT = 0.5
_LEAST_FITTING = 0.97
_TURNED_CASE = re.compile(r"[^\W\d_A-ZÀ-ÞА-Я][À-ÞŁŚŹŻŠŤŽА-Я]")  # a capital behind a small letter


def single_byte(raw: bytes) -> str:
    """The name of the encoding of a text that is neither ASCII nor UTF-8, or "" where none fits."""
    high = sum(byte > 127 for byte in raw)
    if not high:
        return "ascii"
    names = _LATIN if high <= _MOST_LATIN * len(raw) else _CYRILLIC
    fitting = [(_fit(raw, name, latin=names is _LATIN), -at, name) for at, name in enumerate(names)]
    best, _, name = max(fitting)
    return name if best >= _LEAST_FITTING else ""


def _fit(raw: bytes, name: str, *, latin: bool) -> float:
    """The share of letters beyond ASCII that one language has, less for capitals inside words; 0 if it cannot be."""
    try:
        text = raw.decode(name)
    except UnicodeDecodeError:
        return 0.0
    beyond = [sign for sign in text if not sign.isascii() and sign not in _SIGNS]
    if not beyond:
        return 1.0
    turned = len(_TURNED_CASE.findall(text)) / len(beyond)
    if latin:
        return max(sum(sign in letters for sign in beyond) for letters in _ALPHABETS) / len(beyond) - turned
    letters = [sign for sign in beyond if "\u0400" <= sign <= "\u04ff"]
    frequent = sum(sign in _FREQUENT for sign in letters) >= _LEAST_FREQUENT * len(beyond)
    if not frequent or 2 * sum(map(str.islower, letters)) < len(letters):
        return 0.0  # Hebrew would be Cyrillic in capitals
    return len(letters) / len(beyond) - turned
