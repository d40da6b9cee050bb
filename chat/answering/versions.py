"""Two versions of one document that say different things, which of them is followed, and what is out of date."""

import re
from collections.abc import Sequence
from datetime import date

from chat.answering import scoring
from chat.answering.types import Evidence
from documents.retrieval.analyse import analyse
from documents.retrieval.types import Hit

# Two sentences of two versions are about the same thing when this share of their words is the same.
SAME_SUBJECT = 0.4
RIVAL_MARGIN = 4.0
YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NUMBER_WORDS = {
    word: str(number)
    for words in (
        "one two three four five six seven eight nine ten eleven twelve",
        "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    )
    for number, word in enumerate(words.split(), start=1)
}
_SPELLED = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)


def rivals(
    question: str, evidence: Sequence[Evidence], hits: Sequence[Hit], *, languages: Sequence[str], today: date
) -> tuple[int, int, bool] | None:
    """The hit to follow, the one to set aside, and whether the question asked for that version. None: no rivals."""
    top = evidence[0]
    asked = scoring.ask(question, languages)
    for piece in evidence[1:]:
        if piece.score < top.score - RIVAL_MARGIN:
            break
        here, there = hits[top.hit], hits[piece.hit]
        if here.document_id == there.document_id or not _same_work(here, there):
            continue
        named = set(YEAR.findall(question))
        if named & years_of(here) and not named & years_of(there):
            return top.hit, piece.hit, True
        if named & years_of(there) and not named & years_of(here):
            return piece.hit, top.hit, True
        if scoring.share_about(asked, here) != scoring.share_about(asked, there):
            # A report of another quarter, or of another company, is no version of the one that was asked for.
            continue
        if not _disagree(top, piece, here.language):
            continue
        first, second = sorted((top.hit, piece.hit), key=lambda place: _standing(hits[place], today), reverse=True)
        return first, second, False
    return None


def outdated(question: str, evidence: Sequence[Evidence], hits: Sequence[Hit], today: date) -> frozenset[int]:
    """Hits of a version whose successor is there too and speaks of the same; not those of a year that was asked for."""
    named = set(YEAR.findall(question))
    found = set()
    for piece in evidence:
        here = hits[piece.hit]
        if piece.hit in found or named & years_of(here):
            continue
        for other in evidence:
            there = hits[other.hit]
            if (
                here.document_id != there.document_id
                and _same_work(here, there)
                and _standing(there, today)[0]
                and _standing(there, today) > _standing(here, today)
                and _is_about_the_same(piece, other, here.language)
            ):
                found.add(piece.hit)
                break
    return frozenset(found)


def _same_work(one: Hit, other: Hit) -> bool:
    """Titles that differ only in numbers: a policy of 2025 and one of 2026. "q2-2024" is a title in every folder."""
    first, second = (_words(hit.title) for hit in (one, other))
    if max(map(len, first), default=0) < 3:
        first, second = (_words(hit.path) for hit in (one, other))
    return bool(first) and first == second


def _words(title: str) -> set[str]:
    return {word for word in re.findall(r"[^\W\d_]+", title.casefold()) if word not in ("version", "v", "draft")}


def _disagree(one: Evidence, other: Evidence, language: str) -> bool:
    """About the same thing, with other numbers."""
    return _is_about_the_same(one, other, language) and _figures(one.text) != _figures(other.text)


def _is_about_the_same(one: Evidence, other: Evidence, language: str) -> bool:
    first, second = (frozenset(analyse(_without_figures(piece.text), language)) for piece in (one, other))
    together = len(first | second) or 1
    return len(first & second) / together >= SAME_SUBJECT or _section(one) == _section(other) != ""


def _figures(text: str) -> set[str]:
    """The numbers, those up to twelve also where they are spelled."""
    return {*_NUMBER.findall(text), *(_NUMBER_WORDS[word.casefold()] for word in _SPELLED.findall(text))}


def _without_figures(text: str) -> str:
    return _SPELLED.sub(" ", _NUMBER.sub(" ", text))


def _section(piece: Evidence) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", piece.around.rpartition("›")[2].casefold()))


def years_of(hit: Hit) -> set[str]:
    """The years in title and path, else the one from which it holds."""
    years = set(YEAR.findall(f"{hit.title} {hit.path}"))
    return years or ({str(hit.valid_from.year)} if hit.valid_from else set())


def differ_in_time(one: Hit, other: Hit) -> bool:
    """Whether their dates tell which of them is the newer one."""
    return one.valid_from != other.valid_from or years_of(one) != years_of(other)


def _standing(hit: Hit, today: date) -> tuple[bool, date]:
    """Valid already, then the latest."""
    year = max(years_of(hit), default="")
    since = hit.valid_from or (date(int(year), 1, 1) if year else date.min)
    return since <= today, since
