"""The vault keeps bytes secret, whole and in their place."""

import stat

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ragapp.privacy import vault


@pytest.fixture(autouse=True)
def _folder(tmp_path, settings):
    settings.FILES_DIR = tmp_path / "files"
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


@given(data=st.binary(max_size=2000))
@hypothesis_settings(max_examples=50)
def test_what_goes_in_comes_out(data):
    assert vault.decrypt(vault.encrypt(data)) == data


def test_a_saved_file_shows_nothing_of_its_content_and_is_private(settings):
    vault.save("originals/ab/one", b"the merger price is 12 million")

    path = settings.FILES_DIR / "originals/ab/one"
    assert b"merger" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert vault.load("originals/ab/one") == b"the merger price is 12 million"


def test_saving_leaves_no_temporary_file(settings):
    vault.save("a/one", b"1")
    vault.save("a/one", b"2")

    assert [path.name for path in (settings.FILES_DIR / "a").iterdir()] == ["one"]
    assert vault.load("a/one") == b"2"


@pytest.mark.parametrize("position", [0, 5, 30, 150, -1])
def test_a_changed_byte_is_noticed(settings, position):
    vault.save("one", b"x" * 100)
    path = settings.FILES_DIR / "one"
    blob = bytearray(path.read_bytes())
    blob[position] ^= 1
    path.write_bytes(bytes(blob))

    with pytest.raises(vault.Unreadable):
        vault.load("one")


def test_a_file_moved_to_another_key_is_not_opened(settings):
    vault.save("employee", b"public")
    vault.save("hr", b"secret")
    (settings.FILES_DIR / "hr").replace(settings.FILES_DIR / "employee")

    with pytest.raises(vault.Unreadable):
        vault.load("employee")


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/.hidden", "a/", "a\x00b", "ä"])
def test_a_key_cannot_leave_the_folder(key):
    with pytest.raises(ValueError):
        vault.save(key, b"x")


def test_after_rotation_the_old_key_is_no_longer_needed(settings):
    vault.save("one", b"kept")
    old = settings.ENCRYPTION_KEYS
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *old]

    saved = list(vault.stored())
    for key in saved:
        vault.rewrap(key)
    settings.ENCRYPTION_KEYS = [new]

    assert vault.load("one") == b"kept"


def test_without_its_key_a_file_is_unreadable_and_said_to_be(settings):
    vault.save("one", b"kept")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(vault.Unreadable, match="no longer configured"):
        vault.load("one")


def test_without_any_key_nothing_is_written(settings):
    settings.ENCRYPTION_KEYS = []

    with pytest.raises(vault.NoKey, match="RAGAPP_ENCRYPTION_KEYS"):
        vault.save("one", b"x")
    assert list(vault.stored()) == []


def test_deleting_removes_the_file_and_the_folders_it_leaves_empty(settings):
    vault.save("a/b/one", b"1")
    vault.save("a/two", b"2")

    vault.delete("a/b/one")
    vault.delete("a/b/one")

    assert list(vault.stored()) == ["a/two"]
    assert not (settings.FILES_DIR / "a/b").exists()
    with pytest.raises(FileNotFoundError):
        vault.load("a/b/one")
