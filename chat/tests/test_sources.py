"""Text follows its sources: rights that end and documents that go take along what answers said from them."""

import asyncio

import pytest
import redis

from chat import conversations, events
from chat.answering import store
from chat.answering.run import ask_once
from chat.models import Answer, Citation
from documents import access, uploads
from ragapp.lib.redis_connection import short_commands

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "How many days of parental leave do I get?"


@pytest.fixture
def answer(library, reader) -> Answer:
    outcome = ask_once(QUESTION, user=reader)
    answer = Answer.objects.get(pk=outcome.answer_id)
    assert "60 days" in answer.text
    return answer


def test_a_removed_document_takes_its_sentences_out_of_old_answers(answer, owner):
    cited = answer.citations.filter(quote__contains="60 days").get()
    uploads.remove(uploads.Document.objects.get(pk=cited.document_id), by=owner)

    answer.refresh_from_db()
    left = str([answer.text, answer.sentences, answer.prompt, answer.question_as_understood, answer.decision])

    assert "60 days" not in left
    assert f"[{cited.marker}]" in answer.text
    assert not Citation.objects.filter(document_id=cited.document_id).exclude(quote="", title="").exists()


def test_a_follow_up_does_not_hear_what_the_reader_may_no_longer_read(answer, reader, library):
    conversation = answer.turn.conversation
    following = conversations.ask(
        user=reader, text="Repeat your last answer", conversation=conversation, collection_id=None
    )
    assert any("60 days" in exchange.answer for exchange in store._history(following.turn, [], 3))

    for cited in answer.citations.all():
        document = uploads.Document.objects.get(pk=cited.document_id)
        document.collection.access_list.entries.filter(user=reader).delete()
        document.collection.access_list.entries.filter(group__user=reader).delete()

    assert not access.readable_documents(reader).exists()
    assert all(not exchange.answer and not exchange.titles for exchange in store._history(following.turn, [], 3))


def test_a_removed_document_takes_its_words_out_of_the_stream_that_told_them(answer, owner):
    async def tell() -> None:
        redis = events.connect()
        await events.append(redis, answer.pk, "text", {"markdown": answer.text})
        await redis.aclose()

    asyncio.run(tell())
    stream = f"answer:{answer.pk}:events"
    assert "60 days" in str(short_commands().xrange(stream))

    for document in uploads.Document.objects.filter(pk__in=answer.citations.values("document_id")):
        uploads.remove(document, by=owner)

    assert not short_commands().exists(stream)


def test_a_removal_goes_on_where_redis_is_away(answer, owner, monkeypatch):
    monkeypatch.setattr(events, "short_commands", lambda: redis.Redis(host="127.0.0.1", port=1))

    for document in uploads.Document.objects.filter(pk__in=answer.citations.values("document_id")):
        uploads.remove(document, by=owner)

    answer.refresh_from_db()
    assert "60 days" not in answer.text
