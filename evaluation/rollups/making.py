"""Makes the totals of whole days from their answers: the same rows however often, also when feedback comes late."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Min, Q
from django.utils import timezone

from chat.models import Answer
from evaluation.models import AskedOnDay, Escalation, Feedback, Review, RolledUp, Rollup, StaleDay
from evaluation.rollups.buckets import DIMENSIONS, STAGE_OF, STAGES, places
from ragapp.accounts.models import User
from ragapp.lib.copying import copy_in

ANSWERED = {Answer.Status.ANSWERED, Answer.Status.CAVEAT, Answer.Status.CONFLICT}
_ROWS = """
SELECT a.id, a.created_at, COALESCE(a.release_id, 0), a.model, COALESCE(t.collection_id, 0), c.user_id, a.state,
       a.status, a.cache_layer <> '', a.fallback_step > 0, COALESCE(a.tokens_in, 0), COALESCE(a.tokens_out, 0),
       a.cost_usd, a.stage_ms, (a.decision->>'sufficiency')::float,
       CASE WHEN jsonb_typeof(a.sentences) = 'array' THEN jsonb_array_length(a.sentences) ELSE 0 END,
       (SELECT count(*) FROM jsonb_path_query(a.sentences, '$[*] ? (@.is_supported == false)')),
       jsonb_path_exists(a.guard_verdicts, '$[*] ? (@.verdict == "mask" || @.verdict == "block")'),
       (SELECT min(e.place) FROM jsonb_array_elements(
          CASE WHEN jsonb_typeof(a.candidates) = 'array' THEN a.candidates ELSE '[]' END
        ) WITH ORDINALITY AS e(one, place) WHERE e.one->>'used' = 'true')
  FROM chat_answer a
  JOIN chat_turn t ON t.id = a.turn_id
  JOIN chat_conversation c ON c.id = t.conversation_id
 WHERE a.created_at >= %s AND a.created_at < %s AND a.state NOT IN ('pending', 'streaming')
   AND (NOT c.is_hidden OR EXISTS (SELECT 1 FROM chat_askedbyprogram p WHERE p.turn_id = t.id))
"""
Key = tuple[datetime, int, str, int, int]


@dataclass(slots=True)
class Total:
    """What one row of totals will hold. `at` are places in the vector, one for each value."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    cost_usd: Decimal = Decimal(0)
    at: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """What people said later about the answers of a day, by answer."""

    thumbs: Mapping[Any, list[int]]
    ratings: Mapping[Any, list[int]]
    verdicts: Mapping[Any, list[str]]
    escalated: frozenset[Any]


def keep_up(now: datetime, *, days_max: int = 40) -> int:
    """Makes the totals of today, of days since the last time, and of stale days; how many days.

    Of many days the oldest first; the rest waits for the next call.
    """
    today = timezone.localtime(now).date()
    state = RolledUp.objects.first()
    first = state.until if state else _first_day(today)
    # What was asked before midnight may have been answered after.
    first = min(first, today - timedelta(days=1))
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)][:days_max]
    stale = list(StaleDay.objects.filter(day__lt=first).values_list("day", flat=True)[: days_max - len(days)])
    for day in stale:
        make_day(day)
    for day in days:
        make_day(day)
        RolledUp.objects.update_or_create(pk=1, defaults={"until": day})
    return len(days) + len(stale)


@transaction.atomic
def make_day(day: date) -> None:
    """Replaces the totals of `day`. Two at once wait for each other; the second makes the same again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('evaluation.rollups'), %s)", [day.toordinal()])
    # Before the answers are read: what changes meanwhile makes it stale again.
    StaleDay.objects.filter(day=day).delete()
    begin, end = bounds(day)
    hours, askers = _totals(begin, end)
    Rollup.objects.filter(at__gte=begin, at__lt=end).delete()
    AskedOnDay.objects.filter(day=day).delete()
    whole: dict[Key, Total] = defaultdict(Total)
    for (_hour, *rest), total in hours.items():
        merged = whole[(begin, *rest)]  # type: ignore[index]
        for name, n in total.counts.items():
            merged.counts[name] += n
        merged.cost_usd += total.cost_usd
        merged.at += total.at
    for grain, found in ((Rollup.Grain.HOUR, hours), (Rollup.Grain.DAY, whole)):
        copy_in(Rollup, (_row(grain, key, total) for key, total in found.items()))
    copy_in(AskedOnDay, (_asker(day, user_id, *found) for user_id, found in askers.items()))


def bounds(day: date) -> tuple[datetime, datetime]:
    """From midnight to midnight in the time zone of the site."""
    zone = timezone.get_default_timezone()
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def mark_stale(answer_ids: Iterable[Any]) -> None:
    """The totals of the days of these answers are to be made anew."""
    asked = Answer.objects.filter(pk__in=list(answer_ids)).values_list("created_at", flat=True)
    days = {timezone.localtime(at, timezone.get_default_timezone()).date() for at in asked}
    StaleDay.objects.bulk_create([StaleDay(day=day) for day in sorted(days)], ignore_conflicts=True)


def _first_day(today: date) -> date:
    earliest = Answer.objects.aggregate(first=Min("created_at"))["first"]
    return timezone.localtime(earliest).date() if earliest else today


def _totals(begin: datetime, end: datetime) -> tuple[dict[Key, Total], dict[int, tuple[Total, set[int]]]]:
    """By hour, release, model, collection and group; and by person."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [begin, end])
        rows = cursor.fetchall()
    opinions = _opinions(begin, end)
    groups = _groups({row[5] for row in rows})
    hours: dict[Key, Total] = defaultdict(Total)
    askers: dict[int, tuple[Total, set[int]]] = {}
    for row, at in zip(rows, _places(rows), strict=True):
        counted = _counted(row, opinions)
        hour = row[1].replace(minute=0, second=0, microsecond=0)
        asker = askers.setdefault(row[5], (Total(), set()))
        asker[1].add(row[2])
        into = [asker[0], *(hours[hour, row[2], row[3], row[4], group] for group in (0, *groups.get(row[5], ())))]
        for total in into:
            for name, n in counted.items():
                total.counts[name] += n
            total.cost_usd += row[12] or 0
            total.at += at
    return hours, askers


