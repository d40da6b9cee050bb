"""How far reviewers agree beyond chance: Cohen's and Fleiss' kappa with bootstrap intervals.

Sources: J. Cohen, A coefficient of agreement for nominal scales, 1960; J. L. Fleiss, Measuring nominal scale agreement
among many raters, 1971; for numbers of raters that differ between items, P. E. Shrout and J. L. Fleiss's average over
the pairs of each item, as in K. L. Gwet, Handbook of Inter-Rater Reliability, 4th ed., section 2.4.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from evaluation.models import Review
from evaluation.reviews.judging import RUBRIC
from ragapp.accounts.models import User

RESAMPLES, SEED = 2000, 20260401
LEVEL = 0.95
# Fewer items than this say nothing.
ITEMS_FROM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """1: always the same; 0: as chance would; None: not defined, since all said one and the same thing.

    `low`, `high`: percentile bootstrap over items; None where kappa is. Where every pair agrees no resample can say
    anything else: then `low` takes the lowest share of agreement that leaves that a chance of 2.5 % (C. J. Clopper and
    E. S. Pearson, 1934). `agreed`: share of pairs that agree.
    """

    kappa: float | None
    low: float | None
    high: float | None
    agreed: float
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two reviewers and how far they agree."""

    one: str
    other: str
    kappa: Kappa


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """`fleiss`: over all reviewers, by what was judged ("verdict" and each point of the rubric)."""

    fleiss: Sequence[tuple[str, Kappa]]
    pairs: Sequence[Pair]
    reviewers: int


def cohen(pairs: Sequence[tuple[Hashable, Hashable]]) -> Kappa:
    """Of two raters' labels of the same items. Raises ValueError when there is none."""
    return fleiss_like([list(pair) for pair in pairs], kind="cohen")


def fleiss(ratings: Sequence[Sequence[Hashable]]) -> Kappa:
    """Of the labels each item got, two or more an item; items with fewer are left out.

    Raises ValueError when none is left.
    """
    return fleiss_like([list(one) for one in ratings if len(one) > 1], kind="fleiss")


def fleiss_like(ratings: list[list[Hashable]], *, kind: str) -> Kappa:
    """Either kappa; `kind` says what chance is: the two raters' own shares (cohen), or everybody's (fleiss)."""
    if not ratings:
        raise ValueError("There is nothing that two people judged.")
    labels = {label: place for place, label in enumerate(dict.fromkeys(x for one in ratings for x in one))}
    one_hot = np.zeros((2 if kind == "cohen" else 1, len(ratings), len(labels)))
    for at, given in enumerate(ratings):
        for rater, label in enumerate(given):
            one_hot[rater if kind == "cohen" else 0, at, labels[label]] += 1
    counts = one_hot.sum(axis=0)
    raters = counts.sum(axis=1)
    agreed = (counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1))
    value = _kappa(agreed[None, :], one_hot[:, None], kind)[0]
    low = high = None
    if not np.isnan(value):
        drawn = np.random.default_rng(SEED).integers(0, len(ratings), (RESAMPLES, len(ratings)))
        resampled = _kappa(agreed[drawn], one_hot[:, drawn], kind)
        resampled = resampled[~np.isnan(resampled)]
        low, high = (float(x) for x in np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
        if agreed.min() == 1:
            least = ((1 - LEVEL) / 2) ** (1 / len(ratings))
            low = float(_kappa(np.full((1, 1), least), one_hot[:, None], kind)[0])
    return Kappa(
        kappa=None if np.isnan(value) else float(value),
        low=low,
        high=high,
        agreed=float(agreed.mean()),
        items=len(ratings),
    )


def _kappa(agreed: NDArray[np.float64], one_hot: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """Per resample: `agreed` (resamples, items), `one_hot` (raters or 1, resamples, items, labels)."""
    shares = one_hot.sum(axis=2)
    shares = shares / shares.sum(axis=-1, keepdims=True)
    chance = (shares[0] * shares[-1]).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = np.where(chance < 1, (agreed.mean(axis=1) - chance) / (1 - chance), np.nan)
    return found


def overview() -> Agreement:
    """Over all reviews that there are. Totals only."""
    by_answer: dict[object, list[Review]] = defaultdict(list)
    for one in Review.objects.exclude(reviewer=None).only("answer_id", "reviewer_id", "verdict", *RUBRIC):
        by_answer[one.answer_id].append(one)
    several = [reviews for reviews in by_answer.values() if len(reviews) > 1]
    over_all = []
    for name in ("verdict", *RUBRIC):
        given = [[said for one in reviews if (said := getattr(one, name)) is not None] for reviews in several]
        judged = [labels for labels in given if len(labels) > 1]
        if len(judged) >= ITEMS_FROM:
            over_all.append((name, fleiss(judged)))
    return Agreement(
        fleiss=over_all,
        pairs=_pairs(several),
        reviewers=len({one.reviewer_id for reviews in by_answer.values() for one in reviews}),
    )


def _pairs(several: Sequence[Sequence[Review]]) -> list[Pair]:
    together: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)
    for reviews in several:
        ordered = sorted(reviews, key=lambda one: one.reviewer_id or 0)
        for one, other in combinations(ordered, 2):
            together[one.reviewer_id or 0, other.reviewer_id or 0].append((one.verdict, other.verdict))
    people = User.objects.in_bulk({pk for pair in together for pk in pair})
    return [
        Pair(one=people[a].name, other=people[b].name, kappa=cohen(labels))
        for (a, b), labels in sorted(together.items())
        if len(labels) >= ITEMS_FROM
    ]
