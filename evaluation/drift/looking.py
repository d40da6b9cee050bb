"""Looks at every signal of a day, keeps what was found, and raises an alert with examples where something moved."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from evaluation import alerts
from evaluation.drift import statistics
from evaluation.drift.reading import Window, windows
from evaluation.drift.statistics import Comparison
from evaluation.models import DriftCheck, Simulation
from evaluation.models.drift import change as change_told
from ragapp.lib.display import number
from ragapp.llm import embedding

Signal = DriftCheck.Signal
EXAMPLES = 10
# Stands in the details of an alert while simulated traffic is among the questions.
SIMULATED = "simulated"
# Questions of each window whose meaning is looked at.
EMBEDDED = 1000
TOPICS = 12
# The smallest effect that counts: shares in points of 1, distributions as distances from 0 to 1.
SMALLEST = {
    Signal.QUESTIONS: 0.1, Signal.TOPICS: 0.1, Signal.LANGUAGES: 0.05, Signal.SUFFICIENCY: 0.1, Signal.NOT_FOUND: 0.03,
    Signal.FEEDBACK: 0.05, Signal.JUDGED: 0.05, Signal.JUDGE: 0.05, Signal.SUPPORT: 0.05, Signal.COST: 0.1,
    Signal.LATENCY: 0.1, Signal.SOURCE_AGE: 0.1,
}  # fmt: skip
SHARES = (Signal.NOT_FOUND, Signal.FEEDBACK, Signal.JUDGED, Signal.JUDGE)
NUMBERS = (Signal.SUFFICIENCY, Signal.SUPPORT, Signal.COST, Signal.LATENCY, Signal.SOURCE_AGE)
Embed = Callable[[Sequence[str]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`now` and `before`: a share or a median that people can read. `examples`: answers of this week."""

    signal: str
    comparison: Comparison
    now: float | None = None
    before: float | None = None
    examples: Sequence[Any] = ()


def look(day: date, *, embed: Embed | None = None) -> list[DriftCheck]:
    """Compares the week that ends with `day` with the four before; the same day again replaces what was found.

    `embed` makes unit vectors of questions; by default the site's embedder. Alarms come in one window in a hundred at
    most where nothing changed, over all signals together: each gets an equal part of that.
    """
    now, before = windows(day)
    alpha = statistics.ALPHA / len(Signal)
    found = [*_shares(now, before, alpha), *_numbers(now, before, alpha), *_languages(now, before, alpha)]
    if min(len(now.ids), len(before.ids)) >= statistics.SMALLEST_N:
        found += _meaning(now, before, alpha, embed or _embed)
    with transaction.atomic():
        kept = [_kept(day, one) for one in found]
        for one in found:
            if one.comparison.is_drift:
                _alarm(one, day)
    return kept


def _kept(day: date, found: Found) -> DriftCheck:
    compared = found.comparison
    fields = {
        "n_now": compared.n_now, "n_before": compared.n_before, "effect": compared.effect, "p": compared.p,
        "threshold": compared.threshold, "is_drift": compared.is_drift, "now": found.now, "before": found.before,
    }  # fmt: skip
    return DriftCheck.objects.update_or_create(day=day, signal=found.signal, defaults=fields)[0]


def _alarm(found: Found, day: date) -> None:
    compared, label = found.comparison, Signal(found.signal).label

    def text() -> str:
        change = ""
        if found.now is not None and found.before is not None:
            change = f" {change_told(found.signal, found.before, found.now)}."
        said = _("%(signal)s: not as in the four weeks before. Effect %(effect)s, by chance %(threshold)s at most.")
        said %= {
            "signal": label,
            "effect": number(compared.effect, 2),
            "threshold": number(compared.threshold, 2),
        }
        return said + change + (_(" Simulated traffic is among it.") if is_simulated else "")

    is_simulated = Simulation.objects.exists()
    alerts.raise_alert(
        "drift",
        label,
        text,
        severity="critical" if compared.effect >= 3 * compared.threshold else "warning",
        details={
            "day": day.isoformat(), "signal": found.signal,
            "effect": round(compared.effect, 4), "threshold": round(compared.threshold, 4),
            "p": compared.p, "n now": compared.n_now, "n before": compared.n_before, "now": found.now,
            "before": found.before, **({SIMULATED: True} if is_simulated else {}),
        },
        examples=found.examples,
        link=reverse("evaluation:board", args=["drift"]),
    )  # fmt: skip


