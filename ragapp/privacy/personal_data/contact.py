"""E-mail, phone and network addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

import phonenumbers

from ragapp.privacy.personal_data.context import is_near, words
from ragapp.privacy.personal_data.types import Finding, Kind

_ATOM = r"[^\W_]|[!#$%&'*+/=?^_`{|}~-]"
_EMAIL = re.compile(
    rf"(?<![^\s<>()\[\]{{}}\"'“”‘’,;:|=/*>])(?:{_ATOM})(?:(?:{_ATOM}|\.(?!\.)){{0,63}})"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})(?![\w-])",
    re.IGNORECASE,
)
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])", re.I)
_MAC = re.compile(r"(?<![\w:-])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])", re.IGNORECASE)
# "Version 1.2.3.4" has the shape of an address.
_NOT_AN_ADDRESS = words((r"version", r"release", r"build", r"firmware", r"section", r"chapter", r"clause", r"§", r"v"))

# Digits in groups as people write them: an optional +, 00 or (0), then 5 to 17 digits with single separators.
_GROUPED = re.compile(
    r"(?<![\w.,/:$€£#@=%+-])(?<!\()"
    r"(?:\+|00)?[(]?\d(?:(?:[ \u00a0\u202f.\-/()‐-–]{0,3}|\)\s{1,4})\d){4,16}"
    r"(?:\s?(?:x|ext\.?|extension|durchwahl|app\.|#)\s?\d{1,6})?(?![\w%€$£°]|[.,:/]\d)",
    re.IGNORECASE,
)
_NANP = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\)\s{0,4}|\d{3}[-.])\d{3}[-.]\d{4}(?:\s?(?:x|ext).*)?", re.IGNORECASE)
_DATE = re.compile(
    r"(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}.*|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d\d.*"
    r"|(?:19|20)\d\d ?[-–/.] ?(?:(?:19|20)\d\d|\d{1,2})"
)
_LABEL = words(
    (
        r"(?:tele)?phones?", r"tel\.?", r"telephones?", r"tlf\.?", r"tfn?\.?", r"fax", r"telefax", r"mobile", r"cell",
        r"cellphone", r"mob\.?", r"landline", r"direct line", r"hotline", r"helpline",
        r"switchboard", r"whatsapp", r"sms", r"pager", r"phone (?:no|number)\.?", r"contact (?:no|number)\.?",
        r"telefon(?:nummer)?", r"telefonnr\.?", r"handy(?:nummer)?", r"mobil(?:nummer|telefon)?", r"festnetz",
        r"durchwahl", r"rufnummer", r"t[ée]l[ée]phone", r"t[ée]l\.?", r"portable", r"fixe", r"tel[ée]fono", r"m[óo]vil",
        r"celular", r"cellulare", r"telefone", r"telem[óo]vel", r"telefoon(?:nummer)?", r"mobiel", r"gsm",
        r"telefonnummer", r"puhelin(?:numero)?", r"puh\.?", r"telefonszám", r"telefonní číslo", r"電話(?:番号)?",
        r"电话",
        r"手机", r"전화(?:번호)?", r"тел(?:ефон)?\.?", r"τηλ(?:έφωνο)?\.?",
    )
)  # fmt: skip
_VERB = words(
    (
        r"call(?:s|ed|ing)?(?: (?:me|us|him|her|them|back))?", r"ring(?:ing)?", r"dial(?:s|led|ing)?",
        r"phon(?:ed|ing)",
        r"texts?", r"texted", r"messages?", r"reach(?:ed|able)?", r"contact(?:ed)?", r"answer(?:s|ing)?", r"voicemail",
        r"anrufen", r"ruf(?:en|e)?", r"erreich(?:bar|en)", r"appel(?:er|ez|le)", r"joindre", r"llam(?:ar|e|en)",
        r"chiam(?:are|ate|i)", r"bel(?:len)?", r"ringa?", r"phone",
    )
)  # fmt: skip
# What a line's number stands under or before in a signature: only directly beside it.
_BESIDE_BEFORE = re.compile(
    r"(?<!\w)(?:desk|office|direct|home|work|main|mobil|cell|fax|privat|büro|bureau|[tmfdp])"
    r"\.?[ \u00a0]?[:.|][ \u00a0]?$",
    re.IGNORECASE,
)
_BESIDE_AFTER = re.compile(
    r"[ \u00a0]?[-,(\\]?[ \u00a0]?(?:desk|office|direct|home|work|main|mobil|cell|fax|privat|büro|bureau)(?!\w)",
    re.IGNORECASE,
)
# Labels of other numbers: the nearest one decides.
_OTHER_LABEL = words(
    (
        r"invoice", r"order", r"orders", r"part", r"item", r"serial", r"account", r"ref(?:erence)?\.?", r"ticket",
        r"case",
        r"article", r"card", r"isbn", r"issn", r"doi", r"vat", r"tax", r"po", r"p\.o\.", r"purchase", r"contract",
        r"policy", r"customer", r"client", r"model", r"batch", r"lot", r"sku", r"ean", r"gtin", r"version", r"zip",
        r"postcode", r"bestell\w*", r"rechnungs?\w*", r"kunden\w*", r"artikel\w*", r"auftrags?\w*", r"vertrags?\w*",
        r"serien\w*", r"konto\w*", r"facture", r"commande", r"factura", r"pedido", r"fattura", r"ordine", r"iban",
        r"bic", r"ssn", r"social security", r"passport", r"licen[cs]e", r"id", r"date", r"datum", r"total", r"amount",
        r"price", r"eur", r"usd", r"gbp", r"figure", r"fig\.", r"table", r"section", r"page", r"pages", r"form",
        r"nhs", r"bsn", r"dni", r"siren", r"siret", r"hrb", r"dob", r"employee",
    )
)  # fmt: skip


def emails(text: str) -> Iterator[Finding]:
    """Addresses like a.b@c.example."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Finding(start=match.start(), end=match.end(), kind=Kind.EMAIL, detail="email")


