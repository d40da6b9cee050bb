"""Values in a sentence: durations, amounts, shares, dates, times, counts; each with what it measures.

Two values of one kind are compared by their number, so that two weeks and 14 days are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_DAY = 24 * 60.0
# Unit, in small letters: what it measures and how many of the smallest it is.
_UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("second", "seconds", "sekunde", "sekunden", "segundos", "secondes"), ("duration", 1 / 60)),
    **dict.fromkeys(("minute", "minutes", "min", "minuten", "minutos"), ("duration", 1.0)),
    **dict.fromkeys(("hour", "hours", "hrs", "h", "stunde", "stunden", "horas", "hora", "heure", "heures"),
                    ("duration", 60.0)),
    **dict.fromkeys(("day", "days", "tag", "tage", "tagen", "día", "días", "dias", "jour", "jours", "天", "日"),
                    ("duration", _DAY)),
    **dict.fromkeys(("week", "weeks", "woche", "wochen", "semana", "semanas", "semaine", "semaines", "周"),
                    ("duration", 7 * _DAY)),
    **dict.fromkeys(("month", "months", "monat", "monate", "monaten", "mes", "meses", "mois", "个月"),
                    ("duration", 30 * _DAY)),
    **dict.fromkeys(("year", "years", "jahr", "jahre", "jahren", "año", "años", "an", "ans", "années", "年"),
                    ("duration", 365 * _DAY)),
    **dict.fromkeys(("%", "percent", "per cent", "prozent", "por ciento", "pour cent"), ("share", 1.0)),
    **dict.fromkeys(("€", "eur", "euro", "euros"), ("euros", 1.0)),
    **dict.fromkeys(("$", "usd", "dollar", "dollars", "us$"), ("dollars", 1.0)),
    **dict.fromkeys(("£", "gbp", "pound", "pounds"), ("pounds", 1.0)),
    **dict.fromkeys(("chf", "franken"), ("francs", 1.0)),
    **dict.fromkeys(("mm",), ("length", 0.001)), **dict.fromkeys(("cm",), ("length", 0.01)),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), ("length", 1.0)),
    **dict.fromkeys(("km", "kilometres", "kilometers", "kilometer"), ("length", 1000.0)),
    **dict.fromkeys(("mile", "miles"), ("length", 1609.0)),
    **dict.fromkeys(("g",), ("mass", 0.001)), **dict.fromkeys(("kg", "kilograms"), ("mass", 1.0)),
    **dict.fromkeys(("°c", "degrees"), ("temperature", 1.0)),
    **dict.fromkeys(("bar",), ("pressure", 1.0)), **dict.fromkeys(("mb",), ("memory", 1.0)),
    **dict.fromkeys(("gb",), ("memory", 1000.0)), **dict.fromkeys(("tb",), ("memory", 1e6)),
}  # fmt: skip
_WORDS = {
    **dict(zip("one two three four five six seven eight nine ten eleven twelve".split(), range(1, 13), strict=True)),
    **dict(zip("ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf".split(), range(1, 13), strict=True)),
    **dict(zip("un dos tres cuatro cinco seis siete ocho nueve diez".split(), range(1, 11), strict=True)),
    **dict(zip("deux trois quatre cinq six sept huit neuf dix".split(), range(2, 11), strict=True)),
    "einen": 1, "einem": 1, "eine": 1, "einer": 1, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100, "zwanzig": 20, "dreißig": 30, "sechzig": 60,
    "vierzehn": 14, "fünfzehn": 15, "neunzig": 90, "treinta": 30, "veinte": 20, "trente": 30, "vingt": 20,
    "quinze": 15,
}  # fmt: skip
_MONTHS = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    )
    for number, name in enumerate(names.split(), start=1)
}
MONTHS = "|".join(sorted(_MONTHS, key=len, reverse=True))
_UNIT = "|".join(sorted((re.escape(unit) for unit in _UNITS if unit not in "€$£"), key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:[,.'’\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?"
_DATE = re.compile(
    rf"\b(?P<y>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)\b|\b(?P<d2>\d{{1,2}})\.(?P<m2>\d{{1,2}})\.(?P<y2>(?:19|20)\d\d)\b|"
    rf"\b(?P<d3>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:de\s+|of\s+)?(?P<m3>{MONTHS})\b(?:,?\s+(?:de\s+)?(?P<y3>(?:19|20)\d\d))?|"
    rf"\b(?P<m4>{MONTHS})\s+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y4>(?:19|20)\d\d))?",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?P<h>[01]?\d|2[0-4])[:.](?P<min>[0-5]\d)(?!\d|[.,]\d|\s*(?:%|€|eur))\s*(?P<half>[ap]\.?m\b\.?|uhr)?|"
    r"\b(?P<h2>1[0-2]|\d)\s*(?P<half2>[ap]\.?m\b\.?|uhr\b)",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    rf"(?P<sign>€|US\$|\$|£|\bEUR|\bUSD|\bGBP|\bCHF)\s?(?P<n1>{_NUMBER})(?:\s?(?P<k1>k|thousand|million|m|bn)\b)?|"
    rf"(?<![\w.,/#§-])(?P<n2>{_NUMBER})(?:\s(?P<k2>thousand|million))?(?:\s|-)?(?P<unit>{_UNIT}|[€$£])(?![\w²³])|"
    rf"\b(?P<w>{'|'.join(_WORDS)})[\s-](?P<unit2>{_UNIT})(?![\w²³])",
    re.IGNORECASE,
)
_COUNT = re.compile(rf"(?<![\w.,/#§:-])(?P<n>{_NUMBER})(?![\w/:-]|[.,]\d)|\b(?P<w>{'|'.join(_WORDS)})\b", re.IGNORECASE)
_NEXT = re.compile(r"\s+([^\W\d_]{3,})")
_ORDINALS = {
    **dict(zip("first second third fourth fifth sixth seventh eighth ninth tenth".split(), range(1, 11), strict=True)),
    **dict(zip("ersten zweiten dritten vierten fünften sechsten".split(), range(1, 7), strict=True)),
}
_ORDINAL = re.compile(rf"\b(?:(?P<n>\d{{1,2}})(?:st|nd|rd|th)|(?P<w>{'|'.join(_ORDINALS)}))(?=\s+[^\W\d_]{{3}})", re.I)
_NO_NOUN = frozenset(
    "and the for from with und der die das von bis per pro que los las des les und oder not are who can may must has "
    "should will that else another more way".split()
)
_FACTOR = {"k": 1e3, "thousand": 1e3, "million": 1e6, "m": 1e6, "bn": 1e9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value of a sentence: `kind` is what it measures, `amount` its number in the smallest unit of that."""

    kind: str
    amount: float
    text: str
    start: int
    end: int


