"""From when a document holds, where it says so near its beginning."""

from __future__ import annotations

import re
from datetime import date

# A policy says it under its title or in its first section; further down, dates belong to something else.
READ_CHARS = 3000

_MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8,
    "september": 9, "october": 10, "november": 11, "december": 12,
    "januar": 1, "februar": 2, "märz": 3, "mai": 5, "juni": 6, "juli": 7, "oktober": 10, "dezember": 12,
    "janvier": 1, "février": 2, "mars": 3, "avril": 4, "juin": 6, "juillet": 7, "août": 8, "septembre": 9,
    "octobre": 10, "novembre": 11, "décembre": 12,
    "enero": 1, "febrero": 2, "marzo": 3, "abril": 4, "mayo": 5, "junio": 6, "julio": 7, "agosto": 8,
    "septiembre": 9, "octubre": 10, "noviembre": 11, "diciembre": 12,
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_SAYS = (
    r"(?:valid(?:ity)?|effective|in (?:force|effect)|applies|applicable)"
    r"(?: date)?(?: is)?(?: as)?(?: from| of| since| on)?"
    r"|(?:gültig|gilt|in kraft)(?: seit| ab| vom| von)?|en vigueur(?: le| depuis le| à partir du| à compter du)?"
    r"|(?:vigente|válid[oa]|en vigor)(?: desde| a partir)?(?: el| del)?"
)
_DATE = (
    r"(?:(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"
    r"|(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.(?P<y2>\d{4})"
    rf"|(?P<d3>\d{{1,2}})(?:\.|st|nd|rd|th|er)?(?: de| of)? (?P<m3>{_MONTH})(?: de|,)? (?P<y3>\d{{4}})"
    rf"|(?P<m4>{_MONTH}) (?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y4>\d{{4}}))"
)
_STATEMENT = re.compile(rf"\b(?:{_SAYS})[:\s|]+(?:the |dem |le )?{_DATE}\b", re.IGNORECASE)


def valid_from(text: str) -> date | None:
    """The first such date in the beginning of `text`; None where it names none, or none that exists.

    Dates like 2/1/2026, which are read in two ways, are not taken.
    """
    for match in _STATEMENT.finditer(text[:READ_CHARS]):
        parts = {name[0]: value for name, value in match.groupdict().items() if value}
        month = _MONTHS.get(parts["m"].lower()) or int(parts["m"])
        try:
            return date(int(parts["y"]), month, int(parts["d"]))
        except ValueError:
            continue
    return None
