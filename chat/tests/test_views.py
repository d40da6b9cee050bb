"""Asking, reading and keeping conversations, as the server answers."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse

from chat import conversations, streaming
from chat.models import Answer, Citation, Conversation, Turn
from documents.models import Document, DocumentVersion, Extraction
from ragapp.accounts.models import User

HTMX = {"HTTP_HX_REQUEST": "true"}
TEXT = "Chapter one. Every employee gets 27 days of leave. Chapter two."
QUOTE = "Every employee gets 27 days of leave."


@pytest.fixture
def no_model_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers stay pending: making them belongs to the tests of streaming, and needs committed rows."""

    monkeypatch.setattr("chat.views.asking.streaming.launch", lambda answer_id, opened=None: None)


@pytest.fixture
def ann(person: Callable[..., User]) -> User:
    return person("ann", first_name="Ann")


@pytest.fixture
def handbook(ann: User, collection: Callable[..., Any]) -> Document:
    """A document that Ann reads, with one version and its text."""
    document = Document.objects.create(collection=collection("Company", readers=[ann]), path="h.md", title="Handbook")
    version = DocumentVersion.objects.create(
        document=document, number=1, sha256="0" * 64, size_bytes=1, filename="h.md", media_type="text/markdown",
        storage_key="originals/none",
    )  # fmt: skip
    Extraction.objects.create(
        version=version, parser="text", parser_version="1", text=TEXT, layout={"elements": [], "pages": []},
        is_current=True,
    )  # fmt: skip
    document.current_version = version
    document.save()
    return document


def answered(user: User, document: Document, **fields: Any) -> Answer:
    """A finished answer that cites the quote."""
    answer = conversations.ask(user=user, text="How much leave?", conversation=None, collection_id=None)
    wanted = {"state": "done", "status": "answered", "text": f"{QUOTE} [1]", "model": "extractive"} | fields
    for name, value in wanted.items():
        setattr(answer, name, value)
    answer.save()
    version = document.current_version
    assert version is not None
    start = TEXT.index(QUOTE)
    Citation.objects.create(
        answer=answer, marker=1, document_id=document.pk, version_id=version.pk,
        extraction_id=version.extractions.get().pk, chunk_id=1, start=0, end=len(TEXT), quote_start=start,
        quote_end=start + len(QUOTE), quote=QUOTE, title=document.title, version_number=1,
    )  # fmt: skip
    return answer


def test_the_first_question_opens_a_conversation_and_names_its_address(
    ann: User, client_for: Callable[[Any], Client], no_model_runs: None
) -> None:
    response = client_for(ann).post(reverse("chat:ask"), {"text": "How much leave?"}, **HTMX)

    conversation = Conversation.objects.get(user=ann)
    assert response.headers["HX-Push-Url"] == reverse("chat:conversation", args=[conversation.pk])
    assert b"sse-connect" in response.content


def test_without_script_asking_leads_to_the_conversation(
    ann: User, client_for: Callable[[Any], Client], no_model_runs: None
) -> None:
    response = client_for(ann).post(reverse("chat:ask"), {"text": "How much leave?"})

    assert response.status_code == 302
    assert response.headers["Location"] == reverse("chat:conversation", args=[Conversation.objects.get(user=ann).pk])


def test_a_double_click_asks_once(ann: User, client_for: Callable[[Any], Client], no_model_runs: None) -> None:
    client = client_for(ann)

    client.post(reverse("chat:ask"), {"text": "How much leave?"}, **HTMX)
    second = client.post(reverse("chat:ask"), {"text": "How much leave?"}, **HTMX)

    assert second.status_code == 204
    assert Conversation.objects.filter(user=ann).count() == 1


