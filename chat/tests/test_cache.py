"""Answers that are given again: to the same question, with the same rights, while nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import cache, comparing, conversations, releases
from chat.answering import pipeline
from chat.answering.run import ask_once
from chat.labels import label_of
from chat.models import Answer, CachedAnswer, CacheLookup, Release, Rollout
from documents import access, removal
from documents.models import Document
from ragapp.accounts.models import User

QUESTION = "How many days of parental leave do I get?"
OTHER_WORDS = "Could you tell me how many days of parental leave we get?"

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(library: dict[str, Document]) -> Callable[..., Answer]:
    """asked(user, "question?"): the answer, made as the page makes it."""

    def ask(user: User, text: str = QUESTION, **options: Any) -> Answer:
        given = {"conversation": None, "collection_id": None} | options
        return _made(conversations.ask(user=user, text=text, **given))

    return ask


def _made(answer: Answer) -> Answer:
    async def unheard(kind: str, payload: dict[str, Any]) -> None:
        return

    async_to_sync(pipeline.answer)(answer.pk, unheard)
    answer.refresh_from_db()
    return answer


def test_the_same_question_gets_the_answer_that_was_kept(asked: Callable[..., Answer], reader: User) -> None:
    first, second = asked(reader), asked(reader, "  how many days of parental leave do I get ")
    assert first.cache_layer == ""
    assert second.cache_layer == "exact"
    assert (second.text, second.status, second.model) == (first.text, first.status, first.model)
    assert [c.quote for c in second.citations.all()] == [c.quote for c in first.citations.all()]
    assert second.cost_usd == 0


def test_an_answer_that_was_there_comes_with_the_page_and_nothing_is_launched(
    asked: Callable[..., Answer], reader: User, client_for: Callable[[Any], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[object] = []
    monkeypatch.setattr("chat.views.asking.streaming.launch", lambda pk, opened=None: launched.append(pk))
    first = asked(reader)
    # What is sent within a second is a double click.
    Answer.objects.update(created_at=timezone.now() - timedelta(seconds=2))
    page = client_for(reader).post(reverse("chat:ask"), {"text": QUESTION}, HTTP_HX_REQUEST="true").content.decode()
    assert "data-new" in page
    assert "sse-connect" not in page
    assert first.citations.all()[0].quote in page
    assert not launched

    client_for(reader).post(reverse("chat:ask"), {"text": "Who repairs bicycles?"}, HTTP_HX_REQUEST="true")
    assert len(launched) == 1


def test_it_is_found_in_other_words_and_by_others_who_may_read_the_same(
    asked: Callable[..., Answer], reader: User, person: Callable[..., User], library: dict[str, Document]
) -> None:
    colleague = person("colleague")
    access.share(library["leave"].collection.access_list, level=access.Level.READER, by=None, user=colleague)
    first = asked(reader)
    again = asked(colleague, OTHER_WORDS)
    assert (again.cache_layer, again.text) == ("semantic", first.text)
    assert again.question_as_understood == OTHER_WORDS


def test_who_may_read_more_or_less_gets_an_answer_of_their_own(
    asked: Callable[..., Answer], reader: User, owner: User
) -> None:
    asked(reader)
    assert asked(owner).cache_layer == ""


@pytest.mark.parametrize(
    "other",
    [
        "How many days of annual leave do I get?",
        "How many days of parental leave do I not get?",
        "How many hours of parental leave do I get?",
    ],
)
def test_another_question_is_not_answered_with_it(asked: Callable[..., Answer], reader: User, other: str) -> None:
    asked(reader)
    assert asked(reader, other).cache_layer == ""


def test_it_is_not_given_to_a_follow_up_nor_in_another_collection_nor_of_another_day_nor_again(
    asked: Callable[..., Answer], reader: User, library: dict[str, Document]
) -> None:
    first = asked(reader)
    assert asked(reader, conversation=first.turn.conversation).cache_layer == ""
    assert asked(reader, collection_id=library["leave"].collection_id).cache_layer == ""
    assert asked(reader, as_of=timezone.localdate()).cache_layer == ""
    assert _made(conversations.again(first, user=reader)).cache_layer == ""


def test_evaluations_ask_anew(asked: Callable[..., Answer], reader: User) -> None:
    asked(reader)
    outcome = ask_once(QUESTION, user=reader, release=releases.production())
    assert Answer.objects.get(pk=outcome.answer_id).cache_layer == ""


def test_another_release_answers_anew(asked: Callable[..., Answer], reader: User) -> None:
    asked(reader)
    production = releases.production()
    other = Release.objects.create(name="other", retrieval=production.retrieval, guards=production.guards)
    other.prompts.set(production.prompts.all())
    Rollout.objects.update(production=other)
    assert asked(reader).cache_layer == ""


def test_a_release_that_says_nothing_of_it_keeps_nothing(asked: Callable[..., Answer], reader: User) -> None:
    old = Release.objects.create(name="old", retrieval={}, guards=releases.production().guards)
    old.prompts.set(releases.production().prompts.all())
    Rollout.objects.update(production=old)
    asked(reader)
    assert asked(reader).cache_layer == ""
    assert not CachedAnswer.objects.exists()


def test_a_new_version_of_a_document_that_is_read_ends_it(
    asked: Callable[..., Answer], add: Callable[..., Document], reader: User, owner: User, library: dict[str, Document]
) -> None:
    asked(reader)
    add(library["leave"].collection, "parking.md", "# Parking\n\nThe car park opens at 07:00.\n", by=owner)
    assert asked(reader).cache_layer == ""


def test_a_change_of_what_the_asker_cannot_read_does_not(
    asked: Callable[..., Answer], add: Callable[..., Document], reader: User, owner: User, library: dict[str, Document]
) -> None:
    asked(reader)
    add(library["salaries"].collection, "bonus.md", "# Bonus\n\nThe bonus is 3 percent.\n", by=owner)
    assert asked(reader).cache_layer == "exact"


def test_a_right_that_was_taken_away_holds_at_the_next_question(
    asked: Callable[..., Answer], reader: User, person: Callable[..., User], library: dict[str, Document]
) -> None:
    colleague, handbook = person("colleague"), library["leave"].collection.access_list
    access.share(handbook, level=access.Level.READER, by=None, user=colleague)
    asked(reader)
    access.unshare(handbook, by=None, user=colleague)
    answer = asked(colleague)
    assert (answer.cache_layer, answer.status) == ("", "not_found")


def test_what_rests_on_a_removed_document_goes_with_it(
    asked: Callable[..., Answer], reader: User, library: dict[str, Document]
) -> None:
    asked(reader)
    assert CachedAnswer.objects.count() == 1
    removal.remove_documents([library["leave"].pk])
    assert not CachedAnswer.objects.exists()
    assert asked(reader).status == "not_found"


def test_it_goes_with_the_conversation_it_was_given_in(asked: Callable[..., Answer], reader: User) -> None:
    first = asked(reader)
    conversations.delete(first.turn.conversation, user=reader)
    assert asked(reader).cache_layer == ""


def test_its_owner_can_leave_a_collection_out(
    asked: Callable[..., Answer],
    reader: User,
    owner: User,
    library: dict[str, Document],
    client_for: Callable[..., Client],
) -> None:
    asked(reader)
    switch = reverse("documents:collection_keep_answers", args=[library["leave"].collection_id])
    assert client_for(reader).post(switch, {"keep": "no"}).status_code == 404
    assert asked(reader).cache_layer == "exact"
    client_for(owner).post(switch, {"keep": "no"})
    assert asked(reader).cache_layer == ""
    client_for(owner).post(switch, {"keep": "yes"})
    assert asked(reader).cache_layer == "exact"


@pytest.mark.parametrize("question", ["What is the capital of Peru?", "Was verdient eine Pilotin in Lima?"])
def test_what_the_documents_do_not_answer_is_not_kept(
    asked: Callable[..., Answer], reader: User, question: str
) -> None:
    assert asked(reader, question).status == "not_found"
    assert not CachedAnswer.objects.exists()


def test_what_a_model_wrote_without_support_is_not_kept(asked: Callable[..., Answer], reader: User, llm: Any) -> None:
    llm.always("text:You get 75 free cars every week [1].")
    asked(reader)
    assert not CachedAnswer.objects.exists()


def test_the_model_is_not_asked_for_what_was_kept(asked: Callable[..., Answer], reader: User, llm: Any) -> None:
    llm.always("text:Every employee who becomes a parent receives 60 days of paid parental leave for each child [1].")
    first = asked(reader)
    calls = len(llm.calls)
    second = asked(reader)
    assert first.model != "extractive"
    assert (second.cache_layer, second.model) == ("exact", first.model)
    assert not [call for call in llm.calls[calls:] if "<sources>" in call.prompt]


def test_an_answer_without_a_model_is_not_given_once_there_is_one(
    asked: Callable[..., Answer], reader: User, settings: Any
) -> None:
    asked(reader)
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:9/v1", "another"
    assert asked(reader).cache_layer == ""


def test_whoever_asks_why_is_told(
    asked: Callable[..., Answer], reader: User, client_for: Callable[..., Client]
) -> None:
    asked(reader)
    page = client_for(reader).get(reverse("chat:why", args=[asked(reader).pk])).content.decode()
    assert "the same question was asked in the same words before" in page
    assert label_of(asked(reader)).startswith("Put together by a program")


def test_a_thumb_down_takes_it_away_wherever_it_was_given(asked: Callable[..., Answer], reader: User) -> None:
    asked(reader)
    cache.forget(asked(reader).pk)
    assert asked(reader).cache_layer == ""


def test_what_came_of_it_is_counted(asked: Callable[..., Answer], reader: User) -> None:
    for _ in range(3):
        asked(reader)
    figures = cache.figures(since=timezone.now() - timedelta(hours=1))
    assert (figures.lookups, figures.hits, figures.exact, figures.compared) == (3, 2, 2, 0)
    assert figures.hit_rate == pytest.approx(2 / 3)
    assert figures.saved_s > 0
    assert figures.wrong_rate is None


def test_a_sampled_hit_is_made_anew_and_compared(asked: Callable[..., Answer], reader: User) -> None:
    asked(reader)
    given = asked(reader)
    CacheLookup.objects.filter(answer_id=given.pk).update(is_sampled=True)
    assert comparing.compare_due() == 1
    row = CacheLookup.objects.get(answer_id=given.pk)
    assert (row.found, row.is_wrong) == ("same", False)
    assert comparing.compare_due() == 0


def test_a_hit_that_says_something_else_than_a_new_answer_counts_as_wrong(
    asked: Callable[..., Answer], reader: User
) -> None:
    asked(reader)
    given = asked(reader)
    CacheLookup.objects.filter(answer_id=given.pk).update(is_sampled=True)
    given.citations.update(quote="The car park opens at 06:30.")
    comparing.compare_due()
    assert CacheLookup.objects.get(answer_id=given.pk).found == "sources"
    assert cache.figures(since=timezone.now() - timedelta(hours=1)).wrong_rate == 1.0
