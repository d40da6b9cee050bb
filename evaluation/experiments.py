"""A/B tests: begun, read at any time, and ended with a verdict in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from chat.models import Experiment, Release
from chat.releases import moves
from chat.releases.rollout import experiment_key
from evaluation import rollout, segments
from evaluation.arms import Answers, drawn, of_release
from evaluation.models import GateStage
from evaluation.segments import Segment
from evaluation.statistics.sequences import ALPHA, Arm, Difference, deviation_of, difference, imbalance, people_needed
from ragapp.accounts.models import User
from ragapp.audit import log as audit
from ragapp.lib.said import in_languages

Metric = Experiment.Metric
State = Experiment.State
# The figure behind a metric, and whether the metric is its opposite.
_FIGURE: Mapping[str, tuple[str, bool]] = {
    Metric.HELPFUL: ("thumb_up", False),
    Metric.ANSWERED: ("refused", True),
    Metric.SUPPORTED: ("unsupported", True),
    Metric.FAILED: ("failed", False),
    Metric.SECONDS: ("seconds", False),
    Metric.COST: ("cost", False),
    Metric.AGAIN: ("again", False),
}
MORE_IS_BETTER = frozenset({Metric.HELPFUL, Metric.ANSWERED, Metric.SUPPORTED})
SHARES = frozenset(Metric) - {Metric.SECONDS, Metric.COST}
# Evidence against equal chances from which on the numbers of people are not believed.
IMBALANCED = 1000.0
BASE_DAYS, BASE_LATEST = timedelta(days=30), 20_000

Word = Literal["early", "better", "worse", "same", "open", "broken", "harmful"]


class NotStarted(Exception):
    """The experiment cannot begin now. The message says so to the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One metric in both arms. `word`: better, worse or same by the interval, else open."""

    metric: str
    label: str
    is_share: bool
    difference: Difference
    word: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an experiment says so far."""

    primary: Figure
    guards: Sequence[Figure]
    segments: Sequence[tuple[Segment, Figure]]
    people: tuple[int, int]  # who asked at all, control and treatment
    imbalance: float
    word: Word
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Production's last 30 days: what a metric was, and how many people asked."""

    mean: float
    deviation: float
    people: int


def base(metric: str, production: Release, *, now: datetime) -> Base:
    """What the calculator of sample sizes starts from."""
    answers = of_release(production.pk, latest=BASE_LATEST, since=now - BASE_DAYS, now=now)
    arm = _arm(answers, np.ones(len(answers), dtype=bool), metric)
    return Base(mean=arm.mean, deviation=deviation_of(arm), people=arm.people)


def needed(metric: str, effect: float, found: Base) -> int:
    """People in both arms; where too little is known of a share, as for one of a half."""
    deviation = found.deviation if found.people > 1 and found.deviation > 0 else 0.5
    return people_needed(deviation, effect)


@transaction.atomic
def start(experiment: Experiment, *, by: User, override: str = "") -> None:
    """Half of those who take part get the treatment from now on. Raises NotStarted, rollout.Refused."""
    pointer = moves.where()
    if experiment.state != State.DRAFT:
        raise NotStarted(_("It has begun before; make another one."))
    if pointer.candidate is not None:
        raise NotStarted(_("%(name)s is being tried already. End that first.") % {"name": pointer.candidate})
    if pointer.production_id != experiment.control_id:
        raise NotStarted(_("%(name)s is not in production any more.") % {"name": experiment.control})
    rollout.past_the_gate(experiment.treatment, GateStage.CANDIDATE, by=by, override=override)
    try:
        with transaction.atomic():
            experiment.state, experiment.started_at = State.RUNNING, timezone.now()
            experiment.save()
    except IntegrityError as error:
        raise NotStarted(_("Another experiment is running. End it first.")) from error
    audit.record("experiment_started", by=by, target=experiment, share=experiment.share_percent)


@transaction.atomic
def end(experiment: Experiment, *, by: User) -> None:
    """Everybody gets production again; what was read at the end is kept as its conclusion."""
    now = timezone.now()
    reading = read(experiment, now=now)
    ended = Experiment.objects.filter(pk=experiment.pk, state=State.RUNNING).update(
        state=State.ENDED,
        ended_at=now,
        conclusion_said=in_languages(lambda: read(experiment, now=now).sentence, most=500),
    )
    if ended:
        audit.record("experiment_ended", by=by, target=experiment, word=reading.word)


