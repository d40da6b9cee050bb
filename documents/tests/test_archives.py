"""Files out of folders and archives, with bounds."""

from __future__ import annotations

import io
import tarfile
import zipfile
from contextlib import suppress
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
    assert found.keys() == {"a/b.txt", "../out.txt", "/etc/out.txt", "link.txt"}
    assert all(reason for name, reason in found.items() if name != "a/b.txt")


def test_a_tar_gives_its_files_and_refuses_links_and_what_leads_out(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar.gz", ("a/b.txt", b"b"), ("../out.txt", b"x"), links=(("link.txt", "/etc/passwd"),))
    found = names(path)

    assert found["a/b.txt"] == ""
    assert found["../out.txt"]
    assert found["link.txt"] == "It is a link."


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


@pytest.mark.parametrize(("suffix", "mode"), [(".tar", "w"), (".tgz", "w:gz"), (".tar.bz2", "w:bz2"), (".txz", "w:xz")])
def test_every_kind_of_tar_is_read_forwards(tmp_path: Path, suffix: str, mode: str) -> None:
    path = tmp_path / f"a{suffix}"
    with tarfile.open(path, mode) as archive:
        for number in range(3):
            info = tarfile.TarInfo(f"a/{number}.txt")
            info.size = 200_000
            archive.addfile(info, io.BytesIO(bytes([65 + number]) * 200_000))

    found = list(files_of(path, most_bytes=MB))
    assert [(one.path, one.content[:1], len(one.content)) for one in found] == [
        ("a/0.txt", b"A", 200_000), ("a/1.txt", b"B", 200_000), ("a/2.txt", b"C", 200_000),
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_tar_that_unpacks_to_far_too_much_is_stopped(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "RATIO_ALL_FROM_BYTES", MB)
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, mode) as archive:
        info = tarfile.TarInfo("bomb.txt")
        info.size = 30 * MB
        archive.addfile(info, io.BytesIO(b"\0" * info.size))

    with pytest.raises(UnreadableArchive):
        names(path)


def test_a_header_as_long_as_a_file_is_not_read_into_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 8 * 1024**3
    (tmp_path / "a.tar").write_bytes(info.tobuf(format=tarfile.GNU_FORMAT) + b"\0" * 10_240)

    with pytest.raises(UnreadableArchive):
        names(tmp_path / "a.tar")


def test_a_zip_whose_list_would_fill_the_memory_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ZIP_LIST_MAX_BYTES", 100)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(10):
            archive.writestr(f"{number}.txt", "x")

    with pytest.raises(UnreadableArchive):
        names(tmp_path / "a.zip")


def test_an_encrypted_member_says_so_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("open.txt", "open")
        archive.writestr("secret.txt", "secret")
    data = bytearray(path.read_bytes())
    # The flag of the second entry of the list, as a program with a password sets it.
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)

    found = names(path)
    assert found["open.txt"] == ""
    assert "encrypted" in found["secret.txt"]


def test_names_keep_their_letters_however_they_were_written(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("r\u00e9sum\u00e9.txt", "x")
    data = (tmp_path / "a.zip").read_bytes().replace(b"\x00\x08", b"\x00\x00")
    (tmp_path / "a.zip").write_bytes(data)
    with tarfile.open(tmp_path / "a.tar", "w", encoding="latin-1", format=tarfile.GNU_FORMAT) as tape:
        tape.addfile(tarfile.TarInfo("r\u00e9sum\u00e9.txt"))

    assert list(names(tmp_path / "a.zip")) == ["r\u00e9sum\u00e9.txt"]
    assert list(names(tmp_path / "a.tar")) == ["r\u00e9sum\u00e9.txt"]


def test_a_zip_that_says_it_holds_too_much_is_refused_before_any_file_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "FILES_MAX", 3)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(4):
            archive.writestr(f"{number}.txt", "")

    with pytest.raises(UnreadableArchive, match="Split it"):
        next(files_of(tmp_path / "a.zip", most_bytes=MB))


def test_folders_of_a_tar_count_as_entries_though_they_are_not_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "ENTRIES_MAX", 3)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for number in range(9):
            info = tarfile.TarInfo(f"{number}")
            info.type = tarfile.DIRTYPE
            archive.addfile(info)

    with pytest.raises(UnreadableArchive, match="Split it"):
        list(files_of(tmp_path / "a.tar.gz", most_bytes=MB))


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_an_archive_damaged_anywhere_ends_with_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("ä.txt", "a" * 300)
    else:
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            info = tarfile.TarInfo("ä" * 120)
            info.size = 300
            archive.addfile(info, io.BytesIO(b"a" * 300))
    whole = path.read_bytes()
    for at in range(0, min(len(whole), 2600), 7):
        for byte in (0x00, 0xFF, 0x39):
            broken = io.BytesIO(whole[:at] + bytes([byte]) + whole[at + 1 :])
            with suppress(UnreadableArchive):
                list(archives.members_of(broken, name, packed_bytes=len(whole), most_bytes=MB))
