"""Measures of an answer's text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from chat.answering.check import denials, figures
from ragapp.lib.text import sentences
from ragapp.llm import embedding

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
# What an embedder reads of a text.
EMBEDDED_CHARS = 1000
# A sentence this near to an unwanted one says it in other words; `says_again` argues it.
SAID_AGAIN_FROM = 0.8

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


def unwanted_shown(
    text: str, unwanted: Sequence[str], right: Sequence[str] = (), *, embed: Embed = embedding.embed_sentences
) -> float:
    """The share of the sentences `unwanted` that `text` shows, by their words or by `says_again`; 0 to 1, less is
    better. `right`: the expected answers, to which a right sentence is nearer however many words it shares."""
    said, rights = _sentences(text), [one for each in right for one in _sentences(each)]
    shown = (
        holds_words(text, one) or any(says_again(each, one, rights, embed=embed) for each in said) for one in unwanted
    )
    return sum(shown) / len(unwanted)


def says_again(
    sentence: str, unwanted: str, right: Sequence[str] = (), *, embed: Embed = embedding.embed_sentences
) -> bool:
    """Whether `sentence` says in other words what `unwanted` says.

    It has to have the figures of `unwanted`, as many "not"s up to an even number, a cosine with it of SAID_AGAIN_FROM,
    and to be nearer to it than to any sentence of `right`. Vectors alone cannot tell 60 days from 90, and put a denial
    beside what it denies; nearest of all lies the right answer to the same question, hence the last condition.

    The threshold is chosen for few false findings, since a gate may rest on it. Of 35 rewordings (English and German)
    .8 finds 17, .7 22 and .85 8; of 53 right sentences written to share subject and words with an unwanted one .8
    takes 4 for it, .7 11 and .85 2. What it lets pass: one verb put for another in a short sentence ("issued" and
    "checked by security"). What it misses: other words throughout ("what is left is lost" for "unused days expire").
    """
    if denials(sentence) % 2 != denials(unwanted) % 2 or not figures(unwanted) <= figures(sentence):
        return False
    vectors = embed([one[:EMBEDDED_CHARS] for one in (sentence, unwanted, *right)])
    near, *others = (vectors[1:] @ vectors[0]).tolist()
    return bool(near >= SAID_AGAIN_FROM and near > max(others, default=-1.0))


def _sentences(text: str) -> list[str]:
    """The sentences of `text` that have words, without citation markers."""
    text = _MARKER.sub("", text)
    return [one for start, end in sentences(text) if words(one := text[start:end])]


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
