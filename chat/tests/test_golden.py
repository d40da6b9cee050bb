"""Golden answers go to those who ask that very question and may read all it rests on; to nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from chat import golden
from chat.answering.run import ask_once
from chat.labels import label_of
from chat.models import Answer, Conversation, GoldenAnswer, GoldenHit
from chat.views.trace import explain
from documents import access, uploads
from documents.models import Document

pytestmark = pytest.mark.django_db
QUESTION = "How many days of parental leave do I get?"
TEXT = "Sixty days for each child, says Rita. [1]"


@pytest.fixture
def checked(library: dict[str, Document], reader: Any, owner: Any) -> GoldenAnswer:
    """Live, made by the owner from an answer that cites the leave policy."""
    return made_golden(owner)


def made_golden(owner: Any, question: str = QUESTION, text: str = TEXT, *audience: Group) -> GoldenAnswer:
    answer = Answer.objects.get(pk=ask_once(question, user=owner).answer_id)
    one = golden.draft(answer, text=text, by=owner)
    one.is_live = True
    golden.save(one, audience=list(audience), by=owner)
    return one


def asked(question: str, user: Any, **options: Any) -> Answer:
    return Answer.objects.get(pk=ask_once(question, user=user, **options).answer_id)


def test_the_same_question_gets_it_with_its_sources_and_says_that_a_person_checked_it(
    checked: GoldenAnswer, reader: Any
) -> None:
    answer = asked("how many days of parental leave do I get", reader)

    assert (answer.text, answer.model, answer.status) == (TEXT, "golden", "answered")
    assert [c.title for c in answer.citations.all()] == [s.title for s in checked.sources.all()]
    assert label_of(answer).startswith("Answer checked by a person")
    assert "sources as of" in label_of(answer)
    assert explain(answer, reader=reader).decision.startswith("A person has checked this answer")
    assert GoldenHit.objects.get().answer_id == answer.pk
    answer.citations.all().delete()
    assert "sources as of" not in label_of(answer)


def test_other_words_for_the_same_thing_get_it(checked: GoldenAnswer, reader: Any) -> None:
    assert asked("Please tell me: how many days of parental leave do I get?", reader).model == "golden"
    assert GoldenHit.objects.get().similarity <= 1


@pytest.mark.parametrize(
    "question",
    [
        "How many days of parental leave do I not get?",
        "How many days of annual leave do I get?",
        "How many weeks of parental leave do I get?",
        "How many days of parental leave do I get after 5 years?",
        "How many days of parental leave did I get in 2019?",
        "How many days of parental leave does Maeve get?",
        "Wie viele Tage Elternzeit bekomme ich?",
    ],
)
def test_another_question_does_not(checked: GoldenAnswer, reader: Any, question: str) -> None:
    assert asked(question, reader).model != "golden"


def test_who_may_not_read_a_source_does_not_get_it(library: dict[str, Document], reader: Any, owner: Any) -> None:
    question = "What is the maximum salary in band E4?"
    made_golden(owner, question, "74600 EUR. [1]")

    assert asked(question, owner).model == "golden"
    other = asked(question, reader)
    assert other.model != "golden"
    assert "74600" not in other.text


def test_a_right_that_is_withdrawn_ends_it_at_once(checked: GoldenAnswer, reader: Any, owner: Any) -> None:
    document = Document.objects.get(pk=checked.sources.get().document_id)
    access.unshare(document.collection.access_list, user=reader, by=owner)

    assert asked(QUESTION, reader).model != "golden"


def test_a_source_that_changes_makes_it_stale(checked: GoldenAnswer, reader: Any, owner: Any, add: Any) -> None:
    document = Document.objects.get(pk=checked.sources.get().document_id)
    add(document.collection, document.path, "# Leave\n\nYou get 70 days of parental leave for each child.", by=owner)

    answer = asked(QUESTION, reader)

    assert answer.model != "golden"
    assert "70 days" in answer.text
    assert golden.visible_to(owner).get().is_stale


def test_it_goes_with_its_source(checked: GoldenAnswer, owner: Any) -> None:
    uploads.remove(Document.objects.get(pk=checked.sources.get().document_id), by=owner)

    assert not GoldenAnswer.objects.exists()


def test_it_ends_on_its_day_and_when_it_is_taken_back(checked: GoldenAnswer, reader: Any) -> None:
    today = timezone.localdate()
    GoldenAnswer.objects.update(expires_on=today)
    assert asked(QUESTION, reader).model == "golden"
    GoldenAnswer.objects.update(expires_on=today - timedelta(days=1))
    assert asked(QUESTION, reader).model != "golden"
    GoldenAnswer.objects.update(expires_on=None, is_live=False)
    assert asked(QUESTION, reader).model != "golden"


def test_an_audience_narrows_it_further(library: dict[str, Document], reader: Any, owner: Any) -> None:
    managers = Group.objects.create(name="Managers")
    made_golden(owner, QUESTION, TEXT, managers)
    assert asked(QUESTION, reader).model != "golden"

    reader.groups.add(managers)
    assert asked(QUESTION, reader).model == "golden"


def test_without_sources_it_needs_an_audience(library: dict[str, Document], reader: Any, owner: Any) -> None:
    answer = asked("Who designed the company logo?", owner)
    one = golden.draft(answer, text="Maeve did.", by=owner)
    one.is_live = True

    with pytest.raises(golden.NoAudience):
        golden.save(one, audience=[], by=owner)
    everyone = Group.objects.create(name="Everyone")
    reader.groups.add(everyone)
    golden.save(one, audience=[everyone], by=owner)

    assert asked("Who designed the company logo?", reader).text == "Maeve did."
    assert asked("Who designed the company logo?", owner).model != "golden"


def test_asked_in_one_collection_it_must_rest_on_that(
    checked: GoldenAnswer, reader: Any, owner: Any, collection: Any
) -> None:
    inside = Document.objects.get(pk=checked.sources.get().document_id).collection
    outside = collection("Elsewhere", readers=[reader], owners=[owner])

    assert asked(QUESTION, reader, collection_id=inside.pk).model == "golden"
    assert asked(QUESTION, reader, collection_id=outside.pk).model != "golden"


def test_follow_ups_and_drafts_do_not_get_it(checked: GoldenAnswer, reader: Any) -> None:
    assert asked(QUESTION, reader, history=[("What about leave?", "It depends.")]).model != "golden"
    golden.draft(asked(QUESTION, reader), text="A draft.", by=reader)
    assert asked(QUESTION, reader).text == TEXT


def test_again_brings_another_answer(checked: GoldenAnswer, reader: Any) -> None:
    from asgiref.sync import async_to_sync

    from chat import conversations
    from chat.answering import pipeline

    async def unheard(kind: Any, payload: Any) -> None:
        """Nobody follows."""

    first = asked(QUESTION, reader)
    Conversation.objects.update(is_hidden=False)
    fresh = conversations.again(first, user=reader)
    async_to_sync(pipeline.answer)(fresh.pk, unheard)

    fresh.refresh_from_db()
    assert fresh.model == "extractive"
