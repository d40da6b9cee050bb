"""Shadow mode: the candidate answers unseen, with the asker's rights, on the site's budget, and is compared."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from chat import conversations, releases
from chat.answering.run import ask_once
from chat.models import Answer, Conversation, Release
from chat.releases import compose
from documents import access
from documents.models import Level
from evaluation import shadowing
from evaluation.models import Shadow, ShadowAnswer, Simulation
from ragapp.llm.models import Call

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "How many days of parental leave do I get?"


@pytest.fixture
def strict(admin: Any) -> Release:
    """Refuses everything."""
    shipped = releases.ensure_shipped()
    return compose.compose(
        name="strict", prompts=list(shipped.prompts.all()), route={}, guards=shipped.guards, index_version_id=None,
        retrieval=shipped.retrieval | {"refuse_below": 1.0, "refuse_below_with_model": 1.0}, by=admin,
    )  # fmt: skip


def answered(user: Any) -> Answer:
    """As on the page: in a conversation that is seen."""
    outcome = ask_once(QUESTION, user=user)
    Conversation.objects.filter(turns__answers=outcome.answer_id).update(is_hidden=False)
    return Answer.objects.get(pk=outcome.answer_id)


def shadowed() -> list[ShadowAnswer]:
    for pk in shadowing.pick(timezone.now() + timedelta(seconds=1)):
        shadowing.answer(pk)
        shadowing.answer(pk)
    return list(ShadowAnswer.objects.select_related("answer"))


def test_a_candidate_answers_unseen_and_is_compared(
    library: Any, reader: Any, owner: Any, strict: Release, admin: Any, reviewer: Any, client_for: Any
) -> None:
    shadow = shadowing.start(strict, percent=100, by=admin)
    shown = answered(reader)
    others = Answer.objects.count()

    (row,) = shadowed()

    assert (row.answer, row.state, row.status, shown.status) == (shown, "done", "not_found", "answered")
    assert Answer.objects.count() == others
    figures = {each.label: each for each in shadowing.compared(shadow)}
    assert (figures["Answered"].production, figures["Answered"].shadow, figures["Answered"].n) == (1.0, 0.0, 1)

    assert figures["Answered"].written == ("100\N{NO-BREAK SPACE}%", "0\N{NO-BREAK SPACE}%")
    assert shadowing.finding(shadowing.compared(shadow)).startswith(
        "Answered: 0\N{NO-BREAK SPACE}% instead of 100\N{NO-BREAK SPACE}%"
    )
    page = reverse("evaluation:shadow", args=[shadow.pk])
    assert QUESTION not in client_for(reviewer).get(page).content.decode()
    access.share(library["leave"].collection.access_list, user=reviewer, level=Level.READER, by=owner)
    assert QUESTION in client_for(reviewer).get(page).content.decode()
    assert QUESTION not in client_for(admin).get(page).content.decode()
    assert client_for(reader).get(page).status_code == 404


def test_what_rests_on_other_documents_or_less_support_is_told_after_what_ended_otherwise(
    library: Any, reader: Any, owner: Any, strict: Release, admin: Any, reviewer: Any
) -> None:
    access.share(library["leave"].collection.access_list, user=reviewer, level=Level.READER, by=owner)
    shadow = shadowing.start(strict, percent=100, by=admin)
    leave = library["leave"].pk
    for status, supported, documents in (
        ("answered", 1.0, [leave]), ("answered", 1.0, []), ("answered", 0.5, [leave]), ("not_found", None, []),
    ):  # fmt: skip
        ShadowAnswer.objects.create(
            shadow=shadow, answer=answered(reader), state="done", status=status, supported=supported,
            documents=documents,
        )  # fmt: skip

    told = [each.what for each in shadowing.examples(shadow, viewer=reviewer)]

    assert told == ["ended otherwise", "less of it is supported", "rests on other documents"]
    assert shadowing.examples(shadow, viewer=admin) == []


def test_its_calls_are_charged_to_no_person(library: Any, reader: Any, strict: Release, admin: Any, llm: Any) -> None:
    shipped = releases.ensure_shipped()
    other = compose.compose(
        name="other", prompts=list(shipped.prompts.all()), route={}, guards=shipped.guards, index_version_id=None,
        retrieval=shipped.retrieval | {"top_k": 5}, by=admin,
    )  # fmt: skip
    llm.always("text:You get 60 days of paid parental leave for each child [1].")
    shadowing.start(other, percent=100, by=admin)
    answered(reader)
    before = set(Call.objects.values_list("pk", flat=True))

    (row,) = shadowed()

    calls = Call.objects.exclude(pk__in=before)
    assert row.state == "done"
    assert calls.exists()
    assert set(calls.values_list("asker_id", flat=True)) == {None}


def test_only_its_share_of_what_people_ask_is_taken(reader: Any, strict: Release, admin: Any) -> None:
    shadow = shadowing.start(strict, percent=30, by=admin)
    for _ in range(100):
        pending = conversations.ask(user=reader, text="?", conversation=None, collection_id=None)
        Answer.objects.filter(pk=pending.pk).update(state="done", status="answered", finished_at=timezone.now())
    hidden = Conversation.objects.first()
    assert hidden is not None
    Conversation.objects.filter(pk=hidden.pk).update(is_hidden=True)

    picked = shadowing.pick(timezone.now() + timedelta(seconds=1))

    assert 15 <= len(picked) <= 46
    assert not ShadowAnswer.objects.filter(answer__turn__conversation=hidden).exists()
    Simulation.objects.create(answers=100, release_ids=[], group_ids=[], user_ids=[reader.pk])
    Answer.objects.update(finished_at=timezone.now() + timedelta(seconds=2))
    Conversation.objects.update(is_hidden=True)
    assert shadowing.pick(timezone.now() + timedelta(seconds=3))
    shadowing.end(shadow, by=admin)
    assert shadowing.pick(timezone.now() + timedelta(seconds=2)) == []


def test_a_shadow_is_started_and_ended_by_admins_one_at_a_time(
    strict: Release, admin: Any, reviewer: Any, client_for: Any
) -> None:
    start = reverse("evaluation:release_shadow", args=[strict.pk])
    client = client_for(admin)
    assert client_for(reviewer).post(start, {"percent": "20"}).status_code == 404
    client.post(start, {"percent": "0"})
    assert not Shadow.objects.exists()
    client.post(start, {"percent": "20"})
    assert "Another release is in the shadow" in client.post(start, {"percent": "20"}, follow=True).content.decode()
    page = reverse("evaluation:shadow", args=[Shadow.objects.get().pk])
    assert client_for(reviewer).post(page).status_code == 404
    client.post(page)
    assert Shadow.objects.get().ended_at is not None
