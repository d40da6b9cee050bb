"""Cuts the hits into sentences, table rows and list items, and scores how well each answers the question."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chat.answering import scoring
from chat.answering.types import Evidence, Kind
from chat.releases.settings import AnswerSettings
from documents.retrieval.types import Hit
from ragapp.lib.text import sentences
from ragapp.llm import embedding

_ROW = re.compile(r"^[^|\n]{1,200}(\s\|\s[^|\n]*)+$|^[^:|\n.!?]{1,60}: \S.{0,200}$")
_ITEM = re.compile(r"^\s*([-–•*▪◦‣·]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+")
_ENDED = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")
HEADING_WORDS = 12
EMBEDDED_CHARS = 400
FRAGMENT_WORDS = 4
FRAGMENT_COSTS = 2.0
# Where no sentence has this share of the question's words, as in another language, words choose badly.
MET = 0.3


def run(question: str, hits: Sequence[Hit], *, languages: Sequence[str], settings: AnswerSettings) -> list[Evidence]:
    """The most promising sentences of `hits`, best first. Costs an embedding for each that was not met before."""
    asked = scoring.ask(question, languages)
    found = _distinct([piece for place, hit in enumerate(hits) for piece in pieces(hit, place)])
    if not found:
        return []
    order, met = _promising(asked, found, hits)
    order = order[: settings.candidate_sentences]
    # In reading order, as passages come.
    by_words = settings.embedded_sentences if met >= MET else settings.candidate_sentences
    embedded = np.flatnonzero(np.isin(np.sort(order), order[:by_words]))
    found = [found[at] for at in sorted(order)]
    vectors = embedding.embed_sentences([_embedded(found[place], hits[found[place].hit]) for place in embedded])
    dense = np.zeros(len(found), dtype=np.float32)
    dense[embedded] = vectors @ embedding.embed_query(question)
    best = max(hit.score for hit in hits) or 1.0
    # The others tell how rare the question's words are.
    rows = scoring.features(
        asked,
        [_candidate(piece, hits, passage_score=max(0.0, hits[piece.hit].score / best)) for piece in found],
        dense.tolist(),
    )
    weights = np.array([settings.sentence_weights.get(name, 0.0) for name in scoring.FEATURES])
    scored = [
        replace(
            piece,
            score=float(row @ weights) - (FRAGMENT_COSTS if _is_fragment(piece) else 0.0),
            dense=float(cosine),
            vector=vector,
            features=dict(zip(scoring.FEATURES, map(float, row), strict=True)),
        )
        for piece, row, cosine, vector in zip(
            [found[place] for place in embedded], rows[embedded], dense[embedded], vectors, strict=True
        )
    ]
    return sorted(scored, key=lambda piece: (-piece.score, piece.hit, piece.start))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a passage: the characters [start, end) of its text."""

    start: int
    end: int
    text: str
    kind: Kind


def pieces(hit: Hit, place: int) -> list[Evidence]:
    """The sentences, rows and items of a passage in reading order; headings only lend their words to what follows."""
    known = [part.strip() for part in hit.heading_path.split("›") if part.strip()]
    found: list[Evidence] = []
    heading, lead_in, before = (known[-1] if known else ""), "", ""
    lines = _lines(hit, frozenset(known))
    for line in lines:
        if line.kind == "heading":
            heading, lead_in, before = line.text, "", ""
            continue
        spans = sentences(line.text) if line.kind == "sentence" else [(0, len(line.text))]
        for start, end in spans:
            text = line.text[start:end]
            around = " ".join(part for part in dict.fromkeys((hit.title, *known, heading, lead_in or before)) if part)
            found.append(
                Evidence(
                    hit=place,
                    start=hit.start + line.start + start,
                    end=hit.start + line.start + end,
                    text=text,
                    kind=line.kind,
                    around=around,
                    lead_in=lead_in if line.kind == "item" else "",
                )
            )
            if line.kind == "sentence":
                before, lead_in = text, text if text.endswith(":") else ""
    return found


def _lines(hit: Hit, known_headings: frozenset[str]) -> list[_Line]:
    lines = []
    for match in re.finditer(r"[^\n]+", hit.text):
        text = match.group()
        stripped = text.strip()
        if not stripped:
            continue
        start = match.start() + len(text) - len(text.lstrip())
        lines.append(_Line(start, start + len(stripped), stripped, _kind(stripped, known_headings | {hit.title})))
    # A short line without a full stop heads what follows; the last line, or one of a run, is an item.
    for place, line in enumerate(lines):
        if line.kind == "heading" and line.text not in known_headings and not _heads(lines, place):
            lines[place] = replace(line, kind="item")
    return lines


def _kind(line: str, headings: frozenset[str]) -> Kind:
    if line in headings:
        return "heading"
    if _ITEM.match(line):
        return "item"
    if _ROW.match(line):
        return "row"
    if not _ENDED.search(line) and len(line.split()) <= HEADING_WORDS:
        return "heading"
    return "sentence"


def _heads(lines: Sequence[_Line], place: int) -> bool:
    return place + 1 < len(lines) and lines[place + 1].kind in ("sentence", "row")


def _distinct(found: Sequence[Evidence]) -> list[Evidence]:
    """Without those that say the same in the same words; the better passage keeps it."""
    seen: set[str] = set()
    kept = []
    for piece in found:
        words = " ".join(re.findall(r"\w+", piece.text.casefold()))
        if words and words not in seen:
            kept.append(piece)
        seen.add(words)
    return kept


def _promising(asked: scoring.Asked, found: list[Evidence], hits: Sequence[Hit]) -> tuple[list[int], float]:
    """The places of all, the best first by their words and their passage; and the most of the question in one."""
    candidates = [_candidate(piece, hits, passage_score=1 - piece.hit / max(1, len(hits))) for piece in found]
    promising, met = scoring.promise(asked, candidates)
    order: list[int] = np.argsort(-promising, kind="stable").tolist()
    return order, met


def _candidate(piece: Evidence, hits: Sequence[Hit], *, passage_score: float) -> scoring.Candidate:
    return scoring.Candidate(
        text=piece.text,
        around=piece.around,
        passage_rank=piece.hit,
        passage_score=passage_score,
        language=hits[piece.hit].language,
    )


def _is_fragment(piece: Evidence) -> bool:
    """A title or a label that says nothing by itself."""
    return (
        piece.kind != "row" and len(piece.text.split()) <= FRAGMENT_WORDS and not re.search(r"\d|[.!?…。]", piece.text)
    )


def _embedded(piece: Evidence, hit: Hit) -> str:
    """A row or an item means little without what stands above it."""
    if piece.kind == "sentence":
        return piece.text[:EMBEDDED_CHARS]
    above = piece.lead_in or hit.heading_path.rpartition("›")[2].strip() or hit.title
    return f"{above}: {piece.text}"[:EMBEDDED_CHARS]
