"""import_corpus and search, as they are called."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command

from documents import uploads
from documents.models import AccessEntry, Collection, Document, Level
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    (root / "people").mkdir(parents=True)
    (root / "people" / "leave.txt").write_text("Every employee has 27 days of annual leave in a calendar year.")
    (root / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (root / "empty.txt").write_bytes(b"")
    (root / ".hidden").write_text("hidden")
    return root


def test_every_file_ends_in_a_state_with_a_reason(folder: Path, owner: User, queued: list[int]) -> None:
    lines = run("import_corpus", folder, collection="Handbook", user=owner.username, inline=True).splitlines()
    ended = {line.split("\t")[0]: line.split("\t")[1:] for line in lines}

    assert ended["people/leave.txt"] == ["ready"]
    assert ended["broken.pdf"][0] == "failed"
    assert ended["broken.pdf"][1]
    assert ended["empty.txt"][0] == "refused"
    assert ".hidden" not in ended
    created = Collection.objects.get(name="Handbook")
    assert AccessEntry.objects.get(access_list=created.access_list).level == Level.OWNER


def test_every_file_has_one_line(folder: Path, owner: User, queued: list[int]) -> None:
    followed = run("import_corpus", folder, collection="Handbook", user=owner.username, inline=True).splitlines()
    sent = run("import_corpus", folder, collection="Other", user=owner.username).splitlines()

    for lines in (followed, sent):
        assert sorted(line.split("\t")[0] for line in lines) == ["broken.pdf", "empty.txt", "people/leave.txt"]
    assert {line.split("\t")[1] for line in sent} == {"queued", "refused"}


def test_names_in_archives_cannot_write_to_the_terminal(tmp_path: Path, owner: User, queued: list[int]) -> None:
    with ZipFile(tmp_path / "sent.zip", "w") as archive:
        archive.writestr("a\x1b[2J\nready.txt", b"")

    printed = run("import_corpus", tmp_path / "sent.zip", collection="Handbook", user=owner.username)

    assert "\x1b" not in printed
    assert len(printed.splitlines()) == 1


def test_importing_again_is_no_work(folder: Path, owner: User, queued: list[int]) -> None:
    run("import_corpus", folder, collection="Handbook", user=owner.username, inline=True)
    queued.clear()
    again = run("import_corpus", folder / "people", collection="Handbook", user=owner.username, inline=True)

    assert "leave.txt\tready\tsame bytes as people/leave.txt" in again
    unchanged = run("import_corpus", folder, collection="Handbook", user=owner.username)
    assert "people/leave.txt\tunchanged" in unchanged


def test_who_may_not_add_is_refused_and_a_missing_person_is_an_error(
    folder: Path, collection: Callable[..., Collection], stranger: User, queued: list[int]
) -> None:
    collection("Handbook")
    assert "refused" in run("import_corpus", folder, collection="Handbook", user=stranger.username)
    assert not Document.objects.exists()
    with pytest.raises(CommandError):
        run("import_corpus", folder, collection="Handbook", user="nobody")
    with pytest.raises(CommandError):
        run("import_corpus", folder / "missing", collection="Handbook", user=stranger.username)


def test_waiting_without_a_worker_ends_with_what_to_do(
    folder: Path, owner: User, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("documents.management.commands.import_corpus.PATIENCE_S", 0.0)

    with pytest.raises(CommandError, match="worker"):
        run("import_corpus", folder / "people", collection="Handbook", user=owner.username, wait=True)
    assert Document.objects.get().versions.get().run.state == "queued"


def test_search_prints_what_retrieval_finds(folder: Path, owner: User, stranger: User, queued: list[int]) -> None:
    run("import_corpus", folder, collection="Handbook", user=owner.username, inline=True)
    found = json.loads(run("search", "days of leave", collection="Handbook", user=owner.username, json=True))

    assert found["results"][0].keys() == {"document", "version", "page", "text", "score", "ranks"}
    assert found["results"][0]["document"] == "people/leave.txt"
    assert "people/leave.txt" in run("search", "days of leave", user=owner.username)
    assert json.loads(run("search", "leave", user=stranger.username, json=True))["results"] == []


def test_a_file_of_questions_gives_one_line_each_as_who_asks(
    folder: Path, tmp_path: Path, owner: User, stranger: User, queued: list[int]
) -> None:
    run("import_corpus", folder, collection="Handbook", user=owner.username, inline=True)
    questions = tmp_path / "questions.jsonl"
    rows = [{"id": "1", "question": "annual leave"}, {"id": "2", "question": "annual leave", "as": stranger.username}]
    questions.write_text("\n".join(map(json.dumps, rows)))
    lines = [json.loads(line) for line in run("search", questions=questions, user=owner.username).splitlines()]

    assert [(line["id"], len(line["results"])) for line in lines] == [("1", 1), ("2", 0)]
    assert all(line["ms"] > 0 for line in lines)


def test_a_dry_run_says_what_would_change_and_changes_nothing(folder: Path, owner: User, queued: list[int]) -> None:
    of_nothing = run("import_corpus", folder, collection="Handbook", user=owner.username, dry_run=True)
    assert "people/leave.txt\tadded" in of_nothing
    assert not Collection.objects.filter(name="Handbook").exists()
    run("import_corpus", folder, collection="Handbook", user=owner.username)
    (folder / "people" / "leave.txt").write_text("Every employee has 28 days of annual leave.")
    (folder / "new.txt").write_text("Every employee has 28 days of annual leave.")
    before = Document.objects.count()

    said = run("import_corpus", folder, collection="Handbook", user=owner.username, dry_run=True, stderr=StringIO())

    lines = dict(line.split("\t", 1) for line in said.splitlines())
    assert lines["people/leave.txt"].startswith("changed")
    assert lines["new.txt"] == "added"
    assert lines["broken.pdf"] == "unchanged"
    assert lines["empty.txt"].startswith("refused")
    assert Document.objects.count() == before


def test_what_is_gone_from_the_folder_is_withdrawn_after_a_question(
    folder: Path, owner: User, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import_corpus", folder, collection="Handbook", user=owner.username)
    (folder / "broken.pdf").unlink()
    monkeypatch.setattr("builtins.input", lambda question: "no")

    with pytest.raises(CommandError, match="Nothing was withdrawn"):
        run("import_corpus", folder, collection="Handbook", user=owner.username, prune=True)
    assert Document.objects.filter(path="broken.pdf").exists()
    said = run("import_corpus", folder, collection="Handbook", user=owner.username, prune=True, yes=True)
    assert "broken.pdf\twithdrawn\t1 version, 0 passages" in said
    assert list(Document.objects.values_list("path", flat=True)) == ["people/leave.txt"]


def test_an_empty_folder_withdraws_nothing(folder: Path, tmp_path: Path, owner: User, queued: list[int]) -> None:
    run("import_corpus", folder, collection="Handbook", user=owner.username)
    (tmp_path / "nothing").mkdir()

    with pytest.raises(CommandError, match="nothing is withdrawn"):
        run("import_corpus", tmp_path / "nothing", collection="Handbook", user=owner.username, prune=True, yes=True)
    assert Document.objects.count() == 2


def test_an_import_that_was_stopped_goes_on(
    folder: Path, owner: User, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, calls = uploads.accept, [0]

    def interrupted(*arguments: Any, **fields: Any) -> Any:
        calls[0] += 1
        if calls[0] == 2:
            raise KeyboardInterrupt
        return accept(*arguments, **fields)

    monkeypatch.setattr(uploads, "accept", interrupted)
    with pytest.raises(CommandError, match="goes on with the rest") as stopped:
        run("import_corpus", folder, collection="Handbook", user=owner.username)
    assert stopped.value.returncode == 130
    said = run("import_corpus", folder, collection="Handbook", user=owner.username)

    assert "broken.pdf\tunchanged" in said
    assert "people/leave.txt\tqueued" in said
    assert len(queued) == 2
