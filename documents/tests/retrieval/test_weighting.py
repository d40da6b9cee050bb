"""Meaning counts less in languages that the embedder knows less."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from documents.indexes import coverage
from documents.models import Collection, Document, IndexVersion
from documents.retrieval.fusion import DENSE_WEIGHT
from documents.retrieval.weighting import LEAST, UNKNOWN, dense_weight, for_coverage, language_of
from ragapp.accounts.models import User

KNOWN = {"en": 0.9, "de": 0.74, "zh": 0.4}


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How many days of leave?", "en"),
        ("Wie viele Tage Urlaub?", "de"),
        ("¿Cuántos días tengo?", "es"),
        ("有多少天年假？", "zh"),
        ("有給休暇は何日ですか", "ja"),
        ("RB-203/7", "en"),
        ("Panthers defense points", "en"),
    ],
)
def test_the_language_of_a_short_question_is_told(question: str, language: str) -> None:
    assert language_of(question, ["en", "de", "zh"]) == language


def test_the_weight_falls_with_what_the_embedder_knows() -> None:
    asked = ["How many days?", "Wie viele Tage sind es?", "有多少天？", "¿Cuántos días son?"]
    weights = [dense_weight(question, languages=["en", "de", "zh"], coverage=KNOWN) for question in asked]

    assert weights == [DENSE_WEIGHT, pytest.approx(0.39), LEAST, UNKNOWN]
    assert for_coverage(1.0) == DENSE_WEIGHT
    assert dense_weight("Wie viele Tage sind es?", languages=["de"], coverage={}) == DENSE_WEIGHT


def test_a_passage_that_its_own_part_does_not_find_lowers_the_figure() -> None:
    passages = np.eye(4, dtype=np.float32)
    questions = passages.copy()
    questions[3] = [0.9, 0.0, 0.0, 0.1]

    assert coverage.mean_reciprocal_rank(passages, passages, own=range(4)) == 1.0
    assert coverage.mean_reciprocal_rank(passages, questions, own=range(4)) == pytest.approx((3 + 0.5) / 4)
    assert coverage.mean_reciprocal_rank(passages, questions[3:], own=[3]) == 0.5


@pytest.mark.django_db(transaction=True)
def test_each_language_is_measured_when_there_are_enough_passages_and_once_when_there_are_many(
    collection: Callable[..., Collection],
    add: Callable[..., Document],
    counted: Callable[[], IndexVersion],
    contributor: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = collection(contributors=[contributor])
    for number, what in enumerate(
        (
            "The pumps of the works are greased every week by the people of the maintenance team.",
            "Hotels are paid up to 155 EUR for each night that an employee spends away from home.",
        )
    ):
        add(shared, f"{number}.txt", what, by=contributor)
    assert counted().coverage == {}

    monkeypatch.setattr(coverage, "FEWEST", 2)
    assert counted().coverage == {}  # too few sentences to ask with
    monkeypatch.setattr(coverage, "FEWEST_QUESTIONS", 2)
    assert counted().coverage == {"en": 1.0}
    IndexVersion.objects.update(coverage={"en": 0.5})
    assert counted().coverage == {"en": 0.5}  # the same passages
    add(shared, "2.txt", "Whoever loses a badge tells the porter, who blocks it and orders a new one.", by=contributor)
    assert counted().coverage == {"en": 1.0}

    IndexVersion.objects.update(coverage={"en": 0.5})
    monkeypatch.setattr(coverage, "PASSAGES", 4)
    for number, what in enumerate(
        (
            "Parcels wait at the gate of the northern yard until six in the evening of each working day.",
            "The canteen serves soup and bread from half past eleven to all who work in the building.",
        ),
        start=3,
    ):
        add(shared, f"{number}.txt", what, by=contributor)
    assert counted().coverage == {"en": 1.0}  # what was measured on fewer does not last
    IndexVersion.objects.update(coverage={"en": 0.5})
    add(shared, "5.txt", "Bicycles stand below the roof beside the gate and nowhere else in the yard.", by=contributor)
    assert counted().coverage == {"en": 0.5}