def test_more_questions_than_can_be_answered_are_refused_with_a_time_and_not_kept(
    ann: User,
    client_for: Callable[[Any], Client],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    monkeypatch.setattr(streaming, "_workshop", SimpleNamespace(running={}))
    monkeypatch.setattr(streaming, "WAITING_MOST", -streaming.AT_ONCE)
    browser = client_for(ann)

    # Under that load who refuses must not wait for the database first.
    with django_assert_num_queries(0):
        fragment = browser.post(
            reverse("chat:ask"), {"text": "How long is the notice period?"}, headers={"HX-Request": "true"}
        )
    page = browser.post(reverse("chat:ask"), {"text": "How long is the notice period?"})

    assert (fragment.status_code, page.status_code) == (429, 429)
    assert fragment.headers["Retry-After"] == page.headers["Retry-After"] == str(streaming.COME_BACK_S)
    assert fragment.text.startswith("Many questions are being answered")
    assert not Answer.objects.exists()


def test_an_empty_question_is_refused_under_the_box(ann: User, client_for: Callable[[Any], Client]) -> None:
    response = client_for(ann).post(reverse("chat:ask"), {"text": "  "}, **HTMX)

    assert response.status_code == 422
    assert response.headers["HX-Retarget"] == "#ask-error"
    assert b"Write a question first." in response.content


@pytest.mark.parametrize(
    "words", ["Urlaub 🏖️👩‍👩‍👧 für alle?", "كم يوم إجازة لدي؟", "<b>Leave</b> & more?", "אני\u202eabc\u202c?"]
)
def test_any_script_and_sign_is_asked_as_it_was_typed(
    words: str, ann: User, client_for: Callable[[Any], Client], no_model_runs: None
) -> None:
    page = client_for(ann).post(reverse("chat:ask"), {"text": words}, follow=True).content.decode()

    assert Turn.objects.get().question == words
    assert 'dir="auto"' in page
    assert "<b>Leave</b>" not in page


def test_a_nul_character_is_refused_with_a_sentence_and_nothing_is_stored(
    ann: User, client_for: Callable[[Any], Client]
) -> None:
    response = client_for(ann).post(reverse("chat:ask"), {"text": "Le\x00ave?"})

    assert response.status_code == 400
    assert b"character" in response.content
    assert not Turn.objects.exists()


def test_a_day_that_is_none_is_refused_under_the_box(ann: User, client_for: Callable[[Any], Client]) -> None:
    response = client_for(ann).post(reverse("chat:ask"), {"text": "Leave?", "as_of": "2026-02-31"}, **HTMX)

    assert response.status_code == 422
    assert b"Enter a valid date." in response.content


def test_a_question_that_is_too_long_comes_back_in_the_box_without_script(
    ann: User, client_for: Callable[[Any], Client]
) -> None:
    words = "leave " * 4000

    response = client_for(ann).post(reverse("chat:ask"), {"text": words})

    assert response.status_code == 422
    assert words.strip() in response.content.decode()


def test_a_collection_that_may_not_be_read_looks_like_one_that_is_gone(
    ann: User, collection: Callable[..., Any], client_for: Callable[[Any], Client]
) -> None:
    client, secret = client_for(ann), collection("Secret")

    forbidden = client.post(reverse("chat:ask"), {"text": "Hm?", "collection": secret.pk}, **HTMX)
    missing = client.post(reverse("chat:ask"), {"text": "Hm?", "collection": 999_999}, **HTMX)

    assert forbidden.status_code == missing.status_code == 422
    assert forbidden.content == missing.content


def test_an_answer_shows_its_citation_in_the_sentence(
    ann: User, handbook: Document, client_for: Callable[[Any], Client]
) -> None:
    answer = answered(ann, handbook)

    page = client_for(ann).get(reverse("chat:conversation", args=[answer.turn.conversation_id])).content.decode()

    assert f'data-quote="{QUOTE}"' in page
    assert reverse("chat:source", args=[answer.pk, 1]) in page


def test_the_source_shows_the_words_marked(ann: User, handbook: Document, client_for: Callable[[Any], Client]) -> None:
    answer = answered(ann, handbook)

    page = client_for(ann).get(reverse("chat:source", args=[answer.pk, 1]), **HTMX).content.decode()

    assert f"Chapter one. <mark>{QUOTE}</mark> Chapter two." in page


def test_when_the_right_is_gone_so_are_quote_source_and_the_text_made_from_it(
    ann: User, handbook: Document, client_for: Callable[[Any], Client]
) -> None:
    answer, client = answered(ann, handbook), client_for(ann)

    handbook.collection.access_list.entries.all().delete()

    assert client.get(reverse("chat:source", args=[answer.pk, 1]), **HTMX).status_code == 404
    page = client.get(reverse("chat:conversation", args=[answer.turn.conversation_id])).content.decode()
    assert "27 days" not in page
    assert "you may no longer read" in page


def test_a_removed_source_says_so(ann: User, handbook: Document, client_for: Callable[[Any], Client]) -> None:
    answer, client = answered(ann, handbook), client_for(ann)
    Citation.objects.update(removed_at=answer.created_at, quote="")

    page = client.get(reverse("chat:conversation", args=[answer.turn.conversation_id])).content.decode()
    source = client.get(reverse("chat:source", args=[answer.pk, 1]), **HTMX).content.decode()

    assert "Source removed" in page
    assert "This source was removed" in source


def test_why_names_only_documents_that_may_be_read(
    ann: User, handbook: Document, collection: Callable[..., Any], client_for: Callable[[Any], Client]
) -> None:
    secret = Document.objects.create(collection=collection("Secret"), path="s.md", title="Salary bands")
    candidates = [
        {"document_id": str(handbook.pk), "ranks": {"dense": 1, "lexical": 3}, "used": True},
        {"document_id": str(secret.pk), "ranks": {"dense": 2}, "kept": False, "used": False},
    ]
    answer = answered(ann, handbook, candidates=candidates, stage_ms={"retrieve": 30, "check": 10})

    page = client_for(ann).get(reverse("chat:why", args=[answer.pk]), **HTMX).content.decode()

    assert "no. 1 by meaning, no. 3 by words, used" in page
    assert "Salary bands" not in page
    assert "1 more is in a document you may not read now." in page
    assert 'width="750.0"' in page


def test_nobody_opens_the_answers_of_others(
    ann: User, handbook: Document, stranger: User, client_for: Callable[[Any], Client]
) -> None:
    answer, client = answered(ann, handbook), client_for(stranger)

    for name, arguments in (("answer", [answer.pk]), ("why", [answer.pk]), ("source", [answer.pk, 1])):
        assert client.get(reverse(f"chat:{name}", args=arguments)).status_code == 404
    for name in ("again", "stop"):
        assert client.post(reverse(f"chat:{name}", args=[answer.pk])).status_code == 404


def test_deleting_hides_and_undo_restores(ann: User, handbook: Document, client_for: Callable[[Any], Client]) -> None:
    client, pk = client_for(ann), answered(ann, handbook).turn.conversation_id

    gone = client.post(reverse("chat:delete", args=[pk]), follow=True).content.decode()
    assert reverse("chat:restore", args=[pk]) in gone
    assert client.get(reverse("chat:conversation", args=[pk])).status_code == 404

    client.post(reverse("chat:restore", args=[pk]))
    assert client.get(reverse("chat:conversation", args=[pk])).status_code == 200


def test_renaming_shows_in_the_head_and_asks_the_sidebar_to_look_again(
    ann: User, handbook: Document, client_for: Callable[[Any], Client]
) -> None:
    pk = answered(ann, handbook).turn.conversation_id

    response = client_for(ann).post(reverse("chat:rename", args=[pk]), {"title": "Leave"}, **HTMX)

    assert b"Leave" in response.content
    assert "history-changed" in response.headers["HX-Trigger"]


def test_search_finds_conversations_by_the_words_of_their_questions(
    ann: User, handbook: Document, client_for: Callable[[Any], Client]
) -> None:
    answered(ann, handbook)
    client = client_for(ann)

    assert b"How much <mark>leave</mark>?" in client.get(reverse("chat:search"), {"q": "LEAVE"}, **HTMX).content
    assert b"Nothing found" in client.get(reverse("chat:search"), {"q": "bicycle"}, **HTMX).content


def test_the_palette_lists_only_documents_that_may_be_read(
    ann: User, handbook: Document, stranger: User, client_for: Callable[[Any], Client]
) -> None:
    wanted = {"q": "handb", "in": "everything"}

    assert b"Handbook" in client_for(ann).get(reverse("chat:search"), wanted, **HTMX).content
    assert b"Handbook" not in client_for(stranger).get(reverse("chat:search"), wanted, **HTMX).content


@pytest.mark.django_db(transaction=True)
async def test_the_stream_of_a_finished_answer_ends_at_once(
    person: Callable[..., User], collection: Callable[..., Any], async_client_for: Callable[[Any], AsyncClient]
) -> None:
    from asgiref.sync import sync_to_async

    def prepare() -> tuple[AsyncClient, Answer]:
        user = person("bea")
        answer = conversations.ask(user=user, text="Hm?", conversation=None, collection_id=None)
        Answer.objects.filter(pk=answer.pk).update(state="done", status="not_found")
        return async_client_for(user), answer

    client, answer = await sync_to_async(prepare)()

    response = await client.get(reverse("chat:stream", args=[answer.pk]))
    body = b"".join([piece async for piece in response.streaming_content]).decode()

    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Cache-Control"] == "no-store"
    assert body.startswith("retry: ")
    assert "event: done" in body


async def test_without_a_session_the_stream_says_that_it_has_expired(
    async_client_for: Callable[[Any], AsyncClient],
) -> None:
    client = async_client_for(None)

    response = await client.get(reverse("chat:stream", args=["00000000-0000-0000-0000-000000000000"]))
    body = b"".join([piece async for piece in response.streaming_content]).decode()

    assert body == "event: expired\ndata: \n\n"


def test_how_a_follow_up_was_understood_stands_under_its_answer(client: Client, ann: User) -> None:
    understood = "Which form do I hand in for it (parental leave)?"
    conversation = Conversation.objects.create(user=ann, title="Leave")
    for ordinal, (asked, meant) in enumerate(
        [("How long?", "How long?"), ("Which form do I hand in for it?", understood)]
    ):
        turn = Turn.objects.create(conversation=conversation, ordinal=ordinal, question=asked)
        Answer.objects.create(
            turn=turn, state=Answer.State.DONE, status="answered", text="HR-12.", question_as_understood=meant
        )
    client.force_login(ann)

    page = client.get(reverse("chat:conversation", args=[conversation.pk])).content.decode()

    assert page.count("Understood as:") == 1
    assert f'data-edit-question="{understood}"' in page