def _counted(row: Sequence[Any], opinions: Opinions) -> dict[str, int]:
    """What one answer adds to each count that it adds to."""
    answer, state, status = row[0], row[6], row[7]
    thumbs, ratings = opinions.thumbs.get(answer, ()), opinions.ratings.get(answer, ())
    verdicts, is_escalated = opinions.verdicts.get(answer, ()), answer in opinions.escalated
    is_unaided = status in ANSWERED and not is_escalated
    is_accepted = is_unaided and -1 not in thumbs and "bad" not in verdicts
    ending = "failed" if state == Answer.State.FAILED else status or "stopped"
    place = row[18] or 0
    counted = {
        "answers": 1, "accepted": is_accepted, "unaided": is_unaided, ending: 1,
        "thumbs_up": sum(1 for one in thumbs if one == 1), "thumbs_down": sum(1 for one in thumbs if one == -1),
        "rated": len(ratings), "rating_sum": sum(ratings),
        "reviewed": bool(verdicts), "reviewed_good": bool(verdicts) and set(verdicts) == {"good"},
        "escalated": is_escalated, "guarded": row[17], "cached": row[8], "fallback": row[9],
        "sentences": row[15], "unsupported": row[16],
        "cited": place > 0, "cited_first": place == 1, "cited_top5": 0 < place <= 5,
        "tokens_in": row[10], "tokens_out": row[11], "cost_unknown": row[12] is None,
    }  # fmt: skip
    return {name: int(n) for name, n in counted.items() if n}


def _places(rows: Sequence[Sequence[Any]]) -> list[list[int]]:
    """For each row where its values are counted; all rows at once for each measure."""
    found: list[list[int]] = [[] for _ in rows]
    values: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for n, row in enumerate(rows):
        for measure, value in _measured(row):
            values[measure].append((n, value))
    for measure, pairs in values.items():
        at = places(measure, np.array([value for _n, value in pairs]))
        for (n, _value), place in zip(pairs, at.tolist(), strict=True):
            found[n].append(place)
    return found


def _measured(row: Sequence[Any]) -> Iterator[tuple[str, float]]:
    """What was measured on one answer."""
    # A raw cursor gives JSON as text.
    stages = {name: float(ms) for name, ms in json.loads(row[13]).items() if isinstance(ms, int | float)}
    total = stages.pop("total", None)
    if stages or total is not None:
        yield "total", sum(stages.values()) if total is None else total
    by_stage: dict[str, float] = defaultdict(float)
    for name, ms in stages.items():
        name = STAGE_OF.get(name, name)
        by_stage[name if name in STAGES else "other"] += ms
    for name, ms in by_stage.items():
        yield f"stage:{name}", ms
    if row[12] is not None:
        yield "cost", float(row[12])
    if row[14] is not None:
        yield "sufficiency", row[14]
    if row[15]:
        yield "support", 1 - row[16] / row[15]


def _opinions(begin: datetime, end: datetime) -> Opinions:
    of_day = Q(answer__created_at__gte=begin, answer__created_at__lt=end)
    thumbs: dict[Any, list[int]] = defaultdict(list)
    ratings: dict[Any, list[int]] = defaultdict(list)
    verdicts: dict[Any, list[str]] = defaultdict(list)
    for answer, thumb, rating in Feedback.objects.filter(of_day).values_list("answer", "thumb", "rating"):
        if thumb:
            thumbs[answer].append(thumb)
        if rating:
            ratings[answer].append(rating)
    for answer, verdict in Review.objects.filter(of_day).values_list("answer", "verdict"):
        verdicts[answer].append(verdict)
    escalated = frozenset(Escalation.objects.filter(of_day).values_list("answer", flat=True))
    return Opinions(thumbs=thumbs, ratings=ratings, verdicts=verdicts, escalated=escalated)


def _groups(user_ids: set[int]) -> dict[int, list[int]]:
    """The groups in which each of these people is now."""
    found: dict[int, list[int]] = defaultdict(list)
    for user, group in User.groups.through.objects.filter(user_id__in=user_ids).values_list("user_id", "group_id"):
        found[user].append(group)
    return found


def _row(grain: str, key: Key, total: Total) -> dict[str, Any]:
    at, release, model, collection, group = key
    vector = np.bincount(total.at, minlength=DIMENSIONS).tolist()
    return {
        "grain": grain, "at": at.isoformat(), "release_id": release, "model": model, "collection_id": collection,
        "group_id": group, "cost_usd": total.cost_usd, "histograms": f"[{','.join(map(str, vector))}]", **total.counts,
    }  # fmt: skip


def _asker(day: date, user_id: int, total: Total, releases: set[int]) -> dict[str, Any]:
    return {
        "day": day.isoformat(), "user": user_id, "release_ids": sorted(releases), "cost_usd": total.cost_usd,
        "questions": total.counts["answers"], "accepted": total.counts["accepted"],
    }  # fmt: skip
