"""Binds every marker to a passage and, in it, to the words that support the sentence."""

import re
from collections.abc import Sequence

from chat.answering.types import Cited, Draft, Said
from chat.guardrails import output
from documents.retrieval.analyse import analyse
from documents.retrieval.types import Hit
from ragapp.lib.text import sentences

QUOTE_CHARS = 600


def run(draft: Draft, hits: Sequence[Hit]) -> tuple[list[Said], list[Cited]]:
    """The sentences of the answer with their markers, and one citation for each marker that occurs in it."""
    said = split(draft.text)
    cited = []
    for marker in sorted({marker for sentence in said for marker in sentence.markers}):
        place = draft.markers.get(marker)
        if place is None:
            continue
        hit = hits[place]
        start, end = draft.quotes.get(marker) or _best_quote(
            [sentence.text for sentence in said if marker in sentence.markers], hit
        )
        cited.append(_cited(marker, hit, start, end))
    return said, cited


def nearest(hits: Sequence[Hit], spans: Sequence[tuple[int, int, int]], most: int) -> list[Cited]:
    """For a refusal: the nearest passages, as (hit, start, end), one per passage."""
    found: list[Cited] = []
    for place, start, end in spans:
        if len(found) == most:
            break
        if all(other.hit is not hits[place] for other in found):
            found.append(_cited(len(found) + 1, hits[place], start, end, is_support=False))
    return found


def split(text: str) -> list[Said]:
    """The sentences of the answer, without their markers; markers behind a full stop belong to the sentence before."""
    pieces: list[tuple[str, tuple[int, ...]]] = []
    for start, end in sentences(text):
        piece = text[start:end]
        leading = re.match(r"(?:\[\d{1,3}\]\s*)+", piece)
        if leading and pieces:
            words, markers = pieces[-1]
            pieces[-1] = words, (*markers, *output.markers_in(leading.group()))
            piece = piece[leading.end() :]
        words = output.without_markers(piece)
        if words:
            pieces.append((words, output.markers_in(piece)))
    return [Said(text=words, markers=tuple(dict.fromkeys(markers))) for words, markers in pieces]


def _best_quote(claims: Sequence[str], hit: Hit) -> tuple[int, int]:
    """The span, in the extraction, of the passage's sentence that shares most words with the claims."""
    wanted = {lexeme for claim in claims for lexeme in analyse(claim, hit.language)}
    best, most = (hit.start, min(hit.end, hit.start + QUOTE_CHARS)), 0.0
    for start, end in sentences(hit.text):
        have = set(analyse(hit.text[start:end], hit.language))
        shared = len(wanted & have) / (len(have) + 5)
        if shared > most:
            best, most = (hit.start + start, hit.start + end), shared
    return best


def _cited(marker: int, hit: Hit, start: int, end: int, *, is_support: bool = True) -> Cited:
    start, end = max(hit.start, start), min(hit.end, end, start + QUOTE_CHARS)
    return Cited(
        marker=marker,
        hit=hit,
        quote_start=start,
        quote_end=end,
        quote=hit.text[start - hit.start : end - hit.start],
        is_support=is_support,
    )
