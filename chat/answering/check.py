"""Measures how well each sentence of the answer is supported by what it cites."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chat.answering.types import Cited, Draft, Said
from documents.retrieval.analyse import analyse, analyse_query
from documents.retrieval.types import Hit
from ragapp.lib.text import sentences
from ragapp.llm import embedding

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# Figures that do not stand in the source weigh more than words that do.
WRONG_NUMBER_AT_MOST = 0.2
WORDS_SHARE = 0.5
NEAREST_SENTENCES = 12


def run(draft: Draft, said: Sequence[Said], cited: Sequence[Cited], *, supported_from: float) -> list[Said]:
    """The sentences with their support. Quoted sentences support themselves; a sentence without a marker has none.

    Support is half the share of the sentence's words that stand in the cited passages, half its cosine with their
    nearest sentence, and little when it has a figure that they do not have.
    """
    passages = {citation.marker: citation.hit for citation in cited}
    if draft.quotes:
        return [replace(sentence, support=1.0 if sentence.markers else None, is_supported=True) for sentence in said]
    return [_checked(sentence, passages, supported_from) for sentence in said]


def _checked(sentence: Said, passages: Mapping[int, Hit], supported_from: float) -> Said:
    hits = [passages[marker] for marker in sentence.markers if marker in passages]
    if not hits:
        return replace(sentence, support=None, is_supported=False)
    support = _support(sentence.text, hits)
    return replace(sentence, support=round(support, 3), is_supported=support >= supported_from)


def _support(text: str, hits: Sequence[Hit]) -> float:
    language = hits[0].language
    claim = set(analyse_query(text, [language]))
    there: set[str] = set()
    for hit in hits:
        there.update(analyse(f"{hit.title} {hit.heading_path} {hit.text}", hit.language))
    words = len(claim & there) / len(claim) if claim else 0.0
    ranked = sorted(
        (hit.text[start:end] for hit in hits for start, end in sentences(hit.text)),
        key=lambda piece: -len(claim & set(analyse(piece, language))),
    )
    vectors = embedding.embed_passages([text, *ranked[:NEAREST_SENTENCES]])
    cosine = float((vectors[1:] @ vectors[0]).max(initial=0.0))
    support = WORDS_SHARE * words + (1 - WORDS_SHARE) * max(0.0, cosine)
    numbers = set(_NUMBER.findall(text))
    known = {number for hit in hits for number in _NUMBER.findall(f"{hit.title} {hit.heading_path} {hit.text}")}
    return min(support, WRONG_NUMBER_AT_MOST) if numbers - known else support
