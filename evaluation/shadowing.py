"""Shadow mode: a candidate answers real questions after production did, silently, and is compared."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from chat import branches, conversations, sources
from chat.answering.run import ask_once
from chat.models import Answer, Release, Turn
from chat.releases.rollout import place_of
from documents import access
from evaluation import review
from evaluation.models import Shadow, ShadowAnswer, Simulation
from ragapp.accounts.models import User
from ragapp.audit import log as audit
from ragapp.lib.display import percent
from ragapp.lib.stats import bootstrap_interval

State = ShadowAnswer.State
LEASE = timedelta(minutes=10)
ATTEMPTS = 3
BEFORE = 3
AT_ONCE = 50
EXAMPLES = 20
LOOKED_AT = 300
GIVEN = (Answer.Status.ANSWERED, Answer.Status.CAVEAT, Answer.Status.CONFLICT)


class NotStarted(Exception):
    """A shadow is running already. The message says so to the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """A question to which the candidate said something else, and in what it differs."""

    row: ShadowAnswer
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure of both, over the `n` questions to which it applies to both; the interval is that of the mean of
    the differences."""

    label: str
    is_share: bool
    production: float
    shadow: float
    low: float
    high: float
    n: int

    @property
    def is_apart(self) -> bool:
        """Whether the difference is more than chance would bring."""
        return self.low > 0 or self.high < 0

    @property
    def written(self) -> tuple[str, str]:
        """Production's figure and the candidate's, as people read them."""
        if self.is_share:
            return percent(self.production), percent(self.shadow)
        return _number(self.production), _number(self.shadow)

    @property
    def interval(self) -> str:
        """Of the difference: in points of a hundred, or in the figure's unit."""
        if self.is_share:
            return _("%(low)+.0f … %(high)+.0f points") % {"low": self.low * 100, "high": self.high * 100}
        return f"{_number(self.low)} … {_number(self.high)}"


def running() -> Shadow | None:
    """The one that has not ended."""
    return Shadow.objects.select_related("candidate").filter(ended_at=None).first()


def start(candidate: Release, *, percent: int, by: User) -> Shadow:
    """Also answers `percent` of the questions from now on. Its calls are charged to the site. Raises NotStarted."""
    now = timezone.now()
    try:
        with transaction.atomic():
            made = Shadow.objects.create(
                candidate=candidate, percent=percent, picked_until=now, started_by=by, started_at=now
            )
            audit.record("shadow_started", by=by, target=candidate, percent=percent)
    except IntegrityError as error:
        raise NotStarted(_("Another release is in the shadow. End that first.")) from error
    return made


@transaction.atomic
def end(shadow: Shadow, *, by: User) -> None:
    """It answers no more; what it said is kept for comparing."""
    if Shadow.objects.filter(pk=shadow.pk, ended_at=None).update(ended_at=timezone.now()):
        audit.record("shadow_ended", by=by, target=shadow.candidate)


def pick(now: datetime) -> list[int]:
    """Takes up its share of the answers that ended since the last time; the ids of what is to be answered now, what a
    worker left among it. Safe to run twice."""
    with transaction.atomic():
        shadow = Shadow.objects.select_for_update().filter(ended_at=None).first()
        if shadow is None:
            return []
        # Simulated people ask out of sight, for those who want to see a shadow where nobody asks yet.
        asked = Q(turn__conversation__is_hidden=False) | Q(turn__conversation__user__in=Simulation.people())
        ended = Answer.objects.filter(
            asked, finished_at__gt=shadow.picked_until, finished_at__lte=now, state=Answer.State.DONE,
            turn__conversation__files=None, turn__as_of=None,
        ).exclude(release=shadow.candidate_id)  # fmt: skip
        rows = [
            ShadowAnswer(shadow=shadow, answer_id=pk)
            for pk in ended.values_list("pk", flat=True)
            if place_of(pk.int % 2**62, f"shadow:{shadow.pk}") < shadow.percent
        ]
        ShadowAnswer.objects.bulk_create(rows, ignore_conflicts=True)
        shadow.picked_until = now
        shadow.save()
        waiting = ShadowAnswer.objects.filter(shadow=shadow, state__in=(State.QUEUED, State.RUNNING))
        waiting.filter(attempts__gte=ATTEMPTS, lease_until__lt=now).update(state=State.FAILED)
        due = waiting.filter(Q(lease_until=None) | Q(lease_until__lt=now))
        return list(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def answer(pk: int) -> None:
    """Asks the question once more, of the candidate, with the rights that its asker has now. Safe to run twice."""
    now = timezone.now()
    free = ShadowAnswer.objects.filter(pk=pk, attempts__lt=ATTEMPTS, shadow__ended_at=None)
    free = free.filter(Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=now))
    if not free.update(state=State.RUNNING, lease_until=now + LEASE, attempts=F("attempts") + 1):
        return
    row = ShadowAnswer.objects.select_related("shadow__candidate", "answer__turn__conversation__user").get(pk=pk)
    turn, asker = row.answer.turn, row.answer.turn.conversation.user
    begun = time.monotonic()
    try:
        outcome = ask_once(
            turn.question,
            user=asker,
            collection_id=turn.collection_id,
            history=_before(turn, asker),
            release=row.shadow.candidate,
            is_trial=True,
            store=False,
        )
    except conversations.CollectionUnknown:
        ShadowAnswer.objects.filter(pk=pk).update(state=State.FAILED)
        return
    ShadowAnswer.objects.filter(pk=pk).update(
        state=State.DONE,
        status=outcome.status,
        text=outcome.answer,
        documents=list(outcome.documents),
        supported=outcome.supported,
        seconds=time.monotonic() - begun,
        cost_usd=outcome.cost_usd,
        model=outcome.model,
    )


