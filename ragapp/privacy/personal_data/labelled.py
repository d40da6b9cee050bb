"""What only its label makes personal: passports, licences, dates of birth, passwords and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragapp.privacy.personal_data.types import Finding, Kind

# Everything that repeats has a bound, and no two repetitions of the same characters meet: the time grows with the text.
_GAP = r"\s{0,40}"
_BETWEEN = rf"(?:{_GAP}(?:card|no|nr|n°|nº|number|num|nummer|id|code|is|are|was|ist|est|es|[:#=|.(]|[-–])){{0,9}}{_GAP}"
_ISSUED = r"(?=[A-Z0-9 -]{0,36}\d[A-Z0-9 -]{0,36}\d)[A-Z0-9](?:[A-Z0-9]|[ -](?=[A-Z0-9]*\d)){4,17}(?![\w])"
_DOCUMENTS = re.compile(
    r"(?<!\w)(?:passport|reisepass(?:nummer)?|passeport|pasaporte|passaporto|paspoort(?:nummer)?"
    r"|driv(?:er|ing)(?:['’]?s)?['’]? licen[cs]e|führerschein(?:nummer)?|permis de conduire|carnet de conducir"
    r"|patente di guida"
    r"|identity card|id card|personalausweis(?:nummer)?|carte d['’]identité|carta d['’]identità"
    r"|residence permit|work permit|visa number|medical record|mrn|health insurance|insurance policy holder)"
    rf"{_BETWEEN}(?P<value>{_ISSUED})",
    re.IGNORECASE,
)
# The zone for machines on passports and identity cards (ICAO 9303).
_MACHINE_READABLE = re.compile(r"(?<!\S)[PIACV][A-Z<][A-Z<]{3}[A-Z0-9<]{25,39}(?:\s+[A-Z0-9<]{30,44}){1,2}(?!\S)")

_MONTH = r"[^\W\d_]{3,10}\.?"
_DAY = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/. ]\d{{1,2}}[-/. ]\d{{2,4}}"
    rf"|\d{{1,2}}(?:\.|st|nd|rd|th)?(?: de| of)? {_MONTH},?(?: de)? \d{{4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
_BIRTH = re.compile(
    r"(?<!\w)(?:(?:was |were |is )?born(?: on| in)?|date of birth|birth ?date|birthday|d\.?o\.?b\.?|geboren(?: am)?"
    r"|geb\.(?: am)?|geburtsdatum|geburtstag|née? le|date de naissance|nacid[oa] el|fecha de nacimiento|nat[oa] il"
    r"|data di nascita|geboortedatum|data urodzenia|födelsedatum|syntymäaika|data de nascimento)"
    rf"(?:[.?!]? (?:it['’]?s|it is|on|is|ist|est|was))?{_GAP}(?:[:|=]{_GAP})?(?:the |le |den )?(?P<value>{_DAY})(?!\d)",
    re.IGNORECASE,
)

_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private-key",
        re.compile(r"-----BEGIN (?P<k>[A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?)-----[^-]{16,16000}(?:-----END (?P=k)-----)?"),
    ),
    ("jwt", re.compile(r"(?<![\w-])eyJ[\w-]{8,2000}\.eyJ[\w-]{4,8000}\.[\w-]{16,2000}")),
    ("aws-key", re.compile(r"(?<!\w)(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)")),
    ("github-token", re.compile(r"(?<!\w)(?:gh[pousr]_\w{36,251}|github_pat_\w{22,251})(?!\w)")),
    ("gitlab-token", re.compile(r"(?<!\w)glpat-[\w-]{20,60}(?!\w)")),
    ("slack-token", re.compile(r"(?<!\w)xox[abeoprs]-[\w-]{10,250}(?!\w)")),
    ("stripe-key", re.compile(r"(?<!\w)[rs]k_(?:live|test)_\w{16,250}(?!\w)")),
    ("google-key", re.compile(r"(?<!\w)AIza[\w-]{35}(?![\w-])")),
    ("llm-key", re.compile(r"(?<!\w)sk-(?:proj-|ant-)?[\w-]{20,250}(?!\w)")),
    ("url-password", re.compile(r"(?<=://)[^\s:/@]{1,100}:(?P<value>[^\s/@]{3,200})(?=@[\w.-])")),
    (
        "password",
        re.compile(
            r"(?<!\w)(?:password|passwort|kennwort|mot de passe|contraseña|wachtwoord|passphrase|api[ _-]?key"
            r"|secret[ _-]?key|access[ _-]?token|client[ _-]?secret)\s{0,40}(?:[:=]|is:?)\s{0,40}[\"'`]?"
            r"(?P<value>(?=[^\s\"'`]{0,200}[\d!#$%&*+?^~])[^\s\"'`|<>{}]{6,200})",
            re.IGNORECASE,
        ),
    ),
)


def documents(text: str) -> Iterator[Finding]:
    """Numbers of passports, licences and identity cards that are named so, and machine-readable zones."""
    for match in _DOCUMENTS.finditer(text):
        start, end = match.span("value")
        yield Finding(start=start, end=end, kind=Kind.DOCUMENT, detail="document-number")
    for match in _MACHINE_READABLE.finditer(text):
        if match.group().count("<") >= 4:
            yield Finding(start=match.start(), end=match.end(), kind=Kind.DOCUMENT, detail="machine-readable-zone")


def birth_dates(text: str) -> Iterator[Finding]:
    """Whole dates that are said to be somebody's birth."""
    for match in _BIRTH.finditer(text):
        start, end = match.span("value")
        yield Finding(start=start, end=end, kind=Kind.BIRTH_DATE, detail="birth-date")


def secrets(text: str) -> Iterator[Finding]:
    """Private keys, tokens of known services, and values that are called a password or a key."""
    for name, pattern in _SECRETS:
        for match in pattern.finditer(text):
            start, end = match.span("value" if "value" in pattern.groupindex else 0)
            end -= len(text[start:end]) - len(text[start:end].rstrip(".,;)"))
            yield Finding(start=start, end=end, kind=Kind.SECRET, detail=name)
