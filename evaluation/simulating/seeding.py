"""Writes simulated traffic into the database, quickly, and takes it out again without a trace.

The ledger of model calls and the audit log stay what they are: nothing simulated is written there.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from django.db.models import CASCADE, QuerySet
from django.utils import timezone

from chat.models import Answer, Conversation, Release, Turn
from documents import access
from evaluation.drift.looking import SIMULATED
from evaluation.models import Alert, DriftCheck, Escalation, Feedback, Review, Rollup, Simulation
from evaluation.rollups import making
from evaluation.simulating import story
from evaluation.simulating.story import Day
from ragapp.accounts.models import User
from ragapp.lib.copying import copy_in

MODELS = ("simulated-large", "simulated-small")
# US dollars a million tokens, in and out.
PRICES = ((2.5, 10.0), (0.15, 0.6))
NOTICE = "Simulated: nobody asked this, and no document was read."
VERDICTS = ("good", "partly", "bad")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who and what takes part."""

    people: Sequence[int]
    releases: Sequence[int]
    collections: Sequence[int]


def seed(
    *, answers: int, days: int = 91, people: int = 300, seed: int = 0, report: Callable[[str], None] = lambda line: None
) -> Simulation:
    """Three months (or `days`) of traffic up to yesterday, with its totals. People cannot sign in."""
    until = timezone.localtime(timezone.now(), timezone.get_default_timezone()).date() - timedelta(days=1)
    with transaction.atomic():
        simulation = Simulation.objects.create(answers=0, release_ids=[], group_ids=[], user_ids=[])
        cast = _cast(simulation, people, until - timedelta(days=days))
    total = 0
    for day in story.days(answers=answers, until=until, length=days, people=people, seed=seed):
        with transaction.atomic():
            total += _write(day, cast, np.random.default_rng([seed, day.day.toordinal()]))
            Simulation.objects.filter(pk=simulation.pk).update(answers=total)
        making.make_day(day.day)
        report(f"{day.day}: {total} answers")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE chat_conversation, chat_turn, chat_answer, evaluation_feedback, evaluation_rollup")
    simulation.refresh_from_db()
    return simulation


def remove(report: Callable[[str], None] = lambda line: None) -> int:
    """Takes out everything that was simulated, whatever was made of it since; how many answers."""
    total = 0
    for simulation in Simulation.objects.all():
        with transaction.atomic():
            _delete(User.objects.filter(pk__in=simulation.user_ids))
            Group.objects.filter(pk__in=simulation.group_ids).delete()
            Rollup.objects.filter(release_id__in=simulation.release_ids).delete()
            for release in Release.objects.filter(pk__in=simulation.release_ids):
                try:
                    with transaction.atomic():
                        release.delete()
                except models.ProtectedError:
                    report(f"{release} stays: runs or pointers refer to it.")
            # What the nights in between found, they found in it.
            since = simulation.created_at
            Alert.objects.filter(kind="drift", raised_at__gte=since, details__has_key=SIMULATED).delete()
            DriftCheck.objects.filter(day__gte=since.date() - timedelta(days=1)).delete()
            simulation.delete()
        total += simulation.answers
    return total


@cache
def _password() -> str:
    return make_password(None)


def _cast(simulation: Simulation, people: int, since: date) -> Cast:
    n = simulation.pk
    groups = Group.objects.bulk_create(Group(name=f"Simulated {n}: {name}") for name in story.GROUPS)
    users = User.objects.bulk_create(
        User(username=f"simulated-{n}-{place:04}", first_name="Simulated", last_name=f"person {place}",
             password=_password(), is_active=False)
        for place in range(people)
    )  # fmt: skip
    through = User.groups.through
    through.objects.bulk_create(
        through(user_id=user.pk, group_id=groups[place % len(groups)].pk) for place, user in enumerate(users)
    )
    releases = [
        Release.objects.create(name=f"simulated-{n}-{name}", note="Simulated traffic only.", route={"extractive": True})
        for name in ("first", "second")
    ]
    simulation.group_ids = [group.pk for group in groups]
    simulation.user_ids = [user.pk for user in users]
    simulation.release_ids = [release.pk for release in releases]
    simulation.save()
    return Cast(
        people=simulation.user_ids, releases=simulation.release_ids, collections=access.shared_collection_ids()[:6]
    )


def _write(day: Day, cast: Cast, random: np.random.Generator) -> int:
    """One question to a conversation; how many answers."""
    begin = making.bounds(day.day)[0]
    size = len(day.seconds)
    ids = [uuid.UUID(bytes=random.bytes(16), version=4) for _ in range(size)]
    rows = list(_rows(day, cast, ids, begin, random))
    for model, values in (
        (Conversation, (one[0] for one in rows)),
        (Turn, (one[1] for one in rows)),
        (Answer, (one[2] for one in rows)),
        (Feedback, _feedback(day, cast, ids, rows)),
        (Review, _reviews(day, ids, rows)),
        (Escalation, _escalations(day, cast, ids, rows)),
    ):
        copy_in(model, values)
    return size


