"""What bad answers have in common: their questions clustered by meaning, with examples and how their number goes.

Average-linkage clustering of cosine distances (R. R. Sokal and C. D. Michener, 1958), cut at a fixed distance, so that
the number of topics follows from the questions. Only items that the viewer may see are clustered: nobody learns of a
topic from an answer they may not read.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from documents.retrieval.analyse import analyse_query
from evaluation.models import ReviewItem
from evaluation.reviews import queue
from ragapp.accounts.models import User
from ragapp.llm.embedding import embed_passages

# Cosine distance up to which questions are of one topic, averaged over their pairs.
APART = 0.55
AT_MOST = 2000
WEEKS = 8
EXAMPLES, WORDS = 3, 3
EMBEDDED_AT_ONCE = 200
LANGUAGES = ("en", "de")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """`weeks`: how many in each of the last eight, the oldest first; `recent` of the last four, `before` of the rest.

    `examples`: the most typical first. `stages`: what went wrong how often, the commonest first.
    """

    words: str
    items: int
    weeks: tuple[int, ...]
    recent: int
    before: int
    stages: tuple[tuple[str, int], ...]
    examples: tuple[ReviewItem, ...]


def embed_waiting() -> list[int]:
    """Computes the vectors of some items that have none; returns their ids."""
    rows = list(
        ReviewItem.objects.filter(vector__isnull=True).order_by("pk").values_list("pk", "answer__turn__question")
    )[:EMBEDDED_AT_ONCE]
    vectors = embed_passages([question for _pk, question in rows])
    for (pk, _question), vector in zip(rows, vectors, strict=True):
        ReviewItem.objects.filter(pk=pk).update(vector=vector.tolist())
    return [pk for pk, _question in rows]


def topics(viewer: User, *, now: datetime) -> list[Topic]:
    """The topics of the bad answers of the last eight weeks that `viewer` may see, the largest first."""
    since = now - timedelta(weeks=WEEKS)
    items = list(
        queue.items_for(viewer)
        .exclude(stage="")
        .filter(answer__created_at__gte=since, vector__isnull=False)
        .select_related("answer__turn")
        .order_by("-created_at")[:AT_MOST]
    )
    if not items:
        return []
    vectors = np.array([item.vector for item in items], dtype=np.float64)
    labels = clustered(vectors)
    everywhere = Counter(word for item in items for word in set(_words(item)))
    found = [
        _topic([items[at] for at in np.flatnonzero(labels == label)], vectors[labels == label], everywhere, now)
        for label in np.unique(labels)
    ]
    return sorted(found, key=lambda topic: (-topic.items, topic.words))


def clustered(vectors: NDArray[np.float64]) -> NDArray[np.int64]:
    """A label for each row of `vectors`, shape (n, d), of length 1 each."""
    from scipy.cluster.hierarchy import fcluster, linkage  # here: every process would wait for it at its start

    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    labels: NDArray[np.int64] = fcluster(linkage(vectors, "average", metric="cosine"), APART, "distance")
    return labels


def _topic(items: Sequence[ReviewItem], vectors: NDArray[np.float64], everywhere: Counter[str], now: datetime) -> Topic:
    near = vectors @ vectors.mean(axis=0)
    weeks = [0] * WEEKS
    for item in items:
        ago = min(WEEKS - 1, max(0, (now - item.answer.created_at).days // 7))
        weeks[WEEKS - 1 - ago] += 1
    stages = Counter(item.stage_told for item in items)
    half = WEEKS // 2
    return Topic(
        words=_name(items, everywhere),
        items=len(items),
        weeks=tuple(weeks),
        recent=sum(weeks[half:]),
        before=sum(weeks[:half]),
        stages=tuple(stages.most_common()),
        examples=tuple(items[at] for at in np.argsort(-near, kind="stable")[:EXAMPLES]),
    )


def _name(items: Sequence[ReviewItem], everywhere: Counter[str]) -> str:
    """The words that most of its questions have and few others do, as people wrote them."""
    here = Counter(word for item in items for word in set(_words(item)))
    weight = {word: n * n / everywhere[word] for word, n in here.items()}
    return ", ".join(sorted(weight, key=lambda word: (-weight[word], word))[:WORDS])


def _words(item: ReviewItem) -> list[str]:
    """Content words in small letters: those that a search would look for."""
    words = item.answer.turn.question.split()
    cleaned = [word.strip(".,;:!?\"'()[]„“”").lower() for word in words]
    kept = set(analyse_query(item.answer.turn.question, LANGUAGES))
    return [word for word in cleaned if word and kept & set(analyse_query(word, LANGUAGES))]
