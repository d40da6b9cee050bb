"""The answers of two releases that were drawn beside each other, and what is counted of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import BooleanField, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from chat.asked import OF_PEOPLE
from chat.models import Answer
from evaluation.models import Feedback

# A thumb within this time counts; only answers that have had it are looked at, so that what was counted stays counted.
THUMB_TIME = timedelta(minutes=60)
# Of one person on one day so many answers count: who asks a lot does not decide alone.
A_DAY = 10
RUNNING = (Answer.State.PENDING, Answer.State.STREAMING)
ANSWERED = (Answer.Status.ANSWERED, Answer.Status.CAVEAT, Answer.Status.CONFLICT)


# Of a text, without its text leaving the database.
_WORDS = "cardinality(regexp_split_to_array(btrim(%(expressions)s), '[[:space:]]+'))"


class _HasUnsupported(Func):
    """Whether a sentence of the answer lacks support."""

    template = "jsonb_path_exists(%(expressions)s, '$[*] ? (@.is_supported == false)')"
    output_field = BooleanField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers in the order in which they were asked; every array has one entry an answer, shape (n,).

    A figure that is NaN does not apply to its answer. `seconds` to the whole answer; `cost` in US dollars; neither of
    an answer that was kept from before, since production has kept many and a new release none.
    """

    person: NDArray[np.int_]
    release: NDArray[np.int_]
    asked_at: NDArray[np.float64]  # seconds since 1970
    language: NDArray[np.str_]
    collection: NDArray[np.int_]  # asked in; 0: in none
    words: NDArray[np.int_]  # of the question
    is_follow_up: NDArray[np.bool_]
    figures: Mapping[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.person)


FIGURES = ("failed", "refused", "unsupported", "thumb_down", "thumb_up", "seconds", "cost", "again")


def drawn(key: str, *, since: datetime, now: datetime) -> Answers:
    """The finished answers that `key` drew since then, up to the oldest one that is still being made.

    A later look sees the same answers in the same order, and more behind them.
    """
    rows = Answer.objects.filter(drawn_by=key, created_at__gte=since, created_at__lte=now)
    oldest = rows.filter(state__in=RUNNING).order_by("created_at").values_list("created_at", flat=True).first()
    if oldest is not None:
        rows = rows.filter(created_at__lt=oldest)
    return _read(rows, now=now)


def of_release(release_id: int, *, latest: int, since: datetime, now: datetime) -> Answers:
    """The latest finished answers of a release, whatever drew them; none that evaluation runs asked for."""
    asked = Answer.objects.filter(OF_PEOPLE | ~Q(drawn_by=""))
    rows = asked.filter(release=release_id, created_at__gte=since).exclude(state__in=RUNNING)
    newest = rows.order_by("-created_at").values("pk")[:latest]
    return _read(Answer.objects.filter(pk__in=newest), now=now)


def _read(rows: QuerySet[Answer], *, now: datetime) -> Answers:
    thumbs = Feedback.objects.filter(answer=OuterRef("pk"), created_at__lte=OuterRef("finished_at") + THUMB_TIME)
    read = (
        rows.exclude(finished_at=None)
        .order_by("created_at", "pk")
        .annotate(
            asker=F("turn__conversation__user"),
            asked_in=Coalesce("turn__collection_id", 0),
            words=Func(F("turn__question"), template=_WORDS, output_field=IntegerField()),
            ordinal=F("turn__ordinal"),
            has_unsupported=_HasUnsupported(F("sentences")),
            is_down=Exists(thumbs.filter(thumb=-1)),
            is_up=Exists(thumbs.filter(thumb=1)),
            is_again=Exists(Answer.objects.filter(turn=OuterRef("turn"), created_at__gt=OuterRef("created_at"))),
        )
        .values("asker", "release", "created_at", "finished_at", "state", "status", "fallback_step", "cost_usd",
                "cache_layer", "has_unsupported", "is_down", "is_up", "is_again", "language", "asked_in", "words",
                "ordinal")
        .iterator(chunk_size=2000)
    )  # fmt: skip
    counted: dict[tuple[int, Any], int] = {}
    kept: list[Mapping[str, Any]] = []
    for row in read:
        day = (row["asker"], row["created_at"].date())
        counted[day] = counted.get(day, 0) + 1
        if counted[day] <= A_DAY:
            kept.append(row)
    table = np.asarray([_figures(row, now=now) for row in kept], dtype=float).reshape(-1, len(FIGURES))
    return Answers(
        person=np.asarray([row["asker"] for row in kept], dtype=int),
        release=np.asarray([row["release"] for row in kept], dtype=int),
        asked_at=np.asarray([row["created_at"].timestamp() for row in kept], dtype=float),
        language=np.asarray([row["language"] for row in kept], dtype=str),
        collection=np.asarray([row["asked_in"] for row in kept], dtype=int),
        words=np.asarray([row["words"] for row in kept], dtype=int),
        is_follow_up=np.asarray([row["ordinal"] > 0 for row in kept], dtype=bool),
        figures={name: table[:, place] for place, name in enumerate(FIGURES)},
    )


def _figures(row: Mapping[str, Any], *, now: datetime) -> tuple[float, ...]:
    """In the order of FIGURES."""
    none = float("nan")
    is_stopped = row["state"] == Answer.State.STOPPED
    is_answer = row["status"] in ANSWERED
    had_time = row["finished_at"] + THUMB_TIME <= now
    return (
        # The model did not answer: a deployment further back did, or the documents' own sentences, or nothing.
        float(row["state"] == Answer.State.FAILED or row["fallback_step"] > 0),
        none if is_stopped else float(row["status"] in (Answer.Status.NOT_FOUND, Answer.Status.BLOCKED)),
        float(row["has_unsupported"]) if is_answer else none,
        float(row["is_down"]) if had_time else none,
        float(row["is_up"]) if row["is_up"] or row["is_down"] else none,
        none if is_stopped or row["cache_layer"] else (row["finished_at"] - row["created_at"]).total_seconds(),
        none if row["cost_usd"] is None or row["cache_layer"] else float(row["cost_usd"]),
        float(row["is_again"]),
    )