def _shares(now: Window, before: Window, alpha: float) -> Iterator[Found]:
    for signal in SHARES:
        here, there = now.numbers[signal], before.numbers[signal]
        counts = [np.array([(part == 0).sum(), (part == 1).sum()]) for part in (here, there)]
        compared = statistics.compare(*counts, is_ordered=False, smallest=SMALLEST[signal], alpha=alpha)
        if compared is not None:
            yield Found(
                signal=signal, comparison=compared, now=float(np.nanmean(here)), before=float(np.nanmean(there)),
                examples=_some(now, here == compared.place),
            )  # fmt: skip


def _numbers(now: Window, before: Window, alpha: float) -> Iterator[Found]:
    for signal in NUMBERS:
        here, there = now.numbers[signal], before.numbers[signal]
        values = np.concatenate([here, there])
        values = values[~np.isnan(values)]
        if not len(values):
            continue
        inner = statistics.edges(values)
        bins = [statistics.binned(part[~np.isnan(part)], inner) for part in (here, there)]
        counts = [np.bincount(one, minlength=len(inner) + 1) for one in bins]
        compared = statistics.compare(*counts, is_ordered=True, smallest=SMALLEST[signal], alpha=alpha)
        if compared is not None:
            yield Found(
                signal=signal, comparison=compared, now=float(np.nanmedian(here)), before=float(np.nanmedian(there)),
                examples=_some(now, ~np.isnan(here) & (statistics.binned(here, inner) == compared.place)),
            )  # fmt: skip


def _languages(now: Window, before: Window, alpha: float) -> Iterator[Found]:
    known = sorted({*now.languages, *before.languages} - {""})
    places = {name: n for n, name in enumerate(known)}
    counts = [
        np.bincount([places[one] for one in part.languages if one], minlength=max(1, len(known)))
        for part in (now, before)
    ]
    compared = statistics.compare(*counts, is_ordered=False, smallest=SMALLEST[Signal.LANGUAGES], alpha=alpha)
    if compared is not None:
        more = known[compared.place]
        yield Found(
            signal=Signal.LANGUAGES, comparison=compared, now=float(counts[0][compared.place] / counts[0].sum()),
            before=float(counts[1][compared.place] / counts[1].sum()),
            examples=_some(now, np.array([one == more for one in now.languages])),
        )  # fmt: skip


def _meaning(now: Window, before: Window, alpha: float, embed: Embed) -> Iterator[Found]:
    here = embed(now.questions[:EMBEDDED])
    there = embed(before.questions[:EMBEDDED])
    effect, threshold, p = statistics.moved(here, there, alpha=alpha, rounds=int(2 / alpha))
    smallest = SMALLEST[Signal.QUESTIONS]
    direction = here.mean(axis=0) - there.mean(axis=0)
    yield Found(
        signal=Signal.QUESTIONS,
        comparison=Comparison(
            n_now=len(here), n_before=len(there), effect=effect, threshold=max(smallest, threshold), p=p, place=0,
            is_drift=p <= alpha and effect >= smallest,
        ),
        examples=[now.ids[n] for n in np.argsort(-(here @ direction))[:EXAMPLES]],
    )  # fmt: skip
    topics = statistics.topics(np.concatenate([here, there]), k=TOPICS)
    counts = [np.bincount(part, minlength=TOPICS) for part in (topics[: len(here)], topics[len(here) :])]
    compared = statistics.compare(*counts, is_ordered=False, smallest=SMALLEST[Signal.TOPICS], alpha=alpha)
    if compared is not None:
        mine = np.flatnonzero(topics[: len(here)] == compared.place)
        yield Found(
            signal=Signal.TOPICS, comparison=compared, now=float(counts[0][compared.place] / len(here)),
            before=float(counts[1][compared.place] / len(there)), examples=[now.ids[n] for n in mine[:EXAMPLES]],
        )  # fmt: skip


def _some(window: Window, is_one: NDArray[np.bool_]) -> list[Any]:
    return [window.ids[n] for n in np.flatnonzero(is_one)[:EXAMPLES]]


def _embed(questions: Sequence[str]) -> NDArray[np.float64]:
    """Unit vectors; what is asked in the same words is embedded once."""
    different = list(dict.fromkeys(questions))
    vectors = dict(zip(different, embedding.embed_passages(different, embedding.configured()), strict=True))
    found = np.array([vectors[one] for one in questions], dtype=np.float64)
    unit: NDArray[np.float64] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit
