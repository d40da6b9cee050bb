"""Simple questions go to the small tier: only when switched on, only while it writes well enough."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from chat import releases
from chat.answering import simple
from chat.answering.run import ask_once
from chat.answering.types import Decision, Exchange
from chat.models import Answer, Conversation, Turn
from ragapp.llm import usage
from ragapp.llm.models import Call, Deployment

SURE = Decision(status="answered", sufficiency=0.97)


@pytest.mark.parametrize(
    "question",
    ["How many days of parental leave do I get?", "Wie hoch ist die Kilometerpauschale?", "canteen opening hours"],
)
def test_a_short_question_that_one_passage_answers_is_simple(question: str) -> None:
    assert simple.is_simple(question, (), SURE)


@pytest.mark.parametrize(
    "question",
    [
        "Why do I get 60 days?",
        "Compare parental and annual leave.",
        "List all forms that I have to hand in.",
        "Was ist der Unterschied zwischen Elternzeit und Urlaub?",
        "How many days do I get? And who signs?",
        "What applies " + "and what else " * 8 + "to me?",
    ],
)
def test_a_question_that_asks_to_weigh_explain_or_gather_is_not(question: str) -> None:
    assert not simple.is_simple(question, (), SURE)


def test_what_is_not_clearly_answered_or_leans_on_others_is_not() -> None:
    question = "How many days do I get?"

    assert not simple.is_simple(question, (), Decision(status="answered", sufficiency=0.6))
    assert not simple.is_simple(question, (), Decision(status="conflict", sufficiency=0.99))
    assert not simple.is_simple(question, (Exchange(question="Before?"),), SURE)


@pytest.fixture
def two_models(llm: Any, settings: Any, db: None) -> None:
    """A usual model and a small one, ten times cheaper."""
    settings.OUTBOUND_ALLOW = [llm.base_url.removeprefix("http://").removesuffix("/v1")]
    for name, tier, price in (("usual", "standard", 10), ("tiny", "small", 1)):
        Deployment.objects.create(
            name=name, kind="compatible", base_url=llm.base_url, may_see_personal_data=True,
            model=f"text:You get 60 days [1]. {name}",
            tier=tier, price_in_usd=price, price_out_usd=price,
        )  # fmt: skip


@pytest.mark.django_db
def test_the_small_model_answers_simple_questions_when_it_is_switched_on(
    library: Any, reader: Any, two_models: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simple, "SUFFICIENCY_FROM", 0.0)
    question = "How many days of parental leave do I get?"
    assert ask_once(question, user=reader).model.endswith("usual")

    settings.LLM_SMALL_FOR_SIMPLE = True

    # Named, so that it is made anew.
    outcome = ask_once(question, user=reader, release=releases.production())
    assert outcome.model.endswith("tiny")
    assert outcome.notice == ""
    assert ask_once("Why do I get parental leave?", user=reader).model.endswith("usual")
    call = Call.objects.get(routed_by="simple")
    costs = usage.costs(since=timezone.now() - timedelta(days=1))
    assert costs.simple == 1
    assert costs.saved_usd == call.saved_usd == call.cost_usd * 9 > 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answers", "unsupported", "days_ago", "is_used"),
    [(19, 19, 0, True), (20, 2, 0, True), (20, 3, 0, False), (20, 20, 8, True)],
)
def test_below_the_floor_of_quality_the_usual_model_answers(
    reader: Any, answers: int, unsupported: int, days_ago: int, is_used: bool
) -> None:
    turn = Turn.objects.create(
        conversation=Conversation.objects.create(user=reader, title="t"), ordinal=0, question="q"
    )
    for number in range(answers):
        verdict = {"text": "t", "markers": [1], "support": 1.0, "is_supported": number >= unsupported}
        answer = Answer.objects.create(turn=turn, state=Answer.State.DONE, sentences=[verdict])
        Call.objects.create(
            task="answer", deployment="tiny", model="m", ms=1, outcome="answered", routed_by="simple",
            answer_id=answer.pk, cost_usd=Decimal(0),
        )  # fmt: skip

    assert simple.is_good_enough(timezone.now() + timedelta(days=days_ago)) is is_used
