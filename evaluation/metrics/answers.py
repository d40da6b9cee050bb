"""Measures of an answer's text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ragapp.lib.text import sentences
from ragapp.llm import embedding

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
# What an embedder reads of a text.
EMBEDDED_CHARS = 1000

_ARTICLE = re.compile(r"\b(a|an|the|der|die|das|ein|eine)\b")
_WORD = re.compile(r"\w+(?:[.,:]\d+)*")
_MARKER = re.compile(r"\s*\[\d+\]")


def plain(text: str) -> str:
    """Lower case, NFKC, citation markers and Markdown marks removed, single spaces."""
    text = _MARKER.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"\s+", " ", re.sub(r"[*_`|>#]", " ", text)).strip()


def contains_any(text: str, golds: Sequence[str]) -> bool:
    """True when `text` contains any of `golds`, ignoring case, marks and spacing."""
    haystack = plain(text)
    return any(plain(gold) in haystack for gold in golds if plain(gold))


def first_sentences(text: str, n: int) -> str:
    """The first `n` sentences of `text`."""
    text = _MARKER.sub("", text)
    spans = sentences(text)[:n]
    return text[: spans[-1][1]] if spans else ""


def words(text: str) -> list[str]:
    """The words and figures of `text` in order, without case, punctuation, marks and articles."""
    return _WORD.findall(_ARTICLE.sub(" ", plain(text)))


def holds_words(text: str, part: str) -> bool:
    """True when the words of `part` stand in `text` one after another; see `words`. False for a part without any."""
    said, wanted = words(text), words(part)
    return bool(wanted) and any(said[at : at + len(wanted)] == wanted for at in range(len(said) - len(wanted) + 1))


def unwanted_shown(text: str, unwanted: Sequence[str]) -> float:
    """The share of the sentences `unwanted` that `text` shows, by their words; 0 to 1, less is better."""
    return sum(holds_words(text, one) for one in unwanted) / len(unwanted)


def exact_match(text: str, golds: Sequence[str]) -> float:
    """1 when `text` has the same words as one of `golds` in the same order, else 0 (Rajpurkar et al. 2016, SQuAD)."""
    return float(any(words(text) == words(gold) for gold in golds))


def token_f1(text: str, golds: Sequence[str]) -> float:
    """The best harmonic mean of the shares of words that `text` and a gold have of each other; 0 to 1 (same source)."""
    return max((_f1(Counter(words(text)), Counter(words(gold))) for gold in golds), default=0.0)


def _f1(said: Counter[str], gold: Counter[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    shared = (said & gold).total()
    return 2 * shared / (said.total() + gold.total())


def similarity(text: str, golds: Sequence[str], *, embed: Embed = embedding.embed_passages) -> float:
    """The highest cosine of `text` with one of `golds`, negative ones as 0 (Risch et al. 2021, semantic similarity)."""
    vectors = embed([plain(one)[:EMBEDDED_CHARS] for one in (text, *golds)])
    return max(0.0, float((vectors[1:] @ vectors[0]).max()))


def relevance(question: str, text: str, *, embed: Embed = embedding.embed_passages) -> float:
    """The cosine of the question with the nearest of the answer's first sentences, negative ones as 0.

    Whether the answer is about the question, not whether it is right. Es et al. 2023 (RAGAS) compare the question with
    questions that a model makes of the answer; this needs no model.
    """
    text = _MARKER.sub("", text)
    said = [text[start:end][:EMBEDDED_CHARS] for start, end in sentences(text)[:5]]
    if not said:
        return 0.0
    vectors = embed([question[:EMBEDDED_CHARS], *said])
    return max(0.0, float((vectors[1:] @ vectors[0]).max()))
