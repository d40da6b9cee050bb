"""What happens in the simulated months: who asks what when, and how it ends. Everything random comes from one seed.

The story: use grows, by office hours, less at weekends. From the middle on a second release takes over; it is better.
In the last ten days a subject comes up that the documents do not hold, and answers of the large model get slower.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

GROUPS = ("Sales", "Support", "Engineering", "Finance", "Operations")
SUBJECTS = {
    "leave": ("How many days of parental leave do I get?", "Can I carry over vacation days?"),
    "travel": ("What is the daily allowance abroad?", "Which hotel rate may I book?"),
    "expenses": ("How do I claim expenses?", "Until when do I hand in receipts?"),
    "safety": ("Who is the first aider on floor two?", "What do I do when the fire alarm rings?"),
    "it": ("How do I reset my password?", "How do I connect to the VPN from home?"),
    "pension": ("When can I join the pension plan?", "What does the company add to my pension?"),
    "purchasing": ("Who signs purchases over 5,000 euros?", "Which suppliers are approved?"),
}
IN_GERMAN = {
    "leave": "Wie viele Tage Elternzeit bekomme ich?",
    "travel": "Wie hoch ist das Tagegeld im Ausland?",
    "expenses": "Wie rechne ich Auslagen ab?",
}
# Comes up late, and is in no document.
NEW = "relocation"
NEW_QUESTIONS = ("Who pays for my move to the new office?", "Is there a parking place at the new office?")
NEW_DAYS, SLOW_DAYS = 10, 10
STATUSES = ("answered", "caveat", "conflict", "not_found", "blocked", "failed")
STAGES = ("guard", "rewrite", "retrieve", "weigh", "decide", "compose", "generate", "cite", "check", "store")
STAGE_MS = (6.0, 8.0, 60.0, 12.0, 4.0, 3.0, 1400.0, 5.0, 45.0, 9.0)
HOURS = np.array([0] * 6 + [1, 4, 9, 11, 11, 9, 6, 8, 10, 9, 7, 4, 2, 1, 1, 0, 0, 0], dtype=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The answers of one day, in order of time; every array has one value for each. `stages_ms`: answers × STAGES."""

    day: date
    seconds: NDArray[np.int64]
    person: NDArray[np.int64]
    subject: NDArray[np.int64]
    question: NDArray[np.int64]
    is_german: NDArray[np.bool_]
    release: NDArray[np.int64]
    is_small: NDArray[np.bool_]
    is_cached: NDArray[np.bool_]
    status: NDArray[np.int64]
    stages_ms: NDArray[np.float64]
    tokens_in: NDArray[np.int64]
    tokens_out: NDArray[np.int64]
    sufficiency: NDArray[np.float64]
    sentences: NDArray[np.int64]
    unsupported: NDArray[np.int64]
    place: NDArray[np.int64]
    thumb: NDArray[np.int64]
    rating: NDArray[np.int64]
    verdict: NDArray[np.int64]
    is_escalated: NDArray[np.bool_]


def days(*, answers: int, until: date, length: int, people: int, seed: int) -> Iterator[Day]:
    """`answers` in all (rounded by day) on the `length` days up to `until`, which is the last."""
    random = np.random.default_rng(seed)
    calendar = [until - timedelta(days=length - 1 - n) for n in range(length)]
    weights = np.array([(0.12 if one.weekday() > 4 else 1) * (1 + 0.8 * n / length) for n, one in enumerate(calendar)])
    sizes = np.round(answers * weights / weights.sum()).astype(int)
    for n, (one, size) in enumerate(zip(calendar, sizes, strict=True)):
        yield _day(one, int(size), n / length, length - 1 - n, people, random)


def _day(day: date, size: int, progress: float, left: int, people: int, random: np.random.Generator) -> Day:
    hour = random.choice(24, size, p=HOURS / HOURS.sum())
    # A few ask much and many ask little; more people each week.
    known = max(1, int(people * (0.4 + 0.6 * progress)))
    person = np.minimum((random.pareto(1.1, size) * known / 12).astype(int), known - 1)
    is_new = random.random(size) < (0.22 if left < NEW_DAYS else 0.0)
    subject = np.where(is_new, len(SUBJECTS), random.choice(len(SUBJECTS), size))
    is_german = (random.random(size) < 0.25) & (subject < len(IN_GERMAN))
    release = (random.random(size) < min(1.0, max(0.0, (progress - 0.45) * 5))).astype(int)
    is_small = random.random(size) < 0.35
    sufficiency = np.clip(random.normal(np.where(is_new, 0.25, 0.72 + 0.03 * release), 0.14), 0, 1)
    status = _endings(sufficiency, random)
    has_text = status <= 2
    is_cached = has_text & (random.random(size) < 0.08 + 0.07 * progress)
    speed = np.where(is_small, 0.45, 1.6 if left < SLOW_DAYS else 1.0)
    stages = np.array(STAGE_MS) * random.lognormal(0, 0.45, (size, len(STAGES)))
    stages[:, STAGES.index("generate")] *= np.where(has_text & ~is_cached, speed, 0.0)
    sentences = np.where(has_text, random.integers(1, 7, size), 0)
    unsupported = random.binomial(sentences, 0.07 - 0.03 * release)
    happiness = 0.86 + 0.06 * release - 0.25 * (unsupported > 0) - 0.5 * ~has_text
    has_thumb = random.random(size) < np.where(has_text, 0.11, 0.2)
    thumb = np.where(has_thumb, np.where(random.random(size) < happiness, 1, -1), 0)
    is_reviewed = random.random(size) < np.where(thumb == -1, 0.3, 0.01)
    return Day(
        day=day,
        seconds=np.sort(hour * 3600 + random.integers(0, 3600, size)),
        person=person,
        subject=subject,
        question=random.integers(0, 2, size),
        is_german=is_german,
        release=release,
        is_small=is_small,
        is_cached=is_cached,
        status=status,
        stages_ms=stages,
        tokens_in=np.where(has_text & ~is_cached, random.lognormal(7.4, 0.35, size), 0).astype(int),
        tokens_out=np.where(has_text & ~is_cached, random.lognormal(5.0, 0.5, size), 0).astype(int),
        sufficiency=sufficiency,
        sentences=sentences,
        unsupported=unsupported,
        place=np.where(has_text, np.minimum(random.geometric(0.62 + 0.06 * release), 8), 0),
        thumb=thumb,
        rating=np.where(
            has_thumb & (random.random(size) < 0.3), np.where(thumb == 1, 4, 1) + random.integers(0, 2, size), 0
        ),
        verdict=np.where(is_reviewed, np.where(thumb == -1, random.integers(1, 3, size), 0), -1),
        is_escalated=random.random(size) < np.where(status == 3, 0.06, 0.004),
    )


def _endings(sufficiency: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    """Places in STATUSES: what is not sure enough is refused, a few are caveats, conflicts, blocked or fail."""
    luck = random.random(len(sufficiency))
    status = np.select([luck < 0.06, luck < 0.08, luck > 0.996, luck > 0.99], [1, 2, 5, 4], default=0)
    return np.where((sufficiency < 0.45) & (status < 4), 3, status)


def question_text(subject: int, wording: int, *, is_german: bool) -> tuple[str, str]:
    """The words, and their language."""
    names = list(SUBJECTS)
    if subject == len(names):
        return NEW_QUESTIONS[wording], "en"
    if is_german:
        return IN_GERMAN[names[subject]], "de"
    return SUBJECTS[names[subject]][wording], "en"
