"""Documents under another name, in another folder or collection, and their tags."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from documents import moving
from documents.access import readable_documents, restrict
from documents.ingestion import pipeline
from documents.models import Collection, Document, IngestionRun
from documents.retrieval.search import search
from documents.retrieval.types import Query
from documents.uploads import UploadRefused
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "Every employee has 27 days of annual leave in a calendar year."


@pytest.fixture
def company(collection: Callable[..., Collection], reader: User, contributor: User, owner: User) -> Collection:
    return collection("Company", readers=[reader], contributors=[contributor], owners=[owner])


@pytest.fixture
def board(collection: Callable[..., Collection], stranger: User, contributor: User, owner: User) -> Collection:
    """A collection that `stranger` reads, and `reader` does not."""
    return collection("Board", readers=[stranger], contributors=[contributor, owner])


def found_by(person: User) -> list[str]:
    return [hit.path for hit in search(Query(text="days of annual leave"), reader=person).hits]


def test_rights_follow_a_move_at_the_next_query(
    company: Collection, board: Collection, add: Callable[..., Document], owner: User, reader: User, stranger: User
) -> None:
    leave = add(company, "people/leave.md", TEXT, by=owner)
    assert (found_by(reader), found_by(stranger)) == (["people/leave.md"], [])

    moved = moving.move([leave], to=board, folder="terms", by=owner)

    assert (found_by(reader), found_by(stranger)) == ([], ["terms/leave.md"])
    assert (moved.documents, moved.passages, moved.readers_before, moved.readers_after) == (1, 1, 3, 3)
    event = AuditEvent.objects.get(pk=moved.event_id)
    assert event.details["receipt"]["documents"] == 1
    assert event.details["documents"] == [str(leave.pk)]


def test_a_list_of_its_own_goes_with_the_document(
    company: Collection, board: Collection, add: Callable[..., Document], owner: User, stranger: User
) -> None:
    leave = add(company, "leave.md", TEXT, by=owner)
    restrict(leave, by=owner)

    moving.move([leave], to=board, folder=None, by=owner)

    assert not readable_documents(stranger).filter(pk=leave.pk).exists()
    assert readable_documents(owner).filter(pk=leave.pk).exists()


def test_the_other_collections_policy_about_personal_data_is_followed(
    company: Collection, board: Collection, add: Callable[..., Document], owner: User, queued: list[int]
) -> None:
    leave = add(company, "leave.md", f"{TEXT} Ask ann.miller@example.org first.", by=owner)
    Collection.objects.filter(pk=board.pk).update(personal_data=Collection.PersonalData.REDACT)
    queued.clear()

    moving.move([leave], to=board, folder=None, by=owner)

    assert queued == [leave.current_version_id]
    pipeline.advance(queued[0])
    current = leave.versions.get().extractions.get(is_current=True)
    assert "ann.miller" not in current.text


def test_attachments_go_with_their_mail(
    company: Collection, board: Collection, add: Callable[..., Document], owner: User
) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Leave", "ann@example.org", "bob@example.org"
    mail.set_content(TEXT)
    mail.add_attachment(b"Leave is asked for two weeks before.", "text", "plain", filename="rules.txt")
    document = add(company, "in/leave.eml", mail.as_bytes(), by=owner)

    moved = moving.move([document], to=board, folder="", by=owner)

    assert moved.documents == 2
    assert set(board.documents.values_list("path", flat=True)) == {"leave.eml", "leave.eml/rules.txt"}
    with pytest.raises(UploadRefused, match="belongs to an e-mail"):
        moving.move([document.attachments.get()], to=board, folder="x", by=owner)


def test_only_owners_change_who_reads_and_only_contributors_change_anything(
    company: Collection,
    board: Collection,
    add: Callable[..., Document],
    owner: User,
    reader: User,
    contributor: User,
    collection: Callable[..., Collection],
) -> None:
    leave = add(company, "leave.md", TEXT, by=owner)

    with pytest.raises(UploadRefused, match="for its owners"):
        moving.move([leave], to=board, folder=None, by=contributor)
    with pytest.raises(UploadRefused, match="cannot add documents"):
        moving.move([leave], to=collection(), folder=None, by=owner)
    with pytest.raises(UploadRefused, match="cannot change"):
        moving.rename(leave, path="b.md", title="B", by=reader)
    with pytest.raises(UploadRefused, match="cannot change"):
        moving.tag([leave], add=["hr"], by=reader)

    moving.move([leave], to=company, folder="people", by=contributor)
    assert Document.objects.get(pk=leave.pk).path == "people/leave.md"


def test_a_path_that_one_may_not_know_of_is_moved_to_as_if_it_were_free(
    company: Collection, add: Callable[..., Document], owner: User, contributor: User
) -> None:
    restrict(add(company, "board/pay.md", TEXT, by=owner), by=owner)
    own = add(company, "pay.md", TEXT + " Ask early.", by=contributor)

    moving.move([own], to=company, folder="board", by=contributor)

    assert sorted(Document.objects.values_list("path", "namesake")) == [("board/pay.md", 0), ("board/pay.md", 1)]
    assert moving.rename(own, path="other.md", title="Pay", by=contributor)
    assert Document.objects.get(pk=own.pk).namesake == 0


def test_a_taken_path_moves_nothing(
    company: Collection, board: Collection, add: Callable[..., Document], owner: User
) -> None:
    first, second = add(company, "a.md", TEXT, by=owner), add(company, "b/a.md", TEXT + " Ask early.", by=owner)

    with pytest.raises(UploadRefused, match=r"a\.md is there already"):
        moving.move([first, second], to=board, folder="", by=owner)

    assert company.documents.count() == 2
    assert not board.documents.exists()


def test_a_title_of_its_own_is_found_and_stays(
    company: Collection, add: Callable[..., Document], owner: User, contributor: User, queued: list[int]
) -> None:
    leave = add(company, "leave.md", f"# Annual leave\n\n{TEXT}", by=owner)
    queued.clear()

    assert moving.rename(leave, path="leave.md", title="Sabbatical rules", by=contributor)
    assert queued == [leave.current_version_id]
    for version in queued:
        pipeline.advance(version)
    newer = add(company, "leave.md", f"# Annual leave\n\n{TEXT} Ask early.", by=owner)

    assert newer.title == "Sabbatical rules"
    assert newer.chunks.filter(version=newer.current_version).exists()
    assert not IngestionRun.objects.exclude(state=IngestionRun.State.READY).exists()
    with pytest.raises(UploadRefused, match="needs a title"):
        moving.rename(leave, path="leave.md", title=" ", by=contributor)
    with pytest.raises(UploadRefused, match="longer than 300"):
        moving.rename(leave, path="leave.md", title="x" * 10_000, by=contributor)


def test_tags_are_plain_words_each_once(
    company: Collection, add: Callable[..., Document], owner: User, contributor: User
) -> None:
    leave = add(company, "leave.md", TEXT, by=owner)

    assert moving.tags_from("HR,  Leave , hr,,\u202e") == ["hr", "leave", "hr"]
    assert moving.tag([leave], add=["HR", "leave", "hr"], by=contributor) == 1
    assert Document.objects.get(pk=leave.pk).tags == ["hr", "leave"]
    assert moving.tag([leave], add=["hr"], by=contributor) == 0
    assert moving.tag([leave], remove=["leave"], by=contributor) == 1
    assert Document.objects.get(pk=leave.pk).tags == ["hr"]
    with pytest.raises(UploadRefused, match="tags at most"):
        moving.tag([leave], add=[f"tag {n}" for n in range(30)], by=contributor)
