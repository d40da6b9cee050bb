"""Folders of the server as sources."""

import os

import pytest

from documents.models import Document, SyncRun
from documents.sources import actions, folder
from documents.sources.actions import SourceRefused, Wanted
from documents.sources.folder import FileGone, FolderRefused
from documents.tests.sources.conftest import checked, outcomes


@pytest.fixture
def share(tmp_path, settings):
    allowed = tmp_path / "share"
    (allowed / "policies").mkdir(parents=True)
    settings.SYNC_FOLDERS = [str(allowed)]
    (tmp_path / "secret.txt").write_text("Nobody outside may read this.")
    for name in ("travel.txt", "leave.txt", "policies/phones.md"):
        (allowed / name).write_text(f"What there is to know about {name}.")
    return allowed


@pytest.fixture
def source(share, collection, owner):
    handbook = collection("Handbook", owners=[owner])
    return lambda path=share: actions.save(handbook, Wanted(kind="folder", addresses=str(path)), by=owner)


@pytest.mark.django_db
def test_files_become_documents_and_unchanged_ones_are_not_even_read(source, share):
    files = source()

    assert checked(files).counts == {"added": 3}
    assert set(Document.objects.values_list("path", "source_url")) == {
        ("share/travel.txt", ""), ("share/leave.txt", ""), ("share/policies/phones.md", ""),
    }  # fmt: skip
    os.chmod(share / "travel.txt", 0)
    assert checked(files).counts == {"unchanged": 3}


@pytest.mark.django_db
def test_changed_and_removed_files_are_followed_with_the_same_care(source, share):
    files = source()
    checked(files)
    (share / "travel.txt").write_text("Trains come first.")
    (share / "leave.txt").unlink()

    assert checked(files).counts == {"changed": 1, "missing": 1, "unchanged": 1}
    assert checked(files).counts == {"removed": 1, "unchanged": 2}


@pytest.mark.django_db
def test_a_folder_that_is_empty_or_away_loses_no_document(source, share):
    files = source()
    checked(files)
    away = share.rename(share.with_name("away"))

    run = checked(files)
    assert (run.state, Document.objects.count()) == (SyncRun.State.FAILED, 3)
    share.mkdir()
    run = checked(files)
    assert (run.state, Document.objects.count()) == (SyncRun.State.FAILED, 3)
    assert "nothing was changed" in run.failure
    share.rmdir()
    away.rename(share)
    assert checked(files).counts == {"unchanged": 3}


@pytest.mark.django_db
def test_links_and_hidden_files_are_left_out(source, share, tmp_path):
    (share / "link.txt").symlink_to(tmp_path / "secret.txt")
    (share / "way-out").symlink_to(tmp_path)
    (share / ".hidden.txt").write_text("hidden")
    os.mkfifo(share / "pipe.txt")

    assert set(outcomes(checked(source()))) == {"travel.txt", "leave.txt", "policies/phones.md"}


def test_a_link_that_was_put_in_the_way_is_not_followed(share, tmp_path):
    (share / "link.txt").symlink_to(tmp_path / "secret.txt")
    (share / "way-out").symlink_to(tmp_path)

    for path in ("link.txt", "way-out/secret.txt", "../secret.txt", "missing.txt", "policies"):
        with pytest.raises(FileGone):
            folder.read(share, path, most=100)


def test_only_folders_that_are_named_in_the_settings_are_read(share, tmp_path, settings):
    (share / "way-out").symlink_to(tmp_path)

    for path in (
        str(tmp_path),
        f"{share}/../",
        f"{share}/way-out",
        "/etc",
        "share",
        f"{share}-other",
        str(share / "no"),
    ):
        with pytest.raises(FolderRefused):
            folder.checked(path)
    assert folder.checked(f"{share}/policies") == share / "policies"
    settings.SYNC_FOLDERS = []
    with pytest.raises(FolderRefused):
        folder.checked(str(share))


@pytest.mark.django_db
def test_folders_of_the_server_are_for_corpus_admins(share, collection, person):
    owner = person("plain")
    handbook = collection("Handbook", owners=[owner])

    with pytest.raises(SourceRefused):
        actions.save(handbook, Wanted(kind="folder", addresses=str(share)), by=owner)
