"""Is one arm's share of bad answers higher? A test that holds at every look."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# How many times the odds of a bad answer a fault is guessed to have; what matters lies between these.
ODDS = (2.0, 4.0, 10.0, 30.0)
# Of control answers that count before any has come: a bad one in twenty, worth two answers.
PRIOR_BAD, PRIOR = 0.1, 2.0


def evidence(
    bad: NDArray[np.int_], control_bad: NDArray[np.int_], control: NDArray[np.int_], *, odds: Sequence[float] = ODDS
) -> NDArray[np.float64]:
    """How much the data speak for more bad answers in the candidate's arm, after each of its answers.

    Block i is answer i of the candidate (`bad[..., i]`, 0 or 1) beside `control[..., i]` answers of the control, of
    which `control_bad[..., i]` were bad; all three have shape (..., n), as has the result. Where the candidate is no
    worse, the value reaches 1/a at any time in at most a share of a of all canaries, however often somebody looks
    (Ville's inequality).

    Each block is multiplied by the e-variable of Turner, Ly and Grünwald, "Generic E-variables for exact sequential
    k-sample tests that allow for optional stopping" (2024, theorem 1): the likelihood under guessed shares of both arms
    over that under their mean, weighed by the sizes of the arms. The control's share is guessed from its answers in
    earlier blocks, the candidate's has `odds` times its odds; the product is averaged over `odds`. As the candidate's
    guess is above the mean and the control's below it, a candidate that is better than the control only makes the value
    smaller, so it holds one-sidedly.
    """
    bad, control_bad, control = (np.asarray(each, dtype=float)[..., None, :] for each in (bad, control_bad, control))
    before_bad = np.cumsum(control_bad, axis=-1) - control_bad
    before = np.cumsum(control, axis=-1) - control
    share = (before_bad + PRIOR_BAD) / (before + PRIOR)
    ratio = np.asarray(odds, dtype=float)[:, None]
    guess = ratio * share / (1 - share + ratio * share)
    mean = (guess + control * share) / (1 + control)
    step = (
        bad * np.log(guess / mean)
        + (1 - bad) * np.log((1 - guess) / (1 - mean))
        + control_bad * np.log(share / mean)
        + (control - control_bad) * np.log((1 - share) / (1 - mean))
    )
    grown = np.cumsum(step, axis=-1)
    highest = grown.max(axis=-2, keepdims=True)
    averaged = highest[..., 0, :] + np.log(np.exp(grown - highest).mean(axis=-2))
    value: NDArray[np.float64] = np.exp(np.minimum(averaged, 700.0))
    return value


def design_effect(person: NDArray[np.int_], alike: float) -> NDArray[np.float64]:
    """After each answer how many times as many answers are needed as if each came from another person (Kish 1965).

    `alike`: how much the answers of one person resemble each other, 0 to 1, as `resemblance` estimates it.
    """
    before: dict[int, int] = {}
    squares, course = 0, []
    for number, one in enumerate(person.tolist(), start=1):
        before[one] = before.get(one, 0) + 1
        squares += 2 * before[one] - 1
        course.append(1 + (squares / number - 1) * alike)
    return np.asarray(course, dtype=float)


def resemblance(person: NDArray[np.int_], bad: NDArray[np.int_]) -> float:
    """The intraclass correlation of bad answers of one person, 0 to 1: 0 where nobody answers twice.

    The analysis-of-variance estimator (Ridout, Demétrio and Firth, "Estimating intraclass correlation for binary data",
    Biometrics 1999), 0 where it is negative.
    """
    _people, place = np.unique(person, return_inverse=True)
    count = np.bincount(place).astype(float)
    people, answers = len(count), float(count.sum())
    if people < 2 or answers <= people:
        return 0.0
    share = np.bincount(place, weights=bad) / count
    between = float((count * (share - bad.mean()) ** 2).sum()) / (people - 1)
    within = float((count * share * (1 - share)).sum()) / (answers - people)
    each = (answers - float((count**2).sum()) / answers) / (people - 1)
    whole = between + (each - 1) * within
    return min(1.0, max(0.0, (between - within) / whole)) if whole > 0 else 0.0


def blocks(is_candidate: NDArray[np.bool_], bad: NDArray[np.int_], *, most: int) -> tuple[NDArray[np.int_], ...]:
    """(bad, control_bad, control) of `evidence`, from the answers of both arms in the order in which they were asked.

    Beside each answer of the candidate stand the latest control answers that no block has yet, `most` at most: what
    happens to both arms at one time meets in one block. A candidate's answer before which no new control answer came
    waits for the next one. Which answers meet depends on their order alone, never on how they ended.
    """
    rows: list[tuple[int, int, int]] = []
    waiting: list[int] = []
    fresh: list[int] = []
    for candidate, is_bad in zip(is_candidate.tolist(), bad.tolist(), strict=True):
        if candidate and fresh:
            taken = fresh[-most:]
            rows.append((int(is_bad), sum(taken), len(taken)))
            fresh = []
        elif candidate:
            waiting.append(int(is_bad))
        elif waiting:
            rows.append((waiting.pop(0), int(is_bad), 1))
        else:
            fresh.append(int(is_bad))
    table = np.asarray(rows, dtype=int).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]
