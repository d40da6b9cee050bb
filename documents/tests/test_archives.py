"""Files out of folders and archives, with bounds."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from documents import archives
from documents.archives import UnreadableArchive, files_of

MB = 1024**2


def names(source: Path, most_bytes: int = MB) -> dict[str, str]:
    """Path to the reason why it was refused, "" when it was read."""
    return {found.path: found.refused for found in files_of(source, most_bytes=most_bytes)}


def tar(path: Path, *members: tuple[str, bytes], links: tuple[tuple[str, str], ...] = ()) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return path


def test_a_folder_gives_its_files_without_hidden_ones_and_links(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    (root / "a" / ".git").mkdir(parents=True)
    (root / "a" / "b.txt").write_text("b")
    (root / "a" / ".git" / "config").write_text("hidden")
    (root / ".DS_Store").write_text("hidden")
    (root / "link.txt").symlink_to("/etc/passwd")

    assert names(root) == {"a/b.txt": ""}


def test_a_single_file_goes_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")

    assert [found.content for found in files_of(tmp_path / "a.txt", most_bytes=MB)] == [b"a"]


def test_a_zip_gives_its_files_and_refuses_names_that_lead_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("a/b.txt", "../out.txt", "/etc/out.txt", "__MACOSX/a", ".hidden"):
            archive.writestr(name, name)
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    found = names(tmp_path / "a.zip")
    assert found["a/b.txt"] == ""
    assert found.keys() <= {"a/b.txt", "../out.txt", "/etc/out.txt"}
    assert all(reason for name, reason in found.items() if name != "a/b.txt")


def test_a_tar_gives_its_files_and_neither_links_nor_what_leads_out(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar.gz", ("a/b.txt", b"b"), ("../out.txt", b"x"), links=(("link.txt", "/etc/passwd"),))
    found = names(path)

    assert found["a/b.txt"] == ""
    assert found["../out.txt"]
    assert "link.txt" not in found


def test_what_is_too_large_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar.gz", ("large.txt", b"x" * 2 * MB), ("small.txt", b"x"))

    assert {name: bool(reason) for name, reason in names(path).items()} == {"large.txt": True, "small.txt": False}


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", b"\0" * (60 * MB))
        archive.writestr("note.txt", b"a note")

    found = {found.path: found for found in files_of(tmp_path / "a.zip", most_bytes=100 * MB)}
    assert found["bomb.txt"].refused
    assert not found["bomb.txt"].content
    assert found["note.txt"].content == b"a note"


def test_an_archive_of_too_many_files_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FILES_MAX", 2)
    path = tar(tmp_path / "a.tgz", *[(f"{n}.txt", b"x") for n in range(5)])

    with pytest.raises(UnreadableArchive):
        names(path)


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar"])
def test_a_damaged_archive_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 this is not an archive")

    with pytest.raises(UnreadableArchive):
        names(tmp_path / name)
