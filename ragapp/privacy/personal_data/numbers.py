"""Bank accounts and payment cards, by their check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10

from ragapp.privacy.personal_data.context import is_near, words
from ragapp.privacy.personal_data.types import Finding, Kind

_IBAN = re.compile(r"(?<![\w/-])[A-Z]{2}\d{2}(?:[ \u00a0\u202f-]?[A-Z0-9]){11,30}(?![A-Za-z0-9])", re.IGNORECASE)
_LONGEST_IBAN, _SHORTEST_IBAN = 34, 15
# How long the number of an account is, by country (the registry of ISO 13616).
_IBAN_LENGTHS = {
    code: int(length)
    for length, codes in {
        "15": "NO", "16": "BE", "18": "DK FI FO GL NL SD FK", "19": "MK SI", "20": "AT BA EE KZ LT LU MN XK",
        "21": "CH CR HR LI LV", "22": "BG BH DE GB GE IE ME RS VA", "23": "AE GI IL IQ OM TL SO",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG", "25": "LY PT ST", "26": "IS TR", "27": "BI DJ FR GR IT MC MR SM",
        "28": "AL AZ BY CY DO GT HU LB NI PL SV", "29": "BR EG PS QA UA", "30": "JO KW MU YE", "31": "MT SC",
        "32": "LC", "33": "RU",
    }.items()
    for code in codes.split()
}  # fmt: skip

_CARD = re.compile(r"(?<![\w.,+-])\d(?:[ \u00a0-]?\d){11,18}(?![\w-]|[.,]\d)")
_GROUPS = re.compile(r"\d{4}(?:[ \u00a0-]\d{4}){2,3}(?:[ \u00a0-]\d{1,3})?|\d{4}[ \u00a0-]\d{6}[ \u00a0-]\d{4,5}|\d+")
# First digits that card networks were given, and their lengths (ISO/IEC 7812 registrations).
_NETWORKS = (
    (re.compile(r"4"), (13, 16, 19)),  # Visa
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"3(?:0[0-5]|09|[689])"), (14, 16, 19)),  # Diners Club
    (re.compile(r"6(?:011|4[4-9]|5)|62"), (16, 17, 18, 19)),  # Discover, UnionPay
    (re.compile(r"35(?:2[89]|[3-8])|2131|1800"), (15, 16, 19)),  # JCB
    (re.compile(r"5[06-8]|6"), tuple(range(12, 20))),  # Maestro
)
_CARD_WORDS = words(
    (
        r"cards?", r"credit", r"debit", r"visa", r"master ?card", r"maestro", r"amex", r"american express", r"diners",
        r"jcb", r"cc", r"pan", r"cvv", r"cvc", r"kreditkarten?(?:nummer)?", r"karten?(?:nummer)?", r"carte",
        r"tarjeta", r"carta", r"cart[ãa]o", r"kaart(?:nummer)?", r"kort(?:nummer)?", r"karta",
    )
)  # fmt: skip
# Lengths that other long numbers have as well need a word beside them.
_PLAIN_LENGTHS = frozenset((15, 16))


def bank_accounts(text: str) -> Iterator[Finding]:
    """IBANs whose length and check digits are right (ISO 13616, ISO 7064 mod 97-10)."""
    for match in _IBAN.finditer(text):
        found = match.group()
        wanted = _IBAN_LENGTHS.get(found[:2].upper())
        end = _end_of(found, wanted) if wanted else None
        if end is not None and mod_97_10.is_valid(_turned(found[:end])):
            yield Finding(start=match.start(), end=match.start() + end, kind=Kind.IBAN, detail="iban")


def _end_of(found: str, characters: int) -> int | None:
    """Where the first `characters` letters and digits end; None when there are fewer, or the word goes on."""
    seen = 0
    for at, character in enumerate(found):
        seen += character.isalnum()
        if seen == characters:
            return at + 1 if at + 1 == len(found) or not found[at + 1].isalnum() else None
    return None


def _turned(iban: str) -> str:
    compact = "".join(character for character in iban.upper() if character.isalnum())
    return compact[4:] + compact[:4]


def cards(text: str) -> Iterator[Finding]:
    """Numbers with the right check digit (ISO/IEC 7812, Luhn): of a known network, or called a card beside it."""
    for match in _CARD.finditer(text):
        digits = "".join(character for character in match.group() if character.isdigit())
        if not _GROUPS.fullmatch(match.group()) or len(set(digits)) < 2:
            continue
        try:
            luhn.validate(digits)
        except ValidationError:
            continue
        is_known = any(first.match(digits) and len(digits) in lengths for first, lengths in _NETWORKS)
        if (is_known and len(digits) in _PLAIN_LENGTHS) or is_near(_CARD_WORDS, text, match.start(), match.end()):
            yield Finding(start=match.start(), end=match.end(), kind=Kind.CARD, detail="card")
