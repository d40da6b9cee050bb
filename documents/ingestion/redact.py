"""The third stage: personal data is dealt with as the collection's policy says.

Looking for it costs time, so the policy "allow" does not look at all. Under "redact" each value becomes a placeholder
such as [PERSON_1], and elements, pages, lines and words move along: they go on pointing at the same places.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from documents import hidden
from documents.hidden import Hidden
from documents.ingestion.errors import Reason
from documents.ingestion.replacing import Edit, Moved, moved_lines
from documents.ingestion.types import Element, Page, ParsedDocument
from documents.models import Collection
from ragapp.privacy.personal_data.types import Finding, Kind

NONE = "none"
Policy = Collection.PersonalData
# A million addresses in a sheet are counted and redacted all, but a list of them helps nobody.
LISTED_MAX = 2000
_NAME_MARKS = re.compile(r"[_.+\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a collection asks for."""

    policy: str = Policy.ALLOW
    kinds: tuple[Kind, ...] = ()

    @property
    def label(self) -> str:
        """What an extraction under this rule is marked with: another label means other text or other findings."""
        if self.policy == Policy.ALLOW:
            return NONE
        from ragapp.privacy.personal_data.detect import VERSION

        kinds = sha256(" ".join(sorted(self.kinds)).encode()).hexdigest()[:6]
        return f"{self.policy}-{VERSION}-{kinds}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A finding in the text as it is stored; `placeholder` stands there, or is "" where the text is unchanged."""

    kind: Kind
    start: int
    end: int
    page: int | None
    placeholder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found: all of it counted, the first places listed, and the kinds in the file's own name."""

    counts: dict[str, int]
    places: tuple[Place, ...]
    in_name: tuple[str, ...] = ()


def is_strict(label: str) -> bool:
    """Whether an extraction with this label holds less than the document, so that older ones must go."""
    return label.startswith((Policy.REDACT, Policy.QUARANTINE))


def hides(label: str) -> bool:
    """Whether an extraction with this label has placeholders for values."""
    return label.startswith(Policy.REDACT)


def file_name(filename: str, label: str) -> str:
    """What passages may say of the file's name: nothing, where the text is redacted and the name may not be."""
    return "" if hides(label) else filename


def blanked(held_for: Sequence[Reason], language: str, rule: Rule) -> list[Reason]:
    """The reasons with the kind in place of each value in what they quote, where values must not be kept."""
    if rule.policy != Policy.REDACT:
        return list(held_for)
    return [replace(reason, quote=_masked(reason.quote, language, rule, Hidden())) for reason in held_for]


def masked(sentences: Sequence[str], rule: Rule) -> list[str]:
    """What is said of a file, with the kind in place of each value, where values must not be kept."""
    if rule.policy != Policy.REDACT:
        return list(sentences)
    return [_masked(sentence, "", rule, Hidden()) for sentence in sentences]


def rule_of(collection: Collection) -> Rule:
    """The rule that holds for `collection` now."""
    kinds = tuple(kind for kind in Kind if kind in collection.personal_data_kinds)
    return Rule(policy=collection.personal_data if kinds else Policy.ALLOW, kinds=kinds)


def look(document: ParsedDocument, rule: Rule) -> list[Finding]:
    """The personal data in the text; none, without looking, where the policy is "allow"."""
    if rule.policy == Policy.ALLOW:
        return []
    from ragapp.privacy.personal_data.detect import find

    return find(document.text, language=document.language, kinds=rule.kinds)


def look_in_name(name: str, document: ParsedDocument, rule: Rule) -> tuple[str, ...]:
    """The kinds of personal data in a file's path or name."""
    return tuple(sorted({finding.kind.value for finding in _findings(_readable(name), document.language, rule)}))


def reasons(found: Sequence[Finding]) -> list[Reason]:
    """Why a document is held: how much of which kind, never the values themselves."""
    counts = Counter(finding.kind for finding in found)
    return [Reason(kind="personal_data", detail=f"{kind.label}: {number}") for kind, number in counts.most_common()]


def report_on(document: ParsedDocument, found: Sequence[Finding], *, in_name: tuple[str, ...] = ()) -> Report:
    """What was found in a text that stays as it is."""
    places = tuple(
        Place(kind=one.kind, start=one.start, end=one.end, page=page)
        for one, page in zip(found[:LISTED_MAX], _pages_of(document, found[:LISTED_MAX]), strict=True)
    )
    return Report(counts=dict(Counter(one.kind.value for one in found)), places=places, in_name=in_name)


