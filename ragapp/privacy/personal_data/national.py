"""Numbers that states and insurances give to people, by their check digits, dates and the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol

from ragapp.privacy.personal_data.context import is_near, words
from ragapp.privacy.personal_data.types import Finding, Kind

_SEP = r"[ \u00a0.\-/]?"


class _Module(Protocol):
    def is_valid(self, number: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Number:
    """A kind of number. `check` is a module of stdnum, or "" where there is no check digit.

    Without `is_plain` it needs one of `near` beside it: its shape and its check leave too many other numbers.
    """

    name: str
    pattern: str
    check: str
    near: tuple[str, ...]
    is_plain: bool = False


_TAX = (r"tax", r"tax (?:id|no|number)", r"tin", r"steuer\S*", r"fiscal", r"nif", r"identification")
_PERSONAL = (r"personal (?:id|identity|identification|code|no|number)\S*", r"identity", r"national (?:id|identity)")

# Letters at known places, or a date inside beside a check digit, make a number plain; digits alone never do.
_NUMBERS: tuple[_Number, ...] = (
    _Number("us-ssn", r"\d{3}-\d{2}-\d{4}", "us.ssn", (), is_plain=True),
    _Number(
        "us-ssn",
        r"\d{3}[ .-]?\d{2}[ .-]?\d{4}",
        "us.ssn",
        (r"ssn", r"ss#", r"social security(?: (?:no|number|card))?\S*", r"social insurance"),
    ),
    _Number("us-itin", r"9\d\d[- ]?\d\d[- ]?\d{4}", "us.itin", (r"itin", r"taxpayer\w*", r"tax")),
    _Number(
        "de-idnr",
        rf"\d{{2}}{_SEP}\d{{3}}{_SEP}\d{{3}}{_SEP}\d{{3}}",
        "de.idnr",
        (r"steuer\W?(?:id\w*|nummer|ident\w*|liche\w*)", r"idnr\.?", r"id-?nr\.?", r"tin", r"tax (?:id|no|number)\S*",
         r"identifikationsnummer", r"steuer"),
    ),
    _Number(
        "de-rvnr", r"\d{2}[ ]?\d{6}[ ]?[A-Z][ ]?\d{2}[ ]?\d", "de_rvnr", (), is_plain=True
    ),
    _Number("es-dni", r"\d{8}[ -]?[A-HJ-NP-TV-Z]", "es.dni", (), is_plain=True),
    _Number("es-nie", r"[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]", "es.nie", (), is_plain=True),
    _Number(
        "gb-nino",
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ ]?\d{2}[ ]?\d{2}[ ]?\d{2}[ ]?[A-D]",
        "",
        (),
        is_plain=True,
    ),
    _Number("gb-nhs", r"\d{3}[ -]?\d{3}[ -]?\d{4}", "gb.nhs", (r"nhs", r"patient\w*", r"health (?:no|number)\S*")),
    _Number("gb-utr", r"\d{5}[ ]?\d{5}", "gb.utr", (r"utr", r"unique taxpayer\S*")),
    _Number(
        "fr-nir",
        r"[1-478][ ]?\d{2}[ ]?(?:0[1-9]|1[0-2]|[2-9]\d)[ ]?(?:\d{2}|2[AB])[ ]?\d{3}[ ]?\d{3}[ ]?\d{2}",
        "fr.nir",
        (),
        is_plain=True,
    ),
    _Number("fr-nif", r"[0-3]\d[ ]?\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}", "fr.nif", (r"num[ée]ro fiscal", r"spi", *_TAX)),
    _Number(
        "it-codice-fiscale",
        r"[A-Z]{6}[ ]?[\dL-NP-V]{2}[A-EHLMPR-T][\dL-NP-V]{2}[ ]?[A-Z][\dL-NP-V]{3}[A-Z]",
        "it.codicefiscale",
        (),
        is_plain=True,
    ),
    _Number("nl-bsn", rf"\d{{3,4}}{_SEP}\d{{2}}{_SEP}\d{{3}}|\d{{9}}", "nl.bsn",
            (r"bsn", r"burgerservice\w*", r"sofi\w*", r"citizen service")),
    _Number("be-nn", r"\d{2}[. ]?\d{2}[. ]?\d{2}[- ]?\d{3}[. ]?\d{2}", "be.nn",
            (r"rijksregister\w*", r"nn", r"insz", r"niss", r"registre national", *_PERSONAL)),
    _Number("be-nn", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", "be.nn", (), is_plain=True),
    _Number("pt-nif", r"[123]\d{2}[ ]?\d{3}[ ]?\d{3}", "pt.nif", (r"nif", r"contribuinte", r"fiscal")),
    _Number("pl-pesel", r"\d{11}", "pl.pesel", (r"pesel", *_PERSONAL)),
    _Number("se-personnummer", r"(?:\d{2})?\d{6}[-+]\d{4}", "se.personnummer", (), is_plain=True),
    _Number("se-personnummer", r"(?:\d{2})?\d{10}", "se.personnummer", (r"person(?:nummer|nr)\S*", *_PERSONAL)),
    _Number("fi-hetu", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", "fi.hetu", (), is_plain=True),
    _Number("dk-cpr", r"\d{6}[- ]?\d{4}", "dk.cpr", (r"cpr\S*", r"personnummer", *_PERSONAL)),
    _Number("no-fodselsnummer", r"\d{6}[ ]?\d{5}", "no.fodselsnummer", (r"f[øo]dsels\w*", r"personnummer", *_PERSONAL)),
    _Number("at-svnr", r"\d{4}[ ]?\d{6}", "at.vnr", (r"sv\W?n[ru]\S*", r"sozialversicherung\w*",
    r"versicherungsnummer")),
    _Number("ch-ahv", r"756\.\d{4}\.\d{4}\.\d{2}", "ch.ssn", (), is_plain=True),
    _Number("ch-ahv", r"756\d{10}", "ch.ssn", (r"ahv\S*", r"avs", r"oasi", r"social security")),
    _Number("ie-pps", r"\d{7}[A-W][A-IW]?", "ie.pps", (), is_plain=True),
    _Number("cz-rc", r"\d{6}/\d{4}", "cz.rc", (), is_plain=True),
    _Number("ro-cnp", r"[1-9]\d{12}", "ro.cnp", (r"cnp", *_PERSONAL)),
    _Number("bg-egn", r"\d{10}", "bg.egn", (r"egn", r"егн", *_PERSONAL)),
    _Number("gr-amka", r"\d{11}", "gr.amka", (r"amka", r"αμκα")),
    _Number("hr-oib", r"\d{11}", "hr.oib", (r"oib", *_TAX)),
    _Number("ee-ik", r"[1-6]\d{10}", "ee.ik", (r"isikukood\w*", *_PERSONAL)),
    _Number("lt-asmens", r"[1-6]\d{10}", "lt.asmens", (r"asmens kod\w*", *_PERSONAL)),
    _Number("tr-tckimlik", r"[1-9]\d{10}", "tr.tckimlik", (r"t\.?c\.? ?kimlik\S*", r"kimlik\w*", *_PERSONAL)),
    _Number("br-cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf", (), is_plain=True),
    _Number("br-cpf", r"\d{11}", "br.cpf", (r"cpf",)),
    _Number("ca-sin", r"\d{3}[ -]?\d{3}[ -]?\d{3}", "ca.sin", (r"sin", r"social insurance\S*")),
    _Number("au-tfn", r"\d{3}[ ]?\d{3}[ ]?\d{2,3}", "au.tfn", (r"tfn", r"tax file\S*")),
    _Number("in-aadhaar", r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", "in_.aadhaar", (r"aadha?ar\S*", r"uidai")),
    _Number("in-pan", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", "in_.pan", (r"pan", r"permanent account\S*", *_TAX)),
    _Number("za-id", r"\d{6}[ ]?\d{4}[ ]?\d{3}", "za.idnr", (r"south african", r"sa id",
    r"id (?:no|number)\S*", *_PERSONAL)),
    _Number("kr-rrn", r"\d{6}-[1-8]\d{6}", "kr.rrn", (), is_plain=True),
    _Number("cn-ric",
    r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dX]", "cn.ric", (), is_plain=True),
    _Number("mx-curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[\dA-Z]\d", "mx.curp", (), is_plain=True),
    _Number("il-id", r"\d{9}", "il.idnr", (r"teudat zehut", r"israeli id", r"ת\.?ז\.?", *_PERSONAL)),
    _Number("th-id", r"\d-\d{4}-\d{5}-\d{2}-\d", "th.pin", (), is_plain=True),
)  # fmt: skip

_EDGE_BEFORE, _EDGE_AFTER = r"(?<![\w./+-])", r"(?![\w/]|[.,-]\w)"
# A cheap look before fifty patterns: nothing here has fewer than seven digits and letters in a row.
_WORTH_A_LOOK = re.compile(r"\d[\d .\-/]{4,}\d|[A-Z]{6}\s?\w{2}|[XYZ][ -]?\d{7}|\d{6}[A-FU-Y]\d{3}", re.IGNORECASE)


@cache
def _compiled(number: _Number) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    return (
        re.compile(f"{_EDGE_BEFORE}(?:{number.pattern}){_EDGE_AFTER}", re.IGNORECASE),
        words(number.near) if number.near else None,
    )


def numbers(text: str) -> Iterator[Finding]:
    """National identity, insurance and tax numbers of about forty kinds."""
    if not _WORTH_A_LOOK.search(text):
        return
    for number in _NUMBERS:
        pattern, near = _compiled(number)
        if near is not None and not near.search(text):
            continue
        for match in pattern.finditer(text):
            start, end = match.span()
            if _is_valid(number.check, match.group()) and (near is None or is_near(near, text, start, end)):
                yield Finding(start=start, end=end, kind=Kind.ID, detail=number.name)


# Whose module takes no blanks or points.
_GROUPED_BY_BLANKS = frozenset(("us.ssn",))


def _is_valid(check: str, found: str) -> bool:
    if not check:
        return True
    if check == "de_rvnr":
        return _is_pension_number("".join(filter(str.isalnum, found.upper())))
    module: _Module = import_module(f"stdnum.{check}")
    return module.is_valid(re.sub(r"[ .\u00a0]", "", found.upper()) if check in _GROUPED_BY_BLANKS else found.upper())


# Published weights of the German pension insurance number (VKVV § 4), digit sums of the products, modulo 10.
_PENSION_WEIGHTS: Sequence[int] = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)


def _is_pension_number(number: str) -> bool:
    day, month = int(number[2:4]), int(number[4:6])
    if not (1 <= day <= 31 or 51 <= day <= 81) or not 0 <= month <= 12:
        return False
    digits = f"{number[:8]}{ord(number[8]) - 64:02d}{number[9:11]}"
    products = (int(digit) * weight for digit, weight in zip(digits, _PENSION_WEIGHTS, strict=True))
    return sum(product // 10 + product % 10 for product in products) % 10 == int(number[11])
