"""Passages that say the same, though not letter by letter: copies of a text in several documents and formats.

What a reader would trip over makes another passage: a figure, a date, a name, a "not". So no copy hides that the rule
is 30 days here and 60 days there.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from itertools import chain

from documents.retrieval.types import Hit

_WORD = re.compile(r"\w+")
# Shorter passages are the same in the same words only.
_FEWEST_WORDS = 16
# The share of words that may differ, and of runs of three words that have to be the same.
_OTHER_WORDS, _SAME_RUNS = 0.06, 0.8
_TELLING = frozenset(
    "not no never none nor without cannot t nicht kein keine keinen keiner nie ohne nunca sin ne pas jamais sans "
    "aucun aucune non non mai senza niet geen only except unless nur außer sauf salvo may must can should shall "
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty ninety "
    "hundred thousand million half double first second third last eins zwei drei vier fünf sechs sieben acht neun zehn "
    "zwölf dreißig dos tres cuatro cinco deux trois quatre cinq before after minimum maximum least most more less "
    "allowed permitted prohibited forbidden required optional included excluded monthly weekly daily yearly annual"
    .split()
)  # fmt: skip


# A first look: so many of the last words in the alphabet are the same in two copies.
_LAST, _LAST_SHARED = 10, 6
_NO_WORDS = frozenset({""})


class _Passage:
    """A text as it is compared: in a first look at its words, and only then in all that counts."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = _WORD.findall(text.casefold())
        self.last = frozenset(sorted(set(self.words))[-_LAST:]) or _NO_WORDS
        self.enough = min(_LAST_SHARED, len(self.last))  # of `last`, how many another one shares that looks the same

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.words)

    @cached_property
    def telling(self) -> list[str]:
        """In their order: figures, and words that turn or bound a sentence."""
        return [word for word in self.words if word in _TELLING or not word.isalpha()]

    @cached_property
    def names(self) -> frozenset[str]:
        """Words with a capital."""
        return frozenset(word.casefold() for word in _WORD.findall(self.text) if not word.islower())

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        return frozenset(zip(self.words, self.words[1:], self.words[2:], strict=False))


def kept_once(hits: Sequence[Hit], *, most: int) -> list[int]:
    """Numbers of the first `most` hits to keep, best first; see `alike`."""
    return [group[0] for group in alike(hits, most=most)]


def alike(hits: Sequence[Hit], *, most: int) -> list[list[int]]:
    """Numbers of hits that say the same, in `most` groups at most, in the order of the best of each.

    In each the newest comes first, and stands in the place of the best one. Newest: that of the current version,
    then the one that is valid from a later day.
    """
    kept: list[list[int]] = []
    passages: list[_Passage] = []
    holding: defaultdict[str, list[int]] = defaultdict(list)  # a word of the first look: places of who has it
    for number, hit in enumerate(hits):
        passage = _Passage(hit.text)
        shared = Counter(chain.from_iterable(holding[word] for word in passage.last))
        near = [at for at, words in shared.items() if words >= min(passage.enough, passages[at].enough)]
        same = next((at for at in sorted(near) if _say_the_same(passage, passages[at])), None)
        if same is None:
            if len(kept) == most:
                break
            for word in passage.last:
                holding[word].append(len(kept))
            kept.append([number])
            passages.append(passage)
        else:
            kept[same].append(number)
    return [sorted(group, key=lambda number: (*_age(hits[number]), -number), reverse=True) for group in kept]


def _age(hit: Hit) -> tuple[bool, date]:
    return hit.is_current, hit.valid_from or date.min


def _say_the_same(a: _Passage, b: _Passage) -> bool:
    if a.words == b.words:
        return True
    shorter, longer = sorted((len(a.words), len(b.words)))
    if shorter < _FEWEST_WORDS or longer - shorter > _OTHER_WORDS * longer or a.telling != b.telling:
        return False
    other = (a.counts - b.counts) + (b.counts - a.counts)
    if other.total() > 2 * _OTHER_WORDS * longer or any(word in a.names or word in b.names for word in other):
        return False
    return len(a.runs & b.runs) >= _SAME_RUNS * len(a.runs | b.runs)
