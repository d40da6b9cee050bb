"""Simulated people who ask for real: what moves a canary or an experiment where nobody uses the site yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F

from chat.answering.run import Outcome, ask_once
from chat.models import Answer
from evaluation import canaries, feedback
from evaluation.datasets import folder
from evaluation.models import Simulation
from evaluation.runner import REFUSALS
from ragapp.accounts.models import User
from ragapp.audit import log

QUESTIONS = Path(settings.BASE_DIR) / "documents" / "samples"
NAMED = "simulated-asker-"
# Who gives a thumb at all; it goes up where something was said and all of it is supported.
THUMBS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question that was answered. `release` made the answer."""

    number: int
    release: str
    status: str


def ask(*, questions: int, people: int, like: User, seed: int) -> Iterator[Asked]:
    """The sample questions that `like` would ask, one person after another, each with the groups of `like`.

    Every question goes through the release that answers its person, and costs what it costs. Ends early when the
    canary that runs at the beginning has ended.
    """
    askers = _people(people, like)
    cases = [case.question for case in folder.load(QUESTIONS).cases if case.asker == "employee"]
    random = np.random.default_rng(seed)
    begun = canaries.running()
    for number in range(questions):
        if begun is not None and canaries.running() != begun:
            return
        asker = askers[number % len(askers)]
        outcome = ask_once(str(random.choice(cases)), user=asker)
        Simulation.objects.filter(user_ids__contains=[asker.pk]).update(answers=F("answers") + 1)
        if random.random() < THUMBS:
            answer = Answer.objects.get(pk=outcome.answer_id)
            feedback.give(answer, user=asker, thumb=1 if _is_good(outcome) else -1)
        yield Asked(number=number + 1, release=outcome.release, status=outcome.status)


def _is_good(outcome: Outcome) -> bool:
    return outcome.status not in REFUSALS and outcome.supported == 1


@transaction.atomic
def _people(wanted: int, like: User) -> list[User]:
    """Simulated people who cannot sign in, those of before first."""
    found = list(User.objects.filter(username__startswith=NAMED).order_by("pk")[:wanted])
    groups = list(like.groups.all())
    for number in range(len(found), wanted):
        person = User.objects.create_user(f"{NAMED}{number:04}", password=None, first_name="Simulated")
        person.groups.set(groups)
        log.record("user_added", by=None, target=person)
        found.append(person)
    made = [person.pk for person in found if not Simulation.objects.filter(user_ids__contains=[person.pk]).exists()]
    if made:
        Simulation.objects.create(answers=0, release_ids=[], group_ids=[], user_ids=made)
    return found
