"""How far meaning is trusted beside words: less in languages that the embedder knows less.

What an embedder knows is measured on the passages themselves, with nobody's help: part of a sentence has to find the
passage that it was taken from among others of its language (documents.indexes.coverage). The share of the dense leg
follows from that, by a rule that was fitted on questions in four languages (docs/benchmarks.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from documents.retrieval.fusion import DENSE_WEIGHT
from documents.retrieval.stopwords import STOPWORDS

# From this coverage on the dense leg has its whole weight; below it loses so much for each step, down to the least.
# Collections of much alike text are hard in any language: English ones reached .77 to .90 with the model as shipped,
# German and Spanish .72, Chinese .40.
FULL_COVERAGE, SLOPE, LEAST = 0.77, 7.0, 0.1
# For languages of which there are no passages: the question has to find those of another language.
UNKNOWN = 0.5
_SCRIPTS = (
    (re.compile("[\u3040-\u30ff]"), ("ja",)),
    (re.compile("[\uac00-\ud7af]"), ("ko",)),
    (re.compile("[\u4e00-\u9fff]"), ("zh", "ja")),
    (re.compile("[\u0400-\u04ff]"), ("ru", "uk", "bg", "sr")),
    (re.compile("[\u0600-\u06ff]"), ("ar", "fa")),
    (re.compile("[\u0370-\u03ff]"), ("el",)),
    (re.compile("[\u0590-\u05ff]"), ("he",)),
    (re.compile("[\u0e00-\u0e7f]"), ("th",)),
    (re.compile("[\u0900-\u097f]"), ("hi", "ne")),
)
_LETTERS = re.compile(r"[^\W\d_]+")


def dense_weight(question: str, *, languages: Sequence[str], coverage: Mapping[str, float]) -> float:
    """The dense leg's share of the fused score, from the question's language; `languages` are those it may be in."""
    language = language_of(question, languages)
    if not coverage or language is None:
        return DENSE_WEIGHT
    known = coverage.get(language)
    return min(DENSE_WEIGHT, UNKNOWN) if known is None else for_coverage(known)


def for_coverage(coverage: float) -> float:
    """The weight in a language: `coverage` is the mean reciprocal rank, 0 to 1, of passages found by their parts."""
    return max(LEAST, min(DENSE_WEIGHT, DENSE_WEIGHT - SLOPE * (FULL_COVERAGE - coverage)))


def language_of(question: str, languages: Sequence[str]) -> str | None:
    """By script, else by the most stop words, which may be in a language that is not among `languages`.

    Else, for a few names or codes, the first of `languages`; None without any.
    """
    for script, written in _SCRIPTS:
        if script.search(question):
            return next((language for language in languages if language in written), written[0])
    words = _LETTERS.findall(question.casefold())
    seen = {language: sum(word in stops for word in words) for language, stops in STOPWORDS.items()}
    most = max(seen.values())
    if not most:
        return languages[0] if languages else None
    # At a tie one that is expected, in their order.
    best = [language for language, count in seen.items() if count == most]
    return next((language for language in languages if language in best), best[0])
