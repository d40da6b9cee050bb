"""Numbers and dates of a sheet as it shows them, by their format codes (ECMA-376 part 1, 18.8.31)."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0", 49: "@",
}  # fmt: skip
_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|[_*].|\[\$([^\]-]*)[^\]]*\]|(\[(?:h+|m+|s+)\])|\[[^\]]*\]|'
    r"(general)|(am/pm|a/p)|(y+|m+|d+|h+|s+)|([#0?][#0?,]*(?:\.[#0?]+)?,*(?:e[+-][#0?]+)?|\.[#0?]+)|(.)",
    re.I | re.S,
)
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_LAST_DAY = 2_958_466  # of the year 9999


class _Part(NamedTuple):
    kind: str  # "literal", "date", "elapsed", "noon", "number" or "general"
    text: str


def shown(value: float, code: str, *, from_1904: bool = False) -> str:
    """`value` as a cell of format `code` shows it; dates of which day and month could be mixed up also as ISO 8601."""
    sections = _sections(code)
    at = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    parts = sections[at]
    if any(part.kind in ("date", "elapsed") for part in parts):
        return _date(value, parts, from_1904=from_1904)
    return _number(abs(value) if at == 1 else value, parts)


@lru_cache(maxsize=1000)
def _sections(code: str) -> tuple[tuple[_Part, ...], ...]:
    """The parts of the sections for positive, negative and zero values."""
    sections: list[list[_Part]] = [[]]
    for found in _TOKEN.finditer(code):
        quoted, escaped, currency, elapsed, general, noon, date, number, other = found.groups()
        if other == ";":
            sections.append([])
        elif general:
            sections[-1].append(_Part("general", ""))
        elif elapsed or noon or date:
            kind = "elapsed" if elapsed else "noon" if noon else "date"
            sections[-1].append(_Part(kind, (elapsed or noon or date).lower()))
        elif number:
            sections[-1].append(_Part("number", number))
        else:
            sections[-1].append(_Part("literal", quoted or escaped or currency or other or ""))
    return tuple(_with_minutes(section) for section in sections)


def _with_minutes(parts: list[_Part]) -> tuple[_Part, ...]:
    """`m` is a month unless it stands behind hours or before seconds: then it becomes `n`."""
    timed = [at for at, part in enumerate(parts) if part.kind in ("date", "elapsed")]
    for place, at in enumerate(timed):
        if parts[at].text not in ("m", "mm"):
            continue
        before = parts[timed[place - 1]].text.strip("[]") if place else ""
        after = parts[timed[place + 1]].text if place + 1 < len(timed) else ""
        if before.startswith("h") or after.startswith("s"):
            parts[at] = _Part("date", parts[at].text.replace("m", "n"))
    return tuple(parts)


def general(value: float) -> str:
    """A number without a format."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.10g}"


def _number(value: float, parts: tuple[_Part, ...]) -> str:
    numbers = [part.text for part in parts if part.kind == "number"]
    literals = "".join(part.text for part in parts if part.kind == "literal")
    if not numbers:
        if any(part.kind == "general" for part in parts) or "@" in literals or not literals:
            return general(value)
        return literals.strip()
    if "%" in literals:
        value *= 100
    if "/" in literals and len(numbers) > 1:
        return _fraction(value, len(numbers[-1]), whole=len(numbers) > 2)
    written = False
    out: list[str] = []
    for part in parts:
        if part.kind != "number":
            out.append(part.text)
        elif not written:
            out.append(_digits(value, part.text))
            written = True
    return " ".join("".join(out).split())


def _digits(value: float, pattern: str) -> str:
    mantissa, _, exponent = pattern.partition("E") if "E" in pattern else pattern.partition("e")
    whole, _, decimals = mantissa.partition(".")
    if exponent:
        return f"{value:.{len(decimals)}E}"
    scaled = len(mantissa) - len(mantissa.rstrip(","))
    value /= 1000**scaled
    decimals = decimals.rstrip(",")
    separator = "," if "," in whole.rstrip(",") else ""
    text = f"{value:{separator}.{len(decimals)}f}"
    for optional in reversed(decimals):
        if optional != "0" and text.endswith("0"):
            text = text[:-1]
        else:
            break
    text = text.removesuffix(".")
    least = whole.count("0")
    sign, bare = ("-", text[1:]) if text.startswith("-") else ("", text)
    front, dot, back = bare.partition(".")
    if not separator:
        front = front.zfill(least)
    return f"{sign}{front}{dot}{back}"


def _fraction(value: float, digits: int, *, whole: bool) -> str:
    found = Fraction(value).limit_denominator(10 ** min(digits, 4) - 1)
    entire, rest = divmod(abs(found.numerator), found.denominator) if whole else (0, abs(found.numerator))
    sign = "-" if value < 0 else ""
    fraction = f"{rest}/{found.denominator}" if rest else ""
    return sign + " ".join(part for part in (str(entire) if entire or not fraction else "", fraction) if part)


def _date(value: float, parts: tuple[_Part, ...], *, from_1904: bool) -> str:
    if not -_LAST_DAY < value < _LAST_DAY or (value < 0 and not any(part.kind == "elapsed" for part in parts)):
        return general(value)
    day = int(value // 1)
    moment = dt.datetime(1904, 1, 1) if from_1904 else dt.datetime(1899, 12, 30)
    # To the millisecond: the fraction of a day that a file holds is seldom exact.
    moment += dt.timedelta(days=day, milliseconds=round((value - day) * 86_400_000))
    has_noon = any(part.kind == "noon" for part in parts)
    out: list[str] = []
    for part in parts:
        if part.kind == "date":
            out.append(_field(moment, part.text, twelve=has_noon))
        elif part.kind == "elapsed":
            out.append(_elapsed(value, part.text))
        elif part.kind == "noon":
            out.append("PM" if moment.hour >= 12 else "AM")
        elif part.kind == "number":
            out.append(f".{moment.microsecond // 1000:03}"[: len(part.text)])
        else:
            out.append(part.text)
    text = " ".join("".join(out).replace("@", "").split())
    return f"{text} ({moment.date().isoformat()})" if _is_ambiguous(parts) else text


def _is_ambiguous(parts: tuple[_Part, ...]) -> bool:
    """Whether day and month are both numbers and the year does not come first."""
    fields = [part.text for part in parts if part.kind == "date"]
    numeric = {field[0] for field in fields if len(field) <= 2 and field[0] in "dm"}
    return numeric == {"d", "m"} and not fields[0].startswith("y")


def _field(moment: dt.datetime, field: str, *, twelve: bool) -> str:
    letter, width = field[0], len(field)
    if letter == "y":
        return f"{moment.year:04}" if width > 2 else f"{moment.year % 100:02}"
    if letter == "m" and width > 2:
        name = _MONTHS[moment.month - 1]
        return name if width == 4 else name[0] if width == 5 else name[:3]
    if letter == "d" and width > 2:
        name = _DAYS[moment.weekday()]
        return name if width > 3 else name[:3]
    hour = (moment.hour - 1) % 12 + 1 if twelve else moment.hour
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[letter]
    return f"{number:0{width}}"


def _elapsed(value: float, field: str) -> str:
    seconds = round(value * 86_400)
    unit = {"h": 3600, "m": 60, "s": 1}[field[1]]
    return f"{seconds // unit:0{len(field) - 2}}"