def _rows(
    day: Day, cast: Cast, ids: Sequence[uuid.UUID], begin: datetime, random: np.random.Generator
) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    collections = [None, None, *cast.collections]
    asked_in = random.integers(0, len(collections), len(ids)).tolist()
    stages = np.round(day.stages_ms, 1).tolist()
    for n, answer_id in enumerate(ids):
        at = (begin + timedelta(seconds=int(day.seconds[n]))).isoformat()
        words, language = story.question_text(
            int(day.subject[n]), int(day.question[n]), is_german=bool(day.is_german[n])
        )
        person, release = cast.people[day.person[n]], cast.releases[day.release[n]]
        # Each conversation, its turn and its answer share their id: they lie in different tables.
        conversation = {"id": answer_id, "user": person, "title": "Simulated", "created_at": at, "updated_at": at}
        turn = {
            "id": answer_id, "conversation": answer_id, "ordinal": 0, "question": words, "asked_at": at,
            "chosen_at": at, "collection_id": collections[asked_in[n]],
        }  # fmt: skip
        yield conversation, turn, _answer(day, n, answer_id, at, stages[n], release) | {"language": language}


def _answer(day: Day, n: int, answer_id: uuid.UUID, at: str, stages: list[float], release: int) -> dict[str, Any]:
    status, is_small = story.STATUSES[day.status[n]], int(day.is_small[n])
    price_in, price_out = PRICES[is_small]
    sentences, unsupported = int(day.sentences[n]), int(day.unsupported[n])
    stage_ms = {name: ms for name, ms in zip(story.STAGES, stages, strict=True) if ms}
    candidates = [{"used": False}] * (int(day.place[n]) - 1) + [{"used": True}] if day.place[n] else []
    sufficiency = round(float(day.sufficiency[n]), 4)
    return {
        "id": answer_id, "turn": answer_id, "state": "failed" if status == "failed" else "done", "status": status,
        "text": "Simulated answer." if sentences else "", "notice": NOTICE, "release": release,
        "model": MODELS[is_small],
        "cache_layer": "exact" if day.is_cached[n] else "", "tokens_in": int(day.tokens_in[n]),
        "tokens_out": int(day.tokens_out[n]), "stage_ms": stage_ms, "candidates": candidates,
        "cost_usd": round((day.tokens_in[n] * price_in + day.tokens_out[n] * price_out) / 1e6, 8),
        "sentences": [{"is_supported": place >= unsupported} for place in range(sentences)],
        "decision": {"sufficiency": sufficiency, "status": status},
        "guard_verdicts": [{"guard": "orders", "verdict": "block"}] if status == "blocked" else [],
        "created_at": at, "finished_at": at,
    }  # fmt: skip


Rows = Sequence[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]


def _feedback(day: Day, cast: Cast, ids: Sequence[uuid.UUID], rows: Rows) -> Iterator[dict[str, Any]]:
    for n in np.flatnonzero(day.thumb).tolist():
        at, thumb = rows[n][2]["created_at"], int(day.thumb[n])
        yield {
            "answer": ids[n], "user": cast.people[day.person[n]], "thumb": thumb, "rating": int(day.rating[n]) or None,
            "reasons": [] if thumb == 1 else ["incomplete" if day.unsupported[n] == 0 else "not_supported"],
            "created_at": at, "updated_at": at,
        }  # fmt: skip


def _reviews(day: Day, ids: Sequence[uuid.UUID], rows: Rows) -> Iterator[dict[str, Any]]:
    for n in np.flatnonzero(day.verdict >= 0).tolist():
        at = rows[n][2]["created_at"]
        yield {"answer": ids[n], "verdict": VERDICTS[day.verdict[n]], "created_at": at, "updated_at": at}


def _escalations(day: Day, cast: Cast, ids: Sequence[uuid.UUID], rows: Rows) -> Iterator[dict[str, Any]]:
    for n in np.flatnonzero(day.is_escalated).tolist():
        at = rows[n][2]["created_at"]
        yield {
            "answer": ids[n], "user": cast.people[day.person[n]], "state": "closed", "note": NOTICE,
            "created_at": at, "closed_at": at,
        }  # fmt: skip


def _delete(rows: QuerySet[Any]) -> None:
    """Deletes rows and what hangs on them by statements of the database: Django would load every one of them."""
    model = rows.model
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and (relation.one_to_one or relation.one_to_many)):
            continue
        other = relation.related_model
        if other is model:
            continue  # Both ends are among the rows.
        hanging = other._base_manager.filter(**{f"{relation.field.name}__in": rows.values("pk")})
        if relation.on_delete is CASCADE:
            _delete(hanging)
        elif relation.field.null:
            hanging.update(**{relation.field.name: None})
    model._base_manager.filter(pk__in=rows.values("pk"))._raw_delete("default")