def _before(turn: Turn, asker: User) -> list[tuple[str, str]]:
    """The exchanges before; without an answer whose sources the asker may no longer read."""
    told = []
    for earlier in branches.before(turn)[-BEFORE:]:
        shown = branches.shown_answer(earlier)
        is_open = shown is not None and sources.all_open([shown], reader=asker)
        told.append((earlier.question, shown.text if shown is not None and is_open else ""))
    return told


def compared(shadow: Shadow) -> list[Compared]:
    """Both beside each other, question by question (percentile bootstrap of the mean difference)."""
    rows = list(ShadowAnswer.objects.filter(shadow=shadow, state=State.DONE).select_related("answer"))
    # What production had kept from before took no time and cost nothing; the candidate makes every answer anew.
    made = [row for row in rows if not row.answer.cache_layer]
    pairs: dict[tuple[str, bool], list[tuple[float, float]]] = {
        (_("Answered"), True): [(float(row.answer.status in GIVEN), float(row.status in GIVEN)) for row in rows],
        (_("Sentences supported"), True): [
            (known, row.supported)
            for row in rows
            if row.supported is not None and (known := _supported(row.answer)) is not None
        ],
        (_("Seconds"), False): [
            ((row.answer.finished_at - row.answer.created_at).total_seconds(), row.seconds)
            for row in made
            if row.seconds is not None and row.answer.finished_at is not None
        ],
        (_("US$"), False): [
            (float(row.answer.cost_usd), float(row.cost_usd))
            for row in made
            if row.cost_usd is not None and row.answer.cost_usd is not None
        ],
    }
    found = []
    for (label, is_share), both in pairs.items():
        if both:
            low, high = bootstrap_interval([new - old for old, new in both])
            found.append(
                Compared(
                    label=label,
                    is_share=is_share,
                    production=sum(old for old, _new in both) / len(both),
                    shadow=sum(new for _old, new in both) / len(both),
                    low=low,
                    high=high,
                    n=len(both),
                )
            )
    return found


def finding(rows: Sequence[Compared]) -> str:
    """One sentence that says what differs between both by more than chance; "" where nothing was compared."""
    if not rows:
        return ""
    apart = [
        _("%(label)s: %(shadow)s instead of %(production)s")
        % {"label": row.label, "production": row.written[0], "shadow": row.written[1]}
        for row in rows
        if row.is_apart
    ]
    if not apart:
        return _("No figure differs by more than chance would bring, over %(n)d questions.") % {"n": rows[0].n}
    return f"{'; '.join(apart)}."


def examples(shadow: Shadow, *, viewer: User) -> Sequence[Otherwise]:
    """Questions to which the candidate ended otherwise, or else stated less that is supported, or else rests on other
    documents; in this order, the newest first. Only those all of whose sources, on both sides, the viewer may read."""
    readable = set(access.readable_documents(viewer).values_list("pk", flat=True))
    rows = ShadowAnswer.objects.filter(shadow=shadow, state=State.DONE, answer__in=review.answers_for(viewer))
    found: list[list[Otherwise]] = [[], [], []]
    for row in rows.select_related("answer__turn").prefetch_related("answer__citations")[:LOOKED_AT]:
        if not set(row.documents) <= readable:
            continue
        known = _supported(row.answer)
        cited = {one.document_id for one in row.answer.citations.all()}
        if row.status != row.answer.status:
            found[0].append(Otherwise(row=row, what=_("ended otherwise")))
        elif row.supported is not None and known is not None and row.supported < known:
            found[1].append(Otherwise(row=row, what=_("less of it is supported")))
        elif cited != set(row.documents):
            found[2].append(Otherwise(row=row, what=_("rests on other documents")))
    return [one for kind in found for one in kind][:EXAMPLES]


def _number(value: float) -> str:
    """Seconds or US dollars, in the way of whoever reads."""
    return formats.number_format(value, decimal_pos=2 if abs(value) >= 0.1 else 5)


def _supported(answer: Answer) -> float | None:
    stated = [sentence["is_supported"] for sentence in answer.sentences]
    return sum(stated) / len(stated) if stated else None