def read(experiment: Experiment, *, now: datetime) -> Reading:
    """What the answers since its start say, at any time and as often as one likes."""
    until = experiment.ended_at or now
    answers = drawn(experiment_key(experiment), since=experiment.started_at or now, now=until)
    primary = _figure(answers, experiment, experiment.primary, alpha=ALPHA)
    guards = [
        _figure(answers, experiment, metric, alpha=ALPHA / len(experiment.guards)) for metric in experiment.guards
    ]
    in_treatment = answers.release == experiment.treatment_id
    people = (len(set(answers.person[~in_treatment].tolist())), len(set(answers.person[in_treatment].tolist())))
    odd = imbalance(*people)
    word = _word(experiment, primary, guards, people, odd)
    parts = segments.split(answers)
    # All segments together are marked in one of twenty experiments where none differs.
    shared = ALPHA / max(1, len(parts))
    return Reading(
        primary=primary,
        guards=guards,
        segments=[
            (segment, _figure(answers, experiment, experiment.primary, alpha=shared, part=part))
            for segment, part in parts
        ],
        people=people,
        imbalance=odd,
        word=word,
        sentence=_sentence(experiment, word, primary, guards, people),
    )


def _figure(
    answers: Answers, experiment: Experiment, metric: str, *, alpha: float, part: NDArray[np.bool_] | None = None
) -> Figure:
    taken = np.ones(len(answers), dtype=bool) if part is None else part
    in_treatment = answers.release == experiment.treatment_id
    found = difference(
        _arm(answers, taken & ~in_treatment, metric),
        _arm(answers, taken & in_treatment, metric),
        planned=experiment.planned_people,
        alpha=alpha,
    )
    word: Word = "open"
    if found.is_known:
        better, worse = (found.low > 0, found.high < 0)
        if metric not in MORE_IS_BETTER:
            better, worse = worse, better
        is_small = max(abs(found.low), abs(found.high)) < experiment.least_effect and metric == experiment.primary
        word = "better" if better else "worse" if worse else "same" if is_small else "open"
    return Figure(
        metric=metric, label=str(Metric(metric).label), is_share=metric in SHARES, difference=found, word=word
    )


def _arm(answers: Answers, taken: NDArray[np.bool_], metric: str) -> Arm:
    name, is_opposite = _FIGURE[metric]
    values = answers.figures[name]
    taken = taken & ~np.isnan(values)
    values = 1 - values[taken] if is_opposite else values[taken]
    _people, place = np.unique(answers.person[taken], return_inverse=True)
    size = len(_people)
    return Arm(
        total=np.bincount(place, weights=values, minlength=size).astype(float),
        count=np.bincount(place, minlength=size).astype(float),
    )


def _word(
    experiment: Experiment, primary: Figure, guards: Sequence[Figure], people: tuple[int, int], odd: float
) -> Word:
    if odd >= IMBALANCED:
        return "broken"
    if any(guard.word == "worse" for guard in guards):
        return "harmful"
    if primary.word == "open":
        return "open" if sum(people) >= experiment.planned_people else "early"
    return primary.word


def _sentence(
    experiment: Experiment, word: Word, primary: Figure, guards: Sequence[Figure], people: tuple[int, int]
) -> str:
    said = {
        "treatment": experiment.treatment,
        "control": experiment.control,
        "metric": primary.label,
        "guards": ", ".join(guard.label for guard in guards if guard.word == "worse"),
        "people": sum(people),
        "planned": experiment.planned_people,
        "a": people[0],
        "b": people[1],
    }
    return {
        "broken": _("Do not trust the figures: %(a)d people in one arm and %(b)d in the other is not chance."),
        "harmful": _("%(treatment)s is worse in what must not get worse: %(guards)s. Keep %(control)s."),
        "better": _("%(treatment)s is better: %(metric)s. It may go to production."),
        "worse": _("%(treatment)s is worse: %(metric)s. Keep %(control)s."),
        "same": _("There is no difference that matters: %(metric)s. Choose the simpler or cheaper one."),
        "open": _("Nothing was shown after the %(planned)d people that were planned. Keep %(control)s."),
        "early": _("Too early to say: %(people)d of %(planned)d people so far. You may look as often as you like."),
    }[word] % said