def hide(
    document: ParsedDocument,
    found: Sequence[Finding],
    rule: Rule,
    known: Hidden,
    *,
    title: str,
    in_name: tuple[str, ...] = (),
) -> tuple[ParsedDocument, Report]:
    """The document with a placeholder for each finding, in its title, its columns' and its sheets' names too.

    `known` gives the placeholders and keeps the values. `title` is what the document is called where it says nothing
    itself.
    """
    edits = [
        Edit(part.start, part.end, known.placeholder(one.kind, document.text[one.start : one.end]), one.kind)
        for one in found
        for part in _within_elements(one, document.elements)
    ]
    moved = Moved(edits)

    def masked(text: str) -> str:
        return known.mask(_masked(text, document.language, rule, known))

    elements = tuple(
        replace(e, start=moved.start(e.start), end=moved.end(e.end), header=tuple(map(masked, e.header)))
        for e in document.elements
    )
    pages = tuple(
        replace(
            page,
            start=moved.start(page.start),
            end=moved.end(page.end),
            label=masked(page.label),
            lines=moved_lines(page.lines, moved),
        )
        for page in document.pages
    )
    result = replace(
        document,
        text=moved.text(document.text),
        elements=elements,
        pages=pages,
        title=masked(document.title) if document.title else _masked_name(title, masked),
    )
    return result, _report_of(result, edits, moved, in_name)


def applied(
    document: ParsedDocument, found: Sequence[Finding], rule: Rule, *, document_id: UUID, path: str
) -> tuple[ParsedDocument, dict[str, Any]]:
    """The document as it may be stored under `rule`, and the report as JSON; {} where nobody looked.

    What is hidden is kept for the document `document_id`, on whose row the caller holds a lock.
    """
    in_name = look_in_name(path, document, rule)
    if rule.policy == Policy.ALLOW:
        return document, {}
    if rule.policy != Policy.REDACT:
        return document, to_json(report_on(document, found, in_name=in_name))
    known = hidden.load(document_id)
    result, made = hide(document, found, rule, known, title=PurePosixPath(path).stem, in_name=in_name)
    hidden.save(document_id, known)
    return result, to_json(made)


def to_json(report: Report) -> dict[str, Any]:
    """The report as plain JSON, without any value."""
    return {
        "counts": report.counts,
        "places": [[one.kind.value, one.start, one.end, one.page, one.placeholder] for one in report.places],
        "in_name": list(report.in_name),
    }


def _within_elements(finding: Finding, elements: Sequence[Element]) -> Iterable[Finding]:
    """The finding cut where one element ends and the next begins, so that none of them loses its own edge."""
    first = bisect_right(elements, finding.start, key=lambda element: element.end)
    at = finding.start
    for element in elements[first:]:
        if element.start >= finding.end:
            break
        if at < element.start:
            yield replace(finding, start=at, end=element.start)
            at = element.start
        if element.end < finding.end:
            yield replace(finding, start=at, end=element.end)
            at = element.end
    if at < finding.end:
        yield replace(finding, start=at)


def _report_of(document: ParsedDocument, edits: Sequence[Edit], moved: Moved, in_name: tuple[str, ...]) -> Report:
    listed = edits[:LISTED_MAX]
    spans = [Finding(start=moved.start(e.start), end=moved.end(e.end), kind=e.kind, detail="") for e in listed]
    places = tuple(
        Place(kind=span.kind, start=span.start, end=span.end, page=page, placeholder=edit.text)
        for span, edit, page in zip(spans, listed, _pages_of(document, spans), strict=True)
    )
    return Report(counts=dict(Counter(edit.kind.value for edit in edits)), places=places, in_name=in_name)


def _pages_of(document: ParsedDocument, found: Sequence[Finding]) -> list[int | None]:
    """The page on which each finding, in order, begins."""
    pages: Sequence[Page] = document.pages
    starts = [page.start for page in pages]
    return [pages[at - 1].number if (at := bisect_right(starts, one.start)) else None for one in found]


def _findings(text: str, language: str, rule: Rule) -> list[Finding]:
    if rule.policy == Policy.ALLOW or not text:
        return []
    from ragapp.privacy.personal_data.detect import find

    return find(text, language=language, kinds=rule.kinds)


def _masked(text: str, language: str, rule: Rule, known: Hidden) -> str:
    edits = [
        Edit(one.start, one.end, known.placeholder(one.kind, text[one.start : one.end]), one.kind)
        for one in _findings(text, language, rule)
    ]
    return Moved(edits).text(text) if edits else text


def _readable(name: str) -> str:
    """A file's name as words: "cv_ada-byron.pdf" hides a person from any detector; an address stays as it is."""
    return name if "@" in name else _NAME_MARKS.sub(" ", name).replace("/", "\n")


def _masked_name(title: str, masked: Any) -> str:
    """A title that was a file's name: its marks are only changed where something is hidden in it."""
    words = _readable(title)
    changed: str = masked(words)
    return changed if changed != words else title
