"""Fits the constants of the decision from questions of which it is known whether the documents answer them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chat.answering.decide import FITTED, probability

ROUNDS = 50
SHRINKAGE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The weights for a release's settings, the bar, and what both cost on the questions given."""

    weights: Mapping[str, float]
    refuse_below: float
    refused_answerable: float
    refused_unanswerable: float


def fit(
    measured: Sequence[Mapping[str, float]], is_answerable: Sequence[bool], *, refused_at_most: float = 0.04
) -> Fitted:
    """Logistic regression by Newton's method; both classes weigh the same.

    The bar is set so that at most `refused_at_most` of the answerable questions are refused. Raises ValueError unless
    there are questions of both kinds.
    """
    labels = np.array(is_answerable, dtype=float)
    if not 0 < labels.sum() < len(labels):
        raise ValueError("Fitting needs answerable and unanswerable questions.")
    rows = np.array([[1.0, *(one[name] for name in FITTED)] for one in measured])
    share = np.where(labels == 1, 0.5 / labels.sum(), 0.5 / (len(labels) - labels.sum()))
    penalty = np.diag([0.0, *([2 * SHRINKAGE] * len(FITTED))])
    weights = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        values = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (share * (values - labels)) + penalty @ weights
        curvature = (rows * (share * values * (1 - values))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), gradient)
        weights -= step
        if float(np.abs(step).max()) < 1e-8:
            break
    named = {name: round(float(weight), 3) for name, weight in zip(("bias", *FITTED), weights, strict=True)}
    values = np.array([probability(one, named) for one in measured])
    answerable = np.sort(values[labels == 1])
    # Rounded down: the question that sets the bar stays above it.
    bar = math.floor(1000 * float(answerable[int(refused_at_most * len(answerable))])) / 1000
    return Fitted(
        weights=named,
        refuse_below=bar,
        refused_answerable=float((values[labels == 1] < bar).mean()),
        refused_unanswerable=float((values[labels == 0] < bar).mean()),
    )


def refused(measured: Sequence[Mapping[str, float]], weights: Mapping[str, float], refuse_below: float) -> list[bool]:
    """Which of the questions are refused by these constants."""
    return [probability(one, weights) < refuse_below for one in measured]
