"""A file attached to a conversation is its person's alone, and found there alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import attachments, conversations, sharing
from chat.answering.run import outcome_of
from chat.models import Answer, Conversation
from chat.tests.conftest import made
from documents import access, private_files
from documents.ingestion import pipeline
from documents.models import Chunk, Collection, Document, DocumentVersion, IngestionRun, Level
from documents.retrieval.search import search
from documents.retrieval.types import Query
from documents.suggestions import suggested_questions
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

HTMX = {"HTTP_HX_REQUEST": "true"}
OFFER = (
    b"# Offer for marigold seeds\n\n## Price of marigold seeds\n\nA sack of marigold seeds costs 412 EUR in spring.\n"
)
QUESTION = "What does a sack of marigold seeds cost?"


@pytest.fixture(autouse=True)
def _files(add: Callable[..., Document]) -> None:
    """Files in a folder of their own; ingestion is called by the tests."""


@pytest.fixture
def conversation(reader: User) -> Conversation:
    return Conversation.objects.create(user=reader, title="Seeds")


@pytest.fixture
def offer(conversation: Conversation, reader: User) -> Document:
    """Attached and read."""
    attachments.attach(conversation, name="offer.md", content=OFFER, user=reader)
    document = Document.objects.get(path="offer.md")
    pipeline.advance(document.versions.get().pk)
    conversation.refresh_from_db()
    document.refresh_from_db()
    assert document.current_version is not None
    return document


def asked(conversation: Conversation | None, user: User) -> Answer:
    return conversations.ask(user=user, text=QUESTION, conversation=conversation, collection_id=None)


@pytest.mark.django_db(transaction=True)
def test_it_answers_in_its_conversation_and_in_no_other(
    conversation: Conversation, offer: Document, reader: User, library: dict[str, Document]
) -> None:
    here, elsewhere = asked(conversation, reader), asked(None, reader)
    made(here)
    made(elsewhere)

    found = outcome_of(Answer.objects.get(pk=here.pk))
    assert "412 EUR" in found.answer
    assert [citation["document"] for citation in found.citations] == ["offer.md"]
    assert "412" not in outcome_of(Answer.objects.get(pk=elsewhere.pk)).answer


@pytest.mark.django_db
def test_a_chosen_collection_does_not_leave_it_out(
    conversation: Conversation, offer: Document, reader: User, library: dict[str, Document]
) -> None:
    both = (library["leave"].collection_id, offer.collection_id)
    query = Query(text=QUESTION, collection_ids=both, private_collection_id=offer.collection_id)

    assert offer.pk in {hit.document_id for hit in search(query, reader=reader).hits}


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["stranger", "admin", "reviewer", "auditor", "owner"])
def test_nobody_else_reads_or_finds_it_whatever_their_role(
    who: str, offer: Document, request: pytest.FixtureRequest, client_for: Callable[[Any], Client]
) -> None:
    somebody: User = request.getfixturevalue(who)
    client = client_for(somebody)

    query = Query(text=QUESTION, private_collection_id=offer.collection_id)
    assert search(query, reader=somebody).hits == ()
    assert not access.readable_documents(somebody).filter(pk=offer.pk).exists()
    pages = [
        reverse("documents:document", args=[offer.pk]),
        reverse("documents:original", args=[offer.pk, 1]),
        reverse("documents:collection", args=[offer.collection_id]),
        reverse("documents:quality", args=[offer.collection_id]),
        reverse("documents:share", args=[offer.collection_id]),
    ]
    assert {client.get(page).status_code for page in pages} == {404}


@pytest.mark.django_db
def test_it_stands_in_no_list_not_even_its_persons(
    offer: Document, reader: User, admin: User, client_for: Callable[[Any], Client]
) -> None:
    client = client_for(reader)

    listed = [
        client.get(reverse("documents:collections")),
        client.get(reverse("chat:home")),
        client.get(reverse("chat:search"), {"q": "offer", "in": "everything"}),
        client_for(admin).get(reverse("admin:documents_collection_changelist")),
        client_for(admin).get(reverse("admin:audit_auditevent_changelist")),
    ]

    assert not [page for page in listed if b"offer" in page.content or b"Offer" in page.content]
    assert not access.collections_for(reader).exists()
    assert suggested_questions(reader, limit=4) == []
    for page in ("documents:collection", "documents:quality", "documents:share"):
        assert client.get(reverse(page, args=[offer.collection_id])).status_code == 404


@pytest.mark.django_db
def test_its_person_opens_it_from_the_conversation(
    conversation: Conversation, offer: Document, reader: User, client_for: Callable[[Any], Client]
) -> None:
    client = client_for(reader)

    page = client.get(reverse("chat:conversation", args=[conversation.pk])).content.decode()
    assert reverse("documents:document", args=[offer.pk]) in page
    document = client.get(reverse("documents:document", args=[offer.pk]))
    assert document.status_code == 200
    assert reverse("documents:collection", args=[offer.collection_id]) not in document.content.decode()


@pytest.mark.django_db
def test_a_shared_conversation_withholds_what_rests_on_it(
    conversation: Conversation, offer: Document, reader: User, stranger: User
) -> None:
    answer = asked(conversation, reader)
    version = offer.current_version
    assert version is not None
    answer.citations.create(
        marker=1, document_id=offer.pk, version_id=version.pk, extraction_id=1, chunk_id=1, start=0, end=1,
        quote_start=0, quote_end=1, quote="412", title="Offer", version_number=1,
    )  # fmt: skip
    Answer.objects.filter(pk=answer.pk).update(state="done", status="answered", text="412 EUR [1]")
    link = sharing.share(conversation, user=reader, days=None)

    assert sharing.opened(link.pk, viewer=stranger).answers == (None,)


@pytest.mark.django_db
def test_it_goes_with_its_conversation(conversation: Conversation, offer: Document, reader: User) -> None:
    conversations.delete(conversation, user=reader)
    conversations.remove_deleted()
    assert Document.objects.filter(pk=offer.pk).exists()

    Conversation.objects.update(deleted_at=timezone.now() - timedelta(days=2))
    conversations.remove_deleted()

    assert not Document.objects.exists()
    assert not Chunk.objects.exists()
    assert not Collection.objects.exists()


@pytest.mark.django_db
def test_it_goes_with_its_person(offer: Document, reader: User) -> None:
    reader.delete()

    conversations.remove_deleted()

    assert not Document.objects.filter(pk=offer.pk).exists()


@pytest.mark.django_db
def test_the_page_takes_a_file_shows_its_stage_and_removes_it(
    conversation: Conversation, reader: User, client_for: Callable[[Any], Client]
) -> None:
    client, page = client_for(reader), reverse("chat:files", args=[conversation.pk])

    taken = client.post(page, {"file": SimpleUploadedFile("C:\\new\\offer.md", OFFER)}, **HTMX).content.decode()
    assert "being read" in taken
    assert "every 2s" in taken
    pipeline.advance(DocumentVersion.objects.get().pk)
    assert "ready" in client.get(page, **HTMX).content.decode()

    document = Document.objects.get()
    client.post(reverse("chat:detach", args=[conversation.pk, document.pk]))
    assert not Document.objects.exists()


@pytest.mark.django_db
def test_a_failure_says_why(conversation: Conversation, reader: User, client_for: Callable[[Any], Client]) -> None:
    client, page = client_for(reader), reverse("chat:files", args=[conversation.pk])

    empty = client.post(page, {"file": SimpleUploadedFile("a.md", b"")}, **HTMX).content.decode()
    assert "The file is empty." in empty or "No file was chosen" in empty
    assert (
        "It is an archive."
        in client.post(page, {"file": SimpleUploadedFile("a.zip", b"PK\x03\x04")}, **HTMX).content.decode()
    )
    client.post(page, {"file": SimpleUploadedFile("broken.pdf", b"%PDF-1.7 nothing")}, **HTMX)
    pipeline.advance(DocumentVersion.objects.get().pk)
    run = IngestionRun.objects.get()
    assert run.state == IngestionRun.State.FAILED
    assert run.failure in client.get(page, **HTMX).content.decode()


@pytest.mark.django_db
def test_before_the_first_question_it_opens_a_conversation_which_is_named_by_the_question(
    reader: User, client_for: Callable[[Any], Client]
) -> None:
    response = client_for(reader).post(reverse("chat:attach_first"), {"file": SimpleUploadedFile("offer.md", OFFER)})

    begun = Conversation.objects.get(user=reader)
    assert response.headers["Location"] == reverse("chat:conversation", args=[begun.pk])
    assert begun.title == "offer.md"
    asked(begun, reader)
    begun.refresh_from_db()
    assert begun.title == QUESTION


@pytest.mark.django_db
def test_a_file_that_is_refused_opens_no_conversation(reader: User, client_for: Callable[[Any], Client]) -> None:
    refused = client_for(reader).post(
        reverse("chat:attach_first"), {"file": SimpleUploadedFile("a.zip", b"PK\x03\x04")}, **HTMX
    )

    assert b"It is an archive." in refused.content
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_nobody_attaches_to_or_takes_from_the_conversation_of_somebody_else(
    conversation: Conversation, offer: Document, stranger: User, client_for: Callable[[Any], Client]
) -> None:
    client = client_for(stranger)

    assert client.get(reverse("chat:files", args=[conversation.pk])).status_code == 404
    assert client.post(reverse("chat:detach", args=[conversation.pk, offer.pk])).status_code == 404
    with pytest.raises(Conversation.DoesNotExist):
        attachments.attach(conversation, name="a.md", content=OFFER, user=stranger)
    with pytest.raises(private_files.NoSuchFile):
        attachments.detach(conversation, offer.pk, user=stranger)


@pytest.mark.django_db
def test_a_shared_document_is_not_taken_away_through_a_conversation(
    conversation: Conversation, offer: Document, reader: User, collection: Callable[..., Collection], add: Any
) -> None:
    shared = add(collection("Own", owners=[reader]), "own.md", OFFER.decode(), by=reader)

    with pytest.raises(private_files.NoSuchFile):
        attachments.detach(conversation, shared.pk, user=reader)
    assert access.documents_for(reader, Level.OWNER).filter(pk=shared.pk).exists()


@pytest.mark.django_db
def test_the_audit_log_says_that_a_file_came_but_not_its_name(offer: Document) -> None:
    event = AuditEvent.objects.get(event="document_uploaded")

    assert event.target == "a private file"
    assert "offer" not in str(event.details).lower()
