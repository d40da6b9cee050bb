"""All detectors over one text, their overlaps resolved."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from ragapp.privacy.personal_data import contact, labelled, names, national, numbers
from ragapp.privacy.personal_data.types import DEFAULT_KINDS, Finding, Kind

# Raised whenever other findings come of the same text: stored findings say which version made them.
VERSION = "1"
# A name that was found is looked for again everywhere, so that none is left because its sentence was odd.
_MOST_AGAIN = 2000
_FIRST = re.compile(r"(?<![\w-])(?:\w+|[^\w\s])")
_GOES_ON = re.compile(r"[\w-]")

# Of two that overlap, what has check digits names the kind; then the longer one.
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            Kind.SECRET, Kind.IBAN, Kind.EMAIL, Kind.CARD, Kind.ID, Kind.DOCUMENT, Kind.BIRTH_DATE, Kind.IP, Kind.PHONE,
            Kind.PERSON, Kind.PLACE,
        )
    )
}  # fmt: skip


def find(text: str, *, language: str = "", kinds: Collection[Kind] = DEFAULT_KINDS) -> list[Finding]:
    """The personal data of `kinds` in `text`, in order, never overlapping.

    Patterns work in any language. `language` (ISO 639-1) decides about names: the model reads English, and text whose
    language is not known; elsewhere only titles, labels and greetings tell a name.
    """
    found = [finding for finding in _all(text, language, kinds) if finding.kind in kinds]
    if Kind.PERSON in kinds:
        found += _again(text, found)
    return resolve(found)


def _all(text: str, language: str, kinds: Collection[Kind]) -> Iterator[Finding]:
    for detector in (
        contact.emails, contact.network_addresses,
        contact.phones, numbers.bank_accounts, numbers.cards, national.numbers,
        labelled.documents, labelled.birth_dates, labelled.secrets,
    ):  # fmt: skip
        yield from detector(text)
    if Kind.PERSON in kinds:
        yield from names.titled(text)
        yield from names.listed(text)
    if language in ("", names.LANGUAGE) and (Kind.PERSON in kinds or Kind.PLACE in kinds):
        yield from names.recognised(text, places=Kind.PLACE in kinds)


def _again(text: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """Where a name that was found stands again: as a whole, or its first or last part alone."""
    values = {text[one.start : one.end] for one in found if one.kind is Kind.PERSON}
    whole = sorted((value for value in values if " " in value), key=len, reverse=True)[:_MOST_AGAIN]
    if not whole:
        return
    parts = {part for value in whole for part in (value.split()[0], value.split()[-1]) if names.is_name_alone(part)}
    # One pattern of thousands of names would be tried at every word: a word is looked up, with the lengths it may have.
    wanted = {*whole, *parts}
    lengths: dict[str, set[int]] = {}
    for value in wanted:
        if first := _FIRST.match(value):
            lengths.setdefault(first.group(), set()).add(len(value))
    longest_first = {first: sorted(found, reverse=True) for first, found in lengths.items()}
    reached = 0
    for match in _FIRST.finditer(text):
        start = match.start()
        for length in longest_first.get(match.group(), ()) if start >= reached else ():
            end = start + length
            if text[start:end] in wanted and not _GOES_ON.match(text, end):
                yield Finding(start=start, end=end, kind=Kind.PERSON, detail="name-again")
                reached = end
                break


def resolve(found: Iterable[Finding]) -> list[Finding]:
    """Findings in order. Those that overlap become one, of the surest kind: nothing that any covers is left out."""
    kept: list[Finding] = []
    for finding in sorted(set(found)):
        if kept and finding.start < kept[-1].end:
            kept[-1] = _joined(kept[-1], finding)
        else:
            kept.append(finding)
    return kept


def _joined(one: Finding, other: Finding) -> Finding:
    surer = min((one, other), key=lambda finding: (_RANK[finding.kind], finding.start - finding.end))
    return Finding(start=min(one.start, other.start), end=max(one.end, other.end), kind=surer.kind, detail=surer.detail)
