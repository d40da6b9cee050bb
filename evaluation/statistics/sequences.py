"""Differences between two arms, with intervals that hold at every look."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
Z80 = 0.841621
# Of the priors of a mismatch: a gross one in few people, a slight one in many.
STRENGTHS = (5.0, 100.0, 2000.0)
# With fewer people in an arm nothing is said: the intervals rest on a normal approximation.
LEAST_PEOPLE = 25
# Nor where a few ask nearly everything, so that all say no more than so many people who ask alike.
LEAST_ALIKE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What an arm's people add up to: `total` of the figure and `count` of answers it applies to, shape (people,)."""

    total: NDArray[np.float64]
    count: NDArray[np.float64]

    @property
    def people(self) -> int:
        """Those with an answer that the figure applies to."""
        return int((self.count > 0).sum())

    @property
    def alike(self) -> float:
        """As many people who ask equally often say as much as these (Kish's effective size, Survey Sampling 1965)."""
        squares = float((self.count**2).sum())
        return float(self.count.sum()) ** 2 / squares if squares else 0.0

    @property
    def mean(self) -> float:
        """Over answers; NaN without any."""
        answers = float(self.count.sum())
        return float(self.total.sum()) / answers if answers else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Treatment less control. The interval holds at all looks together with 95 %; both ends NaN: too early to say."""

    control: float
    treatment: float
    low: float
    high: float
    people: tuple[int, int]

    @property
    def estimate(self) -> float:
        """The difference of the means."""
        return self.treatment - self.control

    @property
    def is_known(self) -> bool:
        """Whether there is an interval."""
        return not math.isnan(self.low)


def difference(control: Arm, treatment: Arm, *, planned: float, alpha: float = ALPHA) -> Difference:
    """The difference of the means over answers, where the answers of one person belong together.

    Standard error: jackknife over people (Efron and Stein, "The jackknife estimate of variance", Annals of Statistics
    1981), which is that of the delta method where all ask alike. Interval: the asymptotic confidence sequence of
    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence
    sequences" (Annals of Statistics 2024, theorem 2.2), tightest after `planned` people. Its clock is the number of
    independent answers that would say as much as these do, so that people who come again make it go on only as far as
    they add something.
    """
    people = (control.people, treatment.people)
    if min(people) < LEAST_PEOPLE or min(control.alike, treatment.alike) < LEAST_ALIKE:
        return Difference(
            control=control.mean, treatment=treatment.mean, low=float("nan"), high=float("nan"), people=people
        )
    error = math.sqrt(_variance(control) + _variance(treatment))
    half = error * boundary(_clock(control, treatment, error), planned=planned, alpha=alpha)
    estimate = treatment.mean - control.mean
    return Difference(
        control=control.mean, treatment=treatment.mean, low=estimate - half, high=estimate + half, people=people
    )


def boundary(clock: float, *, planned: float, alpha: float = ALPHA) -> float:
    """How many standard errors the interval reaches to each side at this time; lowest near `planned` / 4."""
    log = -2 * math.log(alpha)
    rho = (log + math.log(log + 1)) / max(planned / 4, 1.0)
    grown = max(clock, 1e-9) * rho
    return math.sqrt(2 * (grown + 1) / grown * math.log(math.sqrt(grown + 1) / alpha))


def people_needed(deviation: float, effect: float, *, power_z: float = Z80) -> int:
    """In both arms together: so many that `effect` is found with a power of 0.8 when they have all been seen.

    `deviation`: the standard deviation of a person's mean, as `deviation_of` estimates it. About 1.9 times what a test
    with a single look at the end would need: the price of looking every day.
    """
    if not effect or math.isnan(deviation):
        return 0
    reach = boundary(1.0, planned=4.0) + power_z
    return 2 * math.ceil(2 * (deviation * reach / effect) ** 2)


def deviation_of(arm: Arm) -> float:
    """The standard deviation of one person's part in the arm's mean; NaN for fewer than two people."""
    return math.sqrt(_variance(arm) * arm.people) if arm.people > 1 else float("nan")


def imbalance(control: int, treatment: int) -> float:
    """How much the numbers of people speak against equal chances of both arms; holds at every look.

    Bayes factors of beta priors around one half against one half (Lindon and Malek, "Anytime-valid inference for
    multinomial count data", NeurIPS 2022), averaged over priors from wide to narrow: with equal chances the average
    ever reaches 1000 in at most one of a thousand experiments.
    """
    alike = (control + treatment) * math.log(2)
    factors = [_beta(each + control, each + treatment) - _beta(each, each) + alike for each in STRENGTHS]
    return sum(math.exp(min(log, 700.0)) for log in factors) / len(STRENGTHS)


def _beta(first: float, second: float) -> float:
    return math.lgamma(first) + math.lgamma(second) - math.lgamma(first + second)


def _variance(arm: Arm) -> float:
    """Of the arm's mean, by leaving out one person at a time.

    Who asked most of the questions draws the mean to themselves; measured from that mean they would hardly vary.
    """
    people, answers = arm.people, float(arm.count.sum())
    rest = arm.total - arm.mean * arm.count
    if not rest.any():
        # All alike so far, as with no failure yet: one person who is not must remain thinkable.
        return 1 / people**2
    moved = rest[arm.count > 0] / (answers - arm.count[arm.count > 0])
    return float((moved**2).sum()) * (people - 1) / people


def _clock(control: Arm, treatment: Arm, error: float) -> float:
    """Of two equal arms of n independent people each it is n / 2, as `planned` / 4 is at their end."""
    spread = (deviation_of(control) ** 2 + deviation_of(treatment) ** 2) / 2
    return spread / error**2
