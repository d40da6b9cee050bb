"""Answers without a language model: the best sentences, rows and list items of the passages, each with its marker."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from chat.answering.language import say
from chat.answering.types import Decision, Draft, Evidence
from chat.releases.settings import AnswerSettings
from documents.retrieval.pieces import LIST_MARK, says_a_figure
from documents.retrieval.types import Hit
from ragapp.lib.text import sentences

# Sentences that follow each other share a marker; their quote then spans both.
APART_CHARS = 3
QUOTE_CHARS = 600
# What a sentence that ends with a colon announces is shown with it up to here.
ANNOUNCED_CHARS = 500
# A sentence with this share of the words of the shorter one repeats it.
REPEATED = 0.85
# What other passages than the best's add is about as near to the question in meaning (cosine).
FARTHER = 0.15
# A sentence that begins so takes back part of the one before: that one is not shown without it.
_TAKES_BACK = re.compile(
    r"(however|but|except|unless|only|no|not|neither|never|(this|these|it) do(es)? not|"
    r"nicht|kein\w*|nur|aber|jedoch|allerdings|ausgenommen|außer|(dies|das) gilt nicht)\b",
    re.IGNORECASE,
)


def run(
    evidence: Sequence[Evidence],
    hits: Sequence[Hit],
    decision: Decision,
    *,
    language: str,
    settings: AnswerSettings,
) -> Draft:
    """The sentences that answer best, the best first."""
    draft = _Draft(hits)
    chosen = [_with_what_takes_it_back(piece, hits[piece.hit]) for piece in choose(evidence, decision, settings)]
    for piece in _each_once(chosen):
        draft.add(piece)
    if decision.set_aside is not None and decision.followed is not None:
        other = next((piece for piece in evidence if piece.hit == decision.set_aside), None)
        if other is not None:
            draft.break_with(_two_documents(hits, decision.followed, decision.set_aside, language))
            draft.add(_with_what_takes_it_back(other, hits[other.hit]))
    return draft.finished()


def choose(evidence: Sequence[Evidence], decision: Decision, settings: AnswerSettings) -> list[Evidence]:
    """The pieces that are shown, the best first."""
    if decision.compared:
        return list(decision.compared)
    usable = [piece for piece in evidence if piece.hit not in decision.ignored]
    if decision.followed is not None:
        # Of two versions, the one that is followed speaks first.
        usable.sort(key=lambda piece: piece.hit != decision.followed)
    if not usable:
        return []
    first = usable[0]
    rest = sorted(usable[1:], key=lambda piece: -piece.score)
    near = [
        piece
        for piece in rest
        if piece.score >= first.score - _margin(piece, settings)
        and (piece.hit == first.hit or piece.dense >= first.dense - FARTHER)
        and _says_something(piece)
        and not _is_about_another(piece, first)
    ]
    chosen = [first]
    for piece in near:
        if len(chosen) < settings.answer_sentences and not any(_repeats(piece, other) for other in chosen):
            chosen.append(piece)
    return chosen


def _repeats(piece: Evidence, other: Evidence) -> bool:
    """Nearly the same words and no figure that `other` does not have: a copy, or a sentence said twice."""
    here, there = (set(re.findall(r"\w+", each.text.casefold())) for each in (piece, other))
    figures = {word for word in here if any(map(str.isdigit, word))}
    return len(here & there) >= REPEATED * max(1, min(len(here), len(there))) and figures <= there


def _margin(piece: Evidence, settings: AnswerSettings) -> float:
    """A row shares its column names with every other row of its table, so it must come closer to be worth showing."""
    return settings.row_margin if piece.kind == "row" else settings.sentence_margin


def _is_about_another(piece: Evidence, first: Evidence) -> bool:
    """Without the names and numbers of the question that the first piece has; those of a table row stand in it."""
    if piece.kind == "row" and piece.features.get("names", 0.0) < first.features.get("names", 0.0):
        return True
    return piece.names < first.names


def _says_something(piece: Evidence) -> bool:
    """No line of a title, a label or a signature: a row, a whole sentence, or an item of a list."""
    if piece.kind != "item":
        return True
    return bool(piece.lead_in or LIST_MARK.match(piece.text)) or says_a_figure(piece.text)


def _with_what_takes_it_back(piece: Evidence, hit: Hit) -> Evidence:
    """A sentence and, where they bound it, the next ones of its paragraph; what it announces where it ends so."""
    if piece.kind != "sentence":
        return piece
    if piece.text.endswith((":", "：")):
        end = _end_of_what_is_announced(piece, hit)
        return replace(piece, end=end, text=hit.text[piece.start - hit.start : end - hit.start])
    rest = hit.text[piece.end - hit.start :].partition("\n")[0]
    end = piece.end
    for start, stop in sentences(rest):
        if not _TAKES_BACK.match(rest[start:stop]) or piece.end + stop - piece.start > QUOTE_CHARS:
            break
        end = piece.end + stop
    return replace(piece, end=end, text=hit.text[piece.start - hit.start : end - hit.start])


def _end_of_what_is_announced(piece: Evidence, hit: Hit) -> int:
    """Where the paragraph or the list ends that "as follows:" stands before, or room for more lines."""
    at = piece.end - hit.start
    end, after_gap = at, 0
    for line in re.finditer(r"([^\n]*)(\n+|$)", hit.text[at:]):
        if not line[1].strip():
            continue
        is_item = LIST_MARK.match(line[1]) is not None
        if at + line.end(1) - (piece.start - hit.start) > ANNOUNCED_CHARS or (after_gap > 1 and not is_item):
            break
        end, after_gap = at + line.end(1), len(line[2])
    return hit.start + end


def _each_once(pieces: Sequence[Evidence]) -> list[Evidence]:
    """Without those that stand in another one, which comes in the place of the first of them."""
    kept: list[Evidence] = []
    for piece in pieces:
        around = [one for one in pieces if one.hit == piece.hit and one.start <= piece.start and one.end >= piece.end]
        widest = max(around, key=lambda one: one.end - one.start)
        if widest not in kept:
            kept.append(widest)
    return kept


def shown_as(piece: Evidence) -> str:
    """The words of a piece as Markdown: rows as "column: value" parts, items with the sentence that leads to them."""
    text = " ".join(piece.text.split())
    if piece.kind == "row":
        text = "; ".join(part.strip() for part in text.split("|") if part.strip())
    if piece.kind == "item":
        text = LIST_MARK.sub("", text)
        if piece.lead_in:
            text = f"{' '.join(piece.lead_in.split())} {text}"
    # A bracketed number of the document is no marker of ours, and a star no emphasis.
    text = re.sub(r"\[(\d{1,3})\]", r"(\1)", text)
    text = re.sub(r"([*`])", r"\\\1", text)
    return re.sub(r"^([#>+]|\d+[.)](?=\s))", r"\\\1", text)


class _Draft:
    """Text under construction: paragraphs by passage, markers in order of appearance."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self.hits = hits
        self.paragraphs: list[str] = []
        self.markers: dict[int, int] = {}
        self.quotes: dict[int, tuple[int, int]] = {}
        self.last_hit: int | None = None

    def add(self, piece: Evidence) -> None:
        marker = self._marker(piece)
        text = shown_as(piece)
        words = f"{text} [{marker}]"
        if piece.kind == "sentence" and self.last_hit == piece.hit:
            self.paragraphs[-1] += f" {words}"
        else:
            self.paragraphs.append(words)
        self.last_hit = piece.hit if piece.kind == "sentence" else None

    def break_with(self, sentence: str) -> None:
        self.paragraphs.append(sentence)
        self.last_hit = None

    def finished(self) -> Draft:
        return Draft(text="\n\n".join(self.paragraphs), markers=self.markers, quotes=self.quotes)

    def _marker(self, piece: Evidence) -> int:
        for marker, place in self.markers.items():
            start, end = self.quotes[marker]
            apart = max(piece.start - end, start - piece.end)
            joined = min(start, piece.start), max(end, piece.end)
            if place == piece.hit and apart <= APART_CHARS and joined[1] - joined[0] <= QUOTE_CHARS:
                self.quotes[marker] = joined
                return marker
        marker = len(self.markers) + 1
        self.markers[marker] = piece.hit
        self.quotes[marker] = (piece.start, piece.end)
        return marker


def _two_documents(hits: Sequence[Hit], followed: int, set_aside: int, language: str) -> str:
    newer, older = hits[followed], hits[set_aside]
    is_one_title = newer.title == older.title
    return say(
        "two_documents",
        language,
        newer=_name(newer, with_path=is_one_title),
        newer_date=_since(newer.valid_from, language),
        older=_name(older, with_path=is_one_title),
        older_date=_since(older.valid_from, language),
    )


def _name(hit: Hit, *, with_path: bool) -> str:
    """The title; where two have the same, with the path as it is written: no star or underscore of it is emphasis."""
    if not with_path:
        return hit.title
    path = re.sub(r"([\\`*_\[\]<>])", r"\\\1", hit.path)
    return f"{hit.title} ({path})"


def _since(day: date | None, language: str) -> str:
    return "" if day is None else say("valid_from", language, date=day.isoformat())
