"""The pages of one document: its versions, what changed, its passages, its name and place, and receipts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from documents import indexes, lineage, versions
from documents.models import Chunk, Collection, Document, DocumentVersion, Extraction, IndexVersion, IngestionRun
from documents.tests.ingestion.making import pdf
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)
OLD = "# Leave\n\nEvery employee has 27 days of annual leave.\n\nIt is taken in the year.\n"
NEW = OLD.replace("27", "30")


@pytest.fixture
def company(collection: Callable[..., Collection], reader: User, contributor: User, owner: User) -> Collection:
    return collection("Company", readers=[reader], contributors=[contributor], owners=[owner])


@pytest.fixture
def leave(company: Collection, add: Callable[..., Document], owner: User) -> Document:
    """In its second version, at people/leave.md."""
    add(company, "people/leave.md", OLD, by=owner)
    return add(company, "people/leave.md", NEW, by=owner)


@pytest.fixture
def get(client_for: Callable[[Any], Client]) -> Callable[..., str]:
    """get(person, "documents:document", pk, tab="versions"): the page."""

    def page(person: User, name: str, *args: object, **query: object) -> str:
        response = client_for(person).get(reverse(name, args=args), query)
        assert response.status_code == 200, response.status_code
        return response.content.decode()

    return page


def test_an_older_version_is_read_under_a_notice(leave: Document, reader: User, get: Callable[..., str]) -> None:
    page = get(reader, "documents:document", leave.pk, version=1)

    assert "You are reading version 1. Answers come from version 2." in page
    assert "27 days" in page
    assert "Answers come from" not in get(reader, "documents:document", leave.pk)


def test_a_version_past_its_last_day_says_so(leave: Document, reader: User, get: Callable[..., str]) -> None:
    leave.versions.filter(number=2).update(valid_to=timezone.localdate() - timedelta(days=1))

    assert "This version is not valid any more" in get(reader, "documents:document", leave.pk)


def test_what_changed_is_marked_word_by_word(leave: Document, reader: User, get: Callable[..., str]) -> None:
    page = get(reader, "documents:compare", leave.pk)

    assert "<del>27</del>" in page
    assert "<ins>30</ins>" in page
    assert "Paragraphs: 1 changed, 0 added, 0 removed." in page


def test_a_version_that_does_not_answer_yet_is_for_contributors(
    leave: Document, reader: User, contributor: User, client_for: Callable[[Any], Client], get: Callable[..., str]
) -> None:
    Document.objects.filter(pk=leave.pk).update(current_version=leave.versions.get(number=1))
    for name, query in (("documents:document", {"version": 2}), ("documents:compare", {"older": 1, "newer": 2})):
        url = reverse(name, args=[leave.pk])
        assert client_for(reader).get(url, query).status_code == 404
        assert client_for(contributor).get(url, query).status_code == 200

    assert "<b>v2</b>" not in get(reader, "documents:document", leave.pk, tab="versions")
    assert "<b>v2</b>" not in get(reader, "documents:document", leave.pk, tab="lineage")
    assert "<b>v2</b>" in get(contributor, "documents:document", leave.pk, tab="versions")


def test_restoring_and_dating_are_for_contributors(
    leave: Document, reader: User, contributor: User, client_for: Callable[[Any], Client]
) -> None:
    restore = reverse("documents:restore", args=[leave.pk, 1])
    validity = reverse("documents:validity", args=[leave.pk, 1])

    assert client_for(reader).post(restore).status_code == 404
    assert client_for(reader).post(validity).status_code == 404
    page = client_for(contributor).post(restore, follow=True).content.decode()
    client_for(contributor).post(validity, {"valid_from": "2026-01-01", "valid_to": ""})

    assert "Version 1 answers questions from now on." in page
    assert Document.objects.get(pk=leave.pk).current_version == DocumentVersion.objects.get(
        document=leave, number=1, valid_from="2026-01-01", valid_to=None
    )
    refused = client_for(contributor).post(validity, {"valid_from": "soon"}, follow=True).content.decode()
    assert "A date could not be read" in refused


def test_after_a_restore_the_list_and_the_comparison_name_the_version_that_answers(
    leave: Document, contributor: User, company: Collection, get: Callable[..., str]
) -> None:
    assert "leave.md · v2<" in get(contributor, "documents:collection", company.pk)

    versions.restore(leave.versions.get(number=1), by=contributor)

    assert "leave.md · v1 of 2<" in get(contributor, "documents:collection", company.pk)
    assert "<del>27</del>" in get(contributor, "documents:compare", leave.pk)
    page = get(contributor, "documents:document", leave.pk, tab="versions")
    assert re.findall(r'<option value="(\d)" selected>', page) == ["1", "2"]
    IngestionRun.objects.filter(version__number=2).update(state=IngestionRun.State.FAILED)
    assert "leave.md · v2, v1 answers<" in get(contributor, "documents:collection", company.pk)


@pytest.mark.parametrize(
    ("current", "known", "pair"),
    [(3, [1, 2, 3], (2, 3)), (1, [1, 2, 3], (1, 2)), (2, [1, 2, 3], (1, 2)), (1, [1], None), (0, [1, 2], (1, 2))],
)
def test_the_comparison_starts_from_what_answers(current: int, known: list[int], pair: tuple[int, int] | None) -> None:
    document = Document(current_version=DocumentVersion(number=current) if current else None)

    assert versions.to_compare(document, known) == pair


def test_a_chosen_passage_is_marked_in_the_text(leave: Document, reader: User, get: Callable[..., str]) -> None:
    passage = Chunk.objects.filter(version=leave.current_version).first()
    assert passage is not None

    page = get(reader, "documents:passages", leave.pk, passage=1)

    assert "Passage 1 of 1" in page
    assert f"{passage.tokens} tokens" in page
    assert "<mark>Every employee has 30 days of annual leave.</mark>" in page
    assert passage.index_version.embedding_model in page
    assert "<mark>" in get(reader, "documents:document", leave.pk, passage=1)
    assert "27 days" in get(reader, "documents:passages", leave.pk, version=1)


def test_the_lineage_names_every_tool(leave: Document, reader: User, get: Callable[..., str]) -> None:
    page = get(reader, "documents:document", leave.pk, tab="lineage")
    version = leave.versions.get(number=2)
    extraction = version.extractions.get()

    for words in (version.sha256, extraction.parser, extraction.parser_version, "analyser", "none yet"):
        assert words in page


def test_name_folder_title_and_tags_are_changed_together(
    leave: Document, reader: User, contributor: User, client_for: Callable[[Any], Client], get: Callable[..., str]
) -> None:
    url = reverse("documents:change", args=[leave.pk])
    fields = {"title": "Leave", "filename": "leave 2026.md", "folder": "hr", "tags": "Time off, hr"}

    assert client_for(reader).post(url, fields).status_code == 404
    refused = client_for(contributor).post(url, fields | {"filename": ""})
    assert refused.status_code == 422
    assert client_for(contributor).post(url, fields).status_code == 302

    after = Document.objects.get(pk=leave.pk)
    assert (after.path, after.title, after.tags) == ("hr/leave 2026.md", "Leave", ["hr", "time off"])
    page = get(reader, "documents:collection", leave.collection_id, tag="time off", folder="hr")
    assert "hr/leave 2026.md" in page
    assert "No document fits this filter." in get(reader, "documents:collection", leave.collection_id, folder="people")


def test_a_move_gives_its_mover_a_receipt(
    leave: Document,
    owner: User,
    contributor: User,
    reader: User,
    collection: Callable[..., Collection],
    client_for: Callable[[Any], Client],
    get: Callable[..., str],
) -> None:
    board = collection("Board", owners=[owner])
    url = reverse("documents:move_many", args=[leave.collection_id])
    wanted = {"documents": [leave.pk], "collection": board.pk, "folder": "terms"}

    assert client_for(contributor).post(url, wanted).status_code == 404
    assert client_for(reader).post(url, wanted).status_code == 404
    page = client_for(owner).post(url, wanted, follow=True).content.decode()

    event = AuditEvent.objects.get(event="documents_moved")
    assert "Moved to collection: Board" in page
    assert client_for(reader).get(reverse("documents:document", args=[leave.pk])).status_code == 404
    assert client_for(contributor).get(reverse("documents:receipt", args=[event.pk])).status_code == 404
    assert "Board" in get(owner, "documents:receipts")
    receipt = json.loads(client_for(owner).get(reverse("documents:receipt", args=[event.pk]), {"as": "json"}).content)
    assert (receipt["counts"]["documents"], receipt["by"]) == (1, "owner")


def test_deleting_takes_everything_everywhere_and_counts_it(
    leave: Document, owner: User, reader: User, client_for: Callable[[Any], Client]
) -> None:
    page = client_for(owner).post(reverse("documents:delete", args=[leave.pk]), follow=True).content.decode()

    assert "none of it is left" in page
    for name, args in (
        ("documents:document", [leave.pk]),
        ("documents:passages", [leave.pk]),
        ("documents:compare", [leave.pk]),
        ("documents:original", [leave.pk, 1]),
        ("documents:page_image", [leave.pk, 1, 1]),
    ):
        assert client_for(reader).get(reverse(name, args=args)).status_code == 404, name
    counts = AuditEvent.objects.get(event="document_deleted").details["receipt"]
    assert (counts["versions"], counts["passages"], counts["vectors"], counts["lexical_rows"]) == (2, 2, 2, 2)
    assert not Chunk.objects.exists()


def test_pictures_of_pages_go_with_their_document(
    company: Collection, add: Callable[..., Document], owner: User, client_for: Callable[[Any], Client], tmp_path: Path
) -> None:
    file = pdf(tmp_path / "two.pdf", [[(50, 500, "Every employee has 27 days of leave.", 11)]])
    document = add(company, "two.pdf", file.read_bytes(), by=owner)
    picture = reverse("documents:page_image", args=[document.pk, 1, 1])
    assert client_for(owner).get(picture).status_code == 200
    page = client_for(owner).get(reverse("documents:passages", args=[document.pk])).content.decode()
    assert "<rect" in page
    assert "<mark>" in page

    client_for(owner).post(reverse("documents:delete", args=[document.pk]))

    assert client_for(owner).get(picture).status_code == 404
    assert AuditEvent.objects.get(event="document_deleted").details["receipt"]["pictures"] == 1
    assert [path for path in settings.FILES_DIR.rglob("*") if path.is_file()] == []


def test_words_of_a_long_passage_are_placed_on_their_own_page(
    company: Collection, add: Callable[..., Document], owner: User, tmp_path: Path
) -> None:
    texts = ("Leave is 27 days in a year for everyone.", "Salaries come on the last Friday of a month.")
    pages = [[(50, 500, text, 11)] for text in texts]
    document = add(company, "two.pdf", pdf(tmp_path / "two.pdf", pages).read_bytes(), by=owner)
    extraction = Extraction.objects.get(version__document=document)

    leave, salaries, beyond = (
        (extraction.pk, at) for at in (extraction.text.index("27 days"), extraction.text.index("Friday"), 10_000)
    )
    assert lineage.pages_at([leave, salaries, beyond]) == {leave: 1, salaries: 2}


def test_statistics_whose_refresh_was_killed_are_counted_again(leave: Document) -> None:
    indexes.refresh_stale()
    assert indexes.refresh_stale() == 0

    IndexVersion.objects.update(counting_since=timezone.now() - timedelta(hours=1), chunk_count=0)

    assert indexes.refresh_stale() == 1
    assert IndexVersion.objects.get().chunk_count == 1
    assert indexes.refresh_stale() == 0


def test_tags_are_put_on_many_and_taken_off(
    leave: Document, contributor: User, reader: User, client_for: Callable[[Any], Client]
) -> None:
    url = reverse("documents:tag_many", args=[leave.collection_id])
    wanted = {"documents": [leave.pk, "x"], "tags": "hr, rules"}

    assert client_for(reader).post(url, wanted).status_code == 404
    client_for(contributor).post(url, wanted | {"how": "add"})
    client_for(contributor).post(url, wanted | {"tags": "hr", "how": "remove"})

    assert Document.objects.get(pk=leave.pk).tags == ["rules"]
