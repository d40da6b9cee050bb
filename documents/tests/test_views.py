"""The corpus pages: who sees what, who may do what, and files on their way in and out."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from documents import uploads
from documents.models import AccessEntry, Collection, Document, IngestionRun, Level
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

HTMX = {"HTTP_HX_REQUEST": "true"}
NOTE = b"# Keys\n\nA lost key is reported within two hours.\n"


def file(name: str, content: bytes = NOTE) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture
def company(collection: Callable[..., Collection], reader: User, contributor: User, owner: User) -> Collection:
    return collection("Company", readers=[reader], contributors=[contributor], owners=[owner])


@pytest.fixture
def keys(company: Collection, owner: User) -> Document:
    """A document that has been read, as far as the table is concerned."""
    document = uploads.accept(company, name="house/keys.md", content=NOTE, by=owner).document
    document.current_version = document.versions.get()
    document.save()
    IngestionRun.objects.update(state=IngestionRun.State.READY)
    return document


def statuses(client_for: Callable[[Any], Client], people: Iterable[User], url: str, **data: Any) -> list[int]:
    return [client_for(user).post(url, data).status_code for user in people]


def test_the_table_shows_only_what_may_be_read(
    company: Collection, reader: User, stranger: User, client_for: Callable[[Any], Client]
) -> None:
    assert b"Company" in client_for(reader).get(reverse("documents:collections")).content
    assert b"Company" not in client_for(stranger).get(reverse("documents:collections")).content
    assert client_for(stranger).get(reverse("documents:collection", args=[company.pk])).status_code == 404


def test_a_corpus_admin_makes_a_collection_and_chooses_its_readers(
    owner: User, client_for: Callable[[Any], Client]
) -> None:
    everyone = Group.objects.create(name="Everyone")

    response = client_for(owner).post(
        reverse("documents:create"), {"name": "House  rules", "description": "", "groups": [everyone.pk]}
    )

    made = Collection.objects.get(name="House rules")
    assert response.headers["Location"] == reverse("documents:collection", args=[made.pk])
    assert AccessEntry.objects.get(access_list=made.access_list, group=everyone).level == Level.READER
    assert AccessEntry.objects.get(access_list=made.access_list, user=owner).level == Level.OWNER


def test_a_name_that_is_taken_is_said_at_the_name(
    company: Collection, owner: User, client_for: Callable[[Any], Client]
) -> None:
    response = client_for(owner).post(reverse("documents:create"), {"name": "Company"})

    assert response.status_code == 422
    assert b"There is a collection with this name already." in response.content


def test_one_bad_file_never_stops_the_others(
    company: Collection, contributor: User, client_for: Callable[[Any], Client]
) -> None:
    files = [file("keys.md"), file("empty.md", b""), file("tea.md")]

    response = client_for(contributor).post(
        reverse("documents:upload", args=[company.pk]),
        {"files": files, "paths": ["house/keys.md", "empty.md", "house/tea.md"]},
        **HTMX,
    )

    page = response.content.decode()
    assert set(Document.objects.values_list("path", flat=True)) == {"house/keys.md", "house/tea.md"}
    assert "<b>empty.md</b>: The file is empty." in page


def test_without_script_an_upload_comes_back_to_the_collection(
    company: Collection, contributor: User, client_for: Callable[[Any], Client]
) -> None:
    response = client_for(contributor).post(
        reverse("documents:upload", args=[company.pk]), {"files": [file("keys.md"), file("no.md", b"")]}, follow=True
    )

    page = response.content.decode()
    assert "1 file is being read." in page
    assert "no.md: The file is empty." in page


def test_what_is_uploaded_from_a_folder_goes_into_it(
    company: Collection, contributor: User, client_for: Callable[[Any], Client]
) -> None:
    browser, address = client_for(contributor), reverse("documents:upload", args=[company.pk])
    browser.post(address, {"files": [file("keys.md")], "folder": "people/2026"})
    page = browser.get(reverse("documents:collection", args=[company.pk]), {"folder": "people/2026"}).content.decode()

    assert company.documents.filter(path="people/2026/keys.md").exists()
    assert 'data-folder="people/2026"' in page


def test_levels_say_who_may_add_share_and_delete(
    company: Collection,
    keys: Document,
    stranger: User,
    reader: User,
    contributor: User,
    client_for: Callable[[Any], Client],
) -> None:
    people = (stranger, reader, contributor)

    assert statuses(client_for, people, reverse("documents:upload", args=[company.pk])) == [404, 404, 302]
    assert statuses(client_for, people, reverse("documents:retry", args=[keys.pk])) == [404, 404, 302]
    assert statuses(client_for, people, reverse("documents:delete", args=[keys.pk])) == [404, 404, 404]
    assert statuses(client_for, people, reverse("documents:share", args=[company.pk])) == [404, 404, 404]
    assert Document.objects.filter(pk=keys.pk).exists()


def test_a_row_asks_again_only_while_there_is_work(
    keys: Document, reader: User, client_for: Callable[[Any], Client]
) -> None:
    client, url = client_for(reader), reverse("documents:row", args=[keys.pk])
    assert b"every 1s" not in client.get(url).content

    IngestionRun.objects.update(state=IngestionRun.State.RUNNING, stage=IngestionRun.Stage.REDACT)

    page = client.get(url).content
    assert b"every 1s" in page
    assert b"stage 3 of 6" in page


def test_a_failed_row_says_why_and_offers_another_try_to_contributors(
    keys: Document, reader: User, contributor: User, client_for: Callable[[Any], Client]
) -> None:
    IngestionRun.objects.update(
        state=IngestionRun.State.FAILED, failure="Reading the file took too long and was stopped.", hint="Split it."
    )
    url = reverse("documents:row", args=[keys.pk])

    assert b"Reading the file took too long and was stopped. Split it." in client_for(reader).get(url).content
    assert b"Retry" not in client_for(reader).get(url).content
    assert b"Retry" in client_for(contributor).get(url).content

    client_for(contributor).post(reverse("documents:retry", args=[keys.pk]), **HTMX)
    assert IngestionRun.objects.get().state == IngestionRun.State.QUEUED


def test_the_filter_narrows_by_name_and_state(
    company: Collection, keys: Document, reader: User, client_for: Callable[[Any], Client]
) -> None:
    client, url = client_for(reader), reverse("documents:collection", args=[company.pk])

    assert b"keys.md" in client.get(url, {"q": "KEYS", "state": "ready"}).content
    assert b"No document fits this filter." in client.get(url, {"q": "tea"}).content
    assert b"No document fits this filter." in client.get(url, {"state": "failed"}).content


def test_the_original_is_an_attachment_that_no_browser_opens(
    keys: Document, reader: User, stranger: User, client_for: Callable[[Any], Client]
) -> None:
    url = reverse("documents:original", args=[keys.pk, 1])

    response = client_for(reader).get(url)

    assert response.content == NOTE
    assert response.headers["Content-Disposition"] == 'attachment; filename="keys.md"'
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    assert AuditEvent.objects.filter(event="original_downloaded").count() == 1
    assert client_for(stranger).get(url).status_code == 404


def test_replacing_makes_a_second_version(
    keys: Document, contributor: User, client_for: Callable[[Any], Client]
) -> None:
    client, url = client_for(contributor), reverse("documents:replace", args=[keys.pk])

    unchanged = client.post(url, {"file": file("keys.md")}, follow=True)
    changed = client.post(url, {"file": file("keys.md", b"# New\n\nOther words.\n")}, follow=True)

    assert b"same bytes as before" in unchanged.content
    assert b"Version 2 is being read." in changed.content
    assert keys.versions.count() == 2


def test_deleting_gives_a_receipt(keys: Document, owner: User, client_for: Callable[[Any], Client]) -> None:
    response = client_for(owner).post(reverse("documents:delete", args=[keys.pk]), follow=True)

    assert b"is deleted: versions 1" in response.content
    assert not Document.objects.filter(pk=keys.pk).exists()


def test_a_collection_is_deleted_only_by_its_name(
    company: Collection, keys: Document, owner: User, client_for: Callable[[Any], Client]
) -> None:
    client, url = client_for(owner), reverse("documents:collection_delete", args=[company.pk])

    client.post(url, {"name": "Compan"})
    assert Collection.objects.filter(pk=company.pk).exists()

    client.post(url, {"name": "Company"})
    assert not Collection.objects.filter(pk=company.pk).exists()


def test_many_are_deleted_together_but_only_what_is_owned(
    company: Collection, keys: Document, owner: User, contributor: User, client_for: Callable[[Any], Client]
) -> None:
    url = reverse("documents:delete_many", args=[company.pk])

    client_for(contributor).post(url, {"documents": [str(keys.pk)]})
    assert Document.objects.filter(pk=keys.pk).exists()

    client_for(owner).post(url, {"documents": [str(keys.pk), "nonsense"]})
    assert not Document.objects.filter(pk=keys.pk).exists()


def test_sharing_shows_who_can_read_now_and_never_loses_the_last_owner(
    company: Collection, owner: User, stranger: User, client_for: Callable[[Any], Client]
) -> None:
    client, url = client_for(owner), reverse("documents:share", args=[company.pk])

    shared = client.post(url, {"user": stranger.pk, "level": Level.READER}, **HTMX).content.decode()
    refused = client.post(url, {"user": owner.pk, "level": 0}, **HTMX).content.decode()

    assert "4 people can read this now" in shared
    assert "This would leave nobody who can share or delete." in refused
    assert AccessEntry.objects.filter(access_list=company.access_list, user=owner).exists()


def test_a_document_narrowed_to_its_owner_disappears_for_the_others(
    keys: Document, owner: User, reader: User, client_for: Callable[[Any], Client]
) -> None:
    page = reverse("documents:document", args=[keys.pk])
    assert client_for(reader).get(page).status_code == 200

    client_for(owner).post(reverse("documents:document_share", args=[keys.pk]), {"list": "own"}, **HTMX)

    assert client_for(reader).get(page).status_code == 404
    assert client_for(owner).get(page).status_code == 200


def test_versions_newer_than_the_current_one_are_for_contributors(
    keys: Document, reader: User, contributor: User, owner: User, client_for: Callable[[Any], Client]
) -> None:
    uploads.replace(keys, content=b"Not for everybody yet.", by=owner)
    newer = reverse("documents:original", args=[keys.pk, 2])

    assert client_for(reader).get(newer).status_code == 404
    assert client_for(reader).get(reverse("documents:original", args=[keys.pk, 1])).status_code == 200
    assert client_for(contributor).get(newer).content == b"Not for everybody yet."


def test_the_original_may_stand_in_no_frame(keys: Document, reader: User, client_for: Callable[[Any], Client]) -> None:
    response = client_for(reader).get(reverse("documents:original", args=[keys.pk, 1]))

    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_a_page_that_the_document_does_not_have_starts_no_renderer(
    company: Collection, owner: User, client_for: Callable[[Any], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = uploads.accept(company, name="scan.pdf", content=b"%PDF-1.7", by=owner).document
    scan.versions.get().extractions.create(parser="pdf", parser_version="1", text="x", layout={"pages": [[0, 1]]})
    rendered: list[int] = []

    def render_page(path: object, page: int, **options: object) -> bytes:
        rendered.append(page)
        return b"picture"

    monkeypatch.setattr("documents.pages.sandbox.render_page", render_page)
    browser = client_for(owner)

    def status(page: int) -> int:
        return browser.get(reverse("documents:page_image", args=[scan.pk, 1, page])).status_code

    assert [status(page) for page in (1, 0, 2, 10**12)] == [200, 404, 404, 404]
    assert rendered == [1]


def test_a_collection_needs_a_name_that_can_be_seen(owner: User) -> None:
    with pytest.raises(uploads.UploadRefused):
        uploads.create_collection("\u202e\u200b", by=owner)
    assert uploads.create_collection("Hand\u200bbook \u202e", by=owner).name == "Handbook"


def test_an_empty_collection_has_a_row_without_a_date(
    collection: Callable[..., Collection], reader: User, client_for: Callable[[Any], Client]
) -> None:
    collection("Nothing yet", readers=[reader])

    response = client_for(reader).get(reverse("documents:collections"))

    assert response.status_code == 200
    assert b"Nothing yet" in response.content


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("setup.exe", b"MZ\x90\0\x03\0\0\0", b"It is a program; only documents are read."),
        ("photos.7z", b"7z\xbc\xaf\x27\x1c", b"It is an archive."),
        ("talk.mp3", b"ID3", b"It is sound or video, which is not read."),
    ],
)
def test_what_can_never_be_read_is_refused_at_the_door(
    company: Collection,
    contributor: User,
    client_for: Callable[[Any], Client],
    name: str,
    content: bytes,
    sentence: bytes,
) -> None:
    url = reverse("documents:upload", args=[company.pk])

    response = client_for(contributor).post(url, {"files": [file(name, content)], "paths": [name]}, **HTMX)

    assert sentence in response.content
    assert not Document.objects.exists()


def test_a_file_that_is_locked_is_not_tried_again(
    keys: Document, contributor: User, client_for: Callable[[Any], Client]
) -> None:
    IngestionRun.objects.update(state=IngestionRun.State.FAILED, failure="The file is protected by a password.")

    page = client_for(contributor).get(reverse("documents:row", args=[keys.pk])).content

    assert b"The file is protected by a password." in page
    assert b"Retry" not in page


def test_people_are_chosen_by_name_and_evaluation_accounts_are_not_offered(
    company: Collection, owner: User, reader: User, client_for: Callable[[Any], Client]
) -> None:
    User.objects.create_user("evaluation-samples")
    User.objects.filter(pk=reader.pk).update(first_name="Aoife", last_name="Brennan")

    for name, args in (("documents:create", []), ("documents:share", [company.pk])):
        page = client_for(owner).get(reverse(name, args=args)).content.decode()
        assert f"Aoife Brennan ({reader.username})" in page
        assert "evaluation-samples" not in page