def network_addresses(text: str) -> Iterator[Finding]:
    """IPv4 and IPv6 of machines, and MAC addresses; not loopback, any, broadcast and netmasks."""
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(match.group())
            except ValueError:
                continue
            if (
                address.is_loopback
                or address.is_unspecified
                or address.is_multicast
                or match.group().startswith("255.")
            ):
                continue
            if _NOT_AN_ADDRESS.search(text, max(0, match.start() - 14), match.start()):
                continue
            yield Finding(start=match.start(), end=match.end(), kind=Kind.IP, detail="ip")
    for match in _MAC.finditer(text):
        yield Finding(start=match.start(), end=match.end(), kind=Kind.IP, detail="mac")


def phones(text: str) -> Iterator[Finding]:
    """Numbers that are dialled: international ones that exist, North American writing, and what is labelled as one."""
    for match in _GROUPED.finditer(text):
        start, end = match.span()
        # "(0)" belongs to the number, a bracket around the whole does not.
        start += text[start] == "(" and ")" not in match.group()
        found = text[start:end]
        if not _DATE.fullmatch(found) and _is_phone(text, start, end, found):
            yield Finding(start=start, end=end, kind=Kind.PHONE, detail="phone")


def _is_phone(text: str, start: int, end: int, found: str) -> bool:
    digits = sum(map(str.isdigit, found))
    if found.startswith(("+", "00")) and _exists(found):
        return True
    if _NANP.fullmatch(found) and _exists(found, "US"):
        return not _other_label(text, start)
    # E.164 has at most 15 digits, and an extension may follow; nobody writes twelve without a gap and without a "+".
    return 6 <= digits <= 17 and not re.search(r"\d{13}", found) and _is_labelled(text, start, end)


def _is_labelled(text: str, start: int, end: int) -> bool:
    if _BESIDE_BEFORE.search(text, max(0, start - 12), start) or _BESIDE_AFTER.match(text, end):
        return True
    return not _other_label(text, start) and (
        is_near(_LABEL, text, start, end) or is_near(_VERB, text, start, end, after=False)
    )


def _other_label(text: str, start: int) -> bool:
    """Whether what stands nearest before the number names another kind of number."""
    before = max(0, start - 40)
    others = [match.end() for match in _OTHER_LABEL.finditer(text, before, start)]
    ours = [match.end() for pattern in (_LABEL, _VERB) for match in pattern.finditer(text, before, start)]
    return bool(others) and max(others) >= max(ours, default=0)


def _exists(found: str, region: str | None = None) -> bool:
    number = found if not found.startswith("00") else f"+{found[2:]}"
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(parsed) and (region is not None or phonenumbers.is_valid_number(parsed))