def values(text: str) -> list[Value]:
    """The values of a sentence, in reading order."""
    found: list[Value] = []
    taken = [False] * len(text)
    for source in (_dates, _times, _measures, _ordinals, _counts):
        for value in source(text):
            if not any(taken[value.start : value.end]):
                taken[value.start : value.end] = [True] * (value.end - value.start)
                found.append(value)
    return sorted(found, key=lambda value: value.start)


def differ(a: Value, b: Value) -> bool:
    """Whether two values of one kind cannot both be right. A month has 28 to 31 days."""
    if a.kind == "duration":
        return abs(a.amount - b.amount) > 0.04 * max(a.amount, b.amount)
    return abs(a.amount - b.amount) > 1e-6 * max(1.0, abs(a.amount), abs(b.amount))


def _dates(text: str) -> Iterator[Value]:
    for match in _DATE.finditer(text):
        part = {name[0] if name[0] in "ymd" else name: value for name, value in match.groupdict().items() if value}
        month = _MONTHS.get(part["m"].lower()) or (int(part["m"]) if part["m"].isdecimal() else 0)
        try:
            day = date(int(part.get("y", 2000)), month, int(part["d"]))
        except ValueError:
            continue
        kind = "date" if "y" in part else "day of the year"
        yield Value(kind=kind, amount=float(day.toordinal()), text=match.group(), start=match.start(), end=match.end())


def _times(text: str) -> Iterator[Value]:
    for match in _TIME.finditer(text):
        half = (match["half"] or match["half2"] or "").lower()
        if match["min"] and "." in match.group() and not half:
            continue
        hour = int(match["h"] or match["h2"])
        if half.startswith("p") and hour < 12:
            hour += 12
        minutes = 60.0 * hour + int(match["min"] or 0)
        yield Value(kind="time", amount=minutes, text=match.group().strip(), start=match.start(), end=match.end())


def _measures(text: str) -> Iterator[Value]:
    for match in _MEASURE.finditer(text):
        unit = (match["sign"] or match["unit"] or match["unit2"]).lower()
        kind, factor = _UNITS[unit]
        number = float(_WORDS[match["w"].lower()]) if match["w"] else number_of(match["n1"] or match["n2"])
        scale = _FACTOR.get((match["k1"] or match["k2"] or "").lower(), 1.0)
        yield Value(kind=kind, amount=number * factor * scale, text=match.group(), start=match.start(), end=match.end())


def _ordinals(text: str) -> Iterator[Value]:
    for match in _ORDINAL.finditer(text):
        noun = _NEXT.match(text, match.end())
        word = noun[1].lower() if noun else ""
        if word and word not in _NO_NOUN:
            amount = float(match["n"] or _ORDINALS[match["w"].lower()])
            yield Value(
                kind=f"place {word[:5]}", amount=amount, text=match.group(), start=match.start(), end=match.end()
            )


def _counts(text: str) -> Iterator[Value]:
    for match in _COUNT.finditer(text):
        noun = _NEXT.match(text, match.end())
        word = noun[1].lower() if noun else ""
        if match["w"] and (not word or word in _NO_NOUN or match["w"].lower() in ("ein", "eine", "un", "six")):
            continue
        amount = float(_WORDS[match["w"].lower()]) if match["w"] else number_of(match["n"])
        kind = f"count {word[:5]}" if word and word not in _NO_NOUN else "count"
        yield Value(kind=kind, amount=amount, text=match.group(), start=match.start(), end=match.end())


def number_of(written: str) -> float:
    """What a number is worth, whichever sign parts its thousands and its decimals."""
    plain = re.sub(r"['’\u00a0\u202f]", "", written)
    plain = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", plain)
    return float(plain.replace(",", "."))
