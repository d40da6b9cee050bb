"""Cuts the hits into sentences, table rows and list items, and scores how well each answers the question."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from chat.answering import scoring
from chat.answering.types import Evidence
from chat.releases.settings import AnswerSettings
from documents.retrieval import meanings
from documents.retrieval import pieces as cut
from documents.retrieval.types import Hit
from ragapp.llm import embedding

FRAGMENT_WORDS = 4
FRAGMENT_COSTS = 2.0
# Where no sentence has this share of the question's words, as in another language, words choose badly.
MET = 0.3


def run(
    question: str,
    hits: Sequence[Hit],
    *,
    languages: Sequence[str],
    settings: AnswerSettings,
    chunk_ids: Iterable[int] = (),
) -> list[Evidence]:
    """The most promising sentences of `hits`, best first. `chunk_ids`: the passages that `hits` are made of.

    Costs an embedding for each sentence that was not met before and is not kept with one of these passages.
    """
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
    known = {*chunk_ids, *(hit.chunk_id for hit in hits)}
    vectors = embedding.embed_sentences(
        [found[place].embedded for place in embedded], kept=lambda texts: meanings.read(texts, known)
    )
    dense = np.zeros(len(found), dtype=np.float32)
    dense[embedded] = vectors @ embedding.embed_query(question)
    best = max(hit.score for hit in hits) or 1.0
    # The others tell how rare the question's words are.
    rows = scoring.features(
        asked,
        [_candidate(piece, hits, passage_score=max(0.0, hits[piece.hit].score / best)) for piece in found],
        dense.tolist(),
    )
    of_document = [scoring.of_document(hit.found_by, hit.text, hit.language) for hit in hits]
    lacking = _lacking_names(asked, hits)
    weights = np.array([settings.sentence_weights.get(name, 0.0) for name in scoring.FEATURES])
    scored = [
        replace(
            piece,
            score=float(row @ weights)
            - (FRAGMENT_COSTS if _is_fragment(piece) else 0.0)
            - scoring.NAMES_COST * lacking[piece.hit],
            dense=float(cosine),
            names=scoring.share_of_names(
                asked, f"{piece.around} {piece.text}", hits[piece.hit].language, of_document[piece.hit]
            ),
            vector=vector,
            features=dict(zip(scoring.FEATURES, map(float, row), strict=True)) | {"lacking": lacking[piece.hit]},
        )
        for piece, row, cosine, vector in zip(
            [found[place] for place in embedded], rows[embedded], dense[embedded], vectors, strict=True
        )
    ]
    return sorted(scored, key=lambda piece: (-piece.score, piece.hit, piece.start))


def pieces(hit: Hit, place: int) -> list[Evidence]:
    """The sentences, rows and items of a passage in reading order; headings only lend their words to what follows."""
    return [
        Evidence(
            hit=place,
            start=hit.start + piece.start,
            end=hit.start + piece.end,
            text=piece.text,
            kind=piece.kind,
            around=piece.around,
            lead_in=piece.lead_in,
            embedded=piece.embedded(title=hit.title, heading_path=hit.heading_path),
        )
        for piece in cut.pieces(hit.text, title=hit.title, heading_path=hit.heading_path)
    ]


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


def _lacking_names(asked: scoring.Asked, hits: Sequence[Hit]) -> list[float]:
    """For each hit the share of the question's names that it lacks and the best hit has."""
    shares = [scoring.share_about(asked, hit) for hit in hits]
    return [max(shares) - share for share in shares]


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
        piece.kind != "row"
        and len(piece.text.split()) <= FRAGMENT_WORDS
        and not re.search(r"\d|[.!?…。]", piece.text)
        and not cut.says_a_figure(piece.text)
    )
