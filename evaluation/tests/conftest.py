"""People, two collections with a document each, and answers that cite them."""

from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.utils import timezone

from chat.models import Answer, Citation, Conversation, Turn
from documents import access
from documents.models import Collection, Document, Level
from ragapp.accounts.models import Role, RoleAssignment, User


@dataclass(frozen=True)
class World:
    """Ann asks; Rita reviews and may read `public` but not `secret`."""

    ann: User
    rita: User
    public: Document
    secret: Document

    def answer(self, *cited: Document, question="How many days?", **fields) -> Answer:
        conversation = Conversation.objects.create(user=self.ann, title="t")
        turn = Turn.objects.create(conversation=conversation, ordinal=0, question=question)
        fields = {"state": Answer.State.DONE, "status": Answer.Status.ANSWERED, "text": "Sixty days. [1]"} | fields
        answer = Answer.objects.create(turn=turn, finished_at=timezone.now(), **fields)
        for marker, document in enumerate(cited, 1):
            Citation.objects.create(
                answer=answer,
                marker=marker,
                document_id=document.pk,
                version_id=1,
                extraction_id=1,
                chunk_id=1,
                start=0,
                end=10,
                quote_start=0,
                quote_end=10,
                quote=f"quote of {document.title}",
                title=document.title,
                version_number=1,
            )
        return answer


@pytest.fixture
def world(db) -> World:
    ann = User.objects.create_user("ann", password="correct horse battery")
    rita = User.objects.create_user("rita", password="correct horse battery")
    RoleAssignment.objects.create(user=rita, role=Role.REVIEWER)
    documents = []
    for name, readers in (("Public", [ann, rita]), ("Secret", [ann])):
        collection = Collection.objects.create(name=f"{name} {uuid4()}", access_list=access.create_list(ann))
        for reader in readers:
            access.share(
                collection.access_list, user=reader, level=Level.OWNER if reader == ann else Level.READER, by=ann
            )
        documents.append(Document.objects.create(collection=collection, path=f"{name}.txt", title=name))
    return World(ann=ann, rita=rita, public=documents[0], secret=documents[1])


# Documents that were read in for real, and a model that does as it is told.
from chat.tests.conftest import add, library, llm  # noqa: E402, F401
