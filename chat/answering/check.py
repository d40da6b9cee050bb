"""Measures how well each sentence of the answer is supported by what it cites."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chat.answering.types import Cited, Draft, Said
from documents.retrieval import meanings
from documents.retrieval.analyse import analyse, analyse_query
from documents.retrieval.types import Hit
from ragapp.lib.text import sentences
from ragapp.llm import embedding

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

# Shares of the support, tried on labelled sentences: `manage.py benchmark support`.
WORDS, MEANING, PAIRS, NAMES = 0.25, 0.45, 0.15, 0.15
# A figure that the source does not have, or a "not" too many or too few, leaves this part of it.
CONTRADICTED_LEAVES = 0.4
# A sentence of the source with this share of the claim's words speaks of the same; for a "not" that the claim leaves
# out it must say hardly anything else, since its "not" may belong to that.
SAME_MATTER = 0.5
SAME_SENTENCE = 0.7
NEAREST_SENTENCES = 12
EMBEDDED_CHARS = 600

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_THOUSANDS = re.compile(r"(?<=\d)[.,\u00a0\u202f](?=\d{3}\b)")
_NAME = re.compile(r"(?<!^)(?<![.!?:] )\b[A-ZÄÖÜ][\w-]+")
_DENIAL = re.compile(
    r"\b(not|no|never|none|nobody|nothing|without|cannot|neither|nor|\w+n['’]t|nicht|kein\w*|nie|niemals|niemand|nichts|"
    r"ohne)\b",
    re.IGNORECASE,
)
# Words that deny without a "not": where the source has one, it may mean the same.
_SOFT_DENIAL = re.compile(
    r"\b(fail\w*|lack\w*|absen\w+|unable|unless|impossible|hardly|few|little|except|exclud\w+|forbid\w*|prohibit\w*|"
    r"verboten|untersagt|unmöglich|unzulässig|außer|weder)\b",
    re.IGNORECASE,
)
# Without "one", which counts nothing more often than not.
_NUMBER_WORDS = {
    word: str(value)
    for words in (
        "zero _ two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
        "null _ zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn",
    )
    for value, word in enumerate(words.split())
}


def run(draft: Draft, said: Sequence[Said], cited: Sequence[Cited], *, supported_from: float) -> list[Said]:
    """The sentences with their support. Quoted sentences support themselves; a sentence without a marker has none."""
    passages = {citation.marker: citation.hit for citation in cited}
    if draft.quotes:
        return [replace(sentence, support=1.0 if sentence.markers else None, is_supported=True) for sentence in said]
    return [_checked(sentence, passages, supported_from) for sentence in said]


def _checked(sentence: Said, passages: Mapping[int, Hit], supported_from: float) -> Said:
    hits = [passages[marker] for marker in sentence.markers if marker in passages]
    if not hits:
        return replace(sentence, support=None, is_supported=False)
    kept = partial(meanings.read, chunk_ids=[hit.chunk_id for hit in hits])
    value = support(
        sentence.text,
        [f"{hit.title}\n{hit.heading_path}\n{hit.text}" for hit in hits],
        language=hits[0].language,
        embed=lambda texts: embedding.embed_sentences(texts, kept=kept),
    )
    return replace(sentence, support=round(value, 3), is_supported=value >= supported_from)


def support(claim: str, passages: Sequence[str], *, language: str, embed: Embed = embedding.embed_sentences) -> float:
    """How far `passages` say what `claim` says, from 0 to 1.

    A weighted sum of: the share of its words there, its cosine with their nearest sentence, the share of its
    neighbouring words that stand close together there, and the share of its names. Little of that is left when it has
    a figure that they do not have, or denies what they say, or says what they deny.
    """
    parts = [passage[start:end] for passage in passages for start, end in sentences(passage)]
    wanted = set(analyse_query(claim, [language]))
    if not parts or not wanted:
        return 0.0
    sequences = [analyse(part, language) for part in parts]
    found = [set(sequence) for sequence in sequences]
    nearest = sorted(range(len(parts)), key=lambda place: -len(wanted & found[place]))[:NEAREST_SENTENCES]
    meaning = _meaning(claim, [parts[place][:EMBEDDED_CHARS] for place in nearest], embed)
    names = set(_NAME.findall(claim))
    text = "\n".join(passages)
    words = len(wanted & set[str]().union(*found)) / len(wanted)
    value = (
        WORDS * words
        + MEANING * meaning
        + PAIRS * _pairs(analyse(claim, language), sequences, otherwise=words)
        + NAMES * (sum(name in text for name in names) / len(names) if names else 1.0)
    )
    same = [
        (parts[place], len(wanted & found[place]), len(analyse_query(parts[place], [language]))) for place in nearest
    ]
    is_contradicted = bool(figures(claim) - figures(text)) or _is_turned_round(claim, same, len(wanted))
    return value * CONTRADICTED_LEAVES if is_contradicted else value


def _meaning(claim: str, nearest: Sequence[str], embed: Embed) -> float:
    """Its cosine with the nearest of these sentences. Of its own words that is 1, whatever their vector."""
    if claim in nearest:
        return 1.0
    vectors = embed([claim, *nearest])
    return max(0.0, float((vectors[1:] @ vectors[0]).max()))


def _pairs(claim: Sequence[str], sequences: Sequence[Sequence[str]], *, otherwise: float) -> float:
    """The share of neighbouring words of the claim that stand at most one word apart in a sentence of the source."""
    wanted = set(pairwise(claim))
    if not wanted:
        return otherwise
    there = {
        pair for sequence in sequences for pair in (*pairwise(sequence), *zip(sequence, sequence[2:], strict=False))
    }
    return len(wanted & there) / len(wanted)


def denials(text: str) -> int:
    """How often `text` says "not" in one of its forms, English and German: an even number takes itself back."""
    return len(_DENIAL.findall(text))


def figures(text: str) -> set[str]:
    """The figures in `text`, also those written as words, without separators of thousands."""
    digits = {number.rstrip(".,:") for number in _NUMBER.findall(_THOUSANDS.sub("", text))}
    return digits | {_NUMBER_WORDS[word] for word in re.findall(r"\w+", text.casefold()) if word in _NUMBER_WORDS}


def _is_turned_round(claim: str, same: Sequence[tuple[str, int, int]], wanted: int) -> bool:
    """Whether every sentence that speaks of the same says the opposite. `same`: text, words shared, words it has."""
    denies = _DENIAL.search(claim) is not None
    if denies:
        about = [text for text, shared, _ in same if shared >= SAME_MATTER * wanted]
        return bool(about) and not any(_DENIAL.search(text) or _SOFT_DENIAL.search(text) for text in about)
    if _SOFT_DENIAL.search(claim):
        return False
    about = [text for text, shared, has in same if shared >= SAME_SENTENCE * wanted and shared >= SAME_SENTENCE * has]
    return bool(about) and all(_DENIAL.search(text) for text in about)
