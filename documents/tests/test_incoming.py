"""Files that arrive in parts, and archives that are unpacked: interrupted, resumed, refused, forgotten."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from documents import incoming, unpacking, uploads
from documents.models import Collection, Document, Incoming, IngestionRun
from documents.uploads import UploadRefused
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
State = Incoming.State
TEXT = b"Every employee has 27 days of annual leave in a calendar year.\n" * 50
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def shared(collection: Callable[..., Collection], contributor: User, owner: User) -> Collection:
    return collection("Handbook", contributors=[contributor], owners=[owner])


def stored_parts() -> list[Path]:
    return [path for path in (Path(settings.FILES_DIR) / "incoming").rglob("*") if path.is_file()]


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def metadata(**told: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())


def begin(client: Client, shared: Collection, size: int, **told: str) -> Any:
    headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata(**told)}
    return client.post(reverse("documents:incoming_begin", args=[shared.pk]), headers=headers)


def part(client: Client, address: str, offset: int, data: bytes, **headers: str) -> Any:
    return client.patch(
        address,
        data,
        content_type="application/offset+octet-stream",
        headers=TUS | {"Upload-Offset": str(offset)} | headers,
    )


def unpack(shared: Collection, by: User, content: bytes, **options: Any) -> Incoming:
    begun = incoming.take(shared, name="sent.zip", content=content, by=by, **options)
    unpacking.work(begun.pk)
    return Incoming.objects.get(pk=begun.pk)


def test_a_file_in_parts_goes_on_where_it_stopped_and_becomes_a_document(
    shared: Collection, contributor: User, client_for: Callable[[Any], Client], queued: list[int]
) -> None:
    client = client_for(contributor)
    begun = begin(client, shared, len(TEXT), path="people/leave.txt", sha256=hashlib.sha256(TEXT).hexdigest())
    address = begun.headers["Location"]
    assert begun.status_code == 201
    assert part(client, address, 0, TEXT[:1000]).headers["Upload-Offset"] == "1000"

    # The page was loaded again, or the server started again: what has arrived is asked for.
    head = client_for(contributor).head(address, headers=TUS)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("1000", str(len(TEXT)))
    conflict = part(client, address, 500, TEXT[500:])
    assert (conflict.status_code, conflict.headers["Upload-Offset"]) == (409, "1000")
    assert part(client, address, 1000, TEXT[1000:]).status_code == 204
    assert all(TEXT[:20] not in path.read_bytes() for path in stored_parts())

    unpacking.work(Incoming.objects.get().pk)
    document = Document.objects.get()
    assert (document.path, document.versions.get().size_bytes) == ("people/leave.txt", len(TEXT))
    assert b"leave.txt" in client.get(address).content
    assert stored_parts() == []


def test_a_part_that_arrived_damaged_is_not_kept(
    shared: Collection, contributor: User, client_for: Callable[[Any], Client], queued: list[int]
) -> None:
    client = client_for(contributor)
    address = begin(client, shared, len(TEXT), path="a.txt").headers["Location"]
    digest = base64.b64encode(hashlib.sha256(TEXT).digest()).decode()

    assert part(client, address, 0, TEXT[:-1], **{"Upload-Checksum": f"sha256 {digest}"}).status_code == 460
    assert part(client, address, 0, TEXT, **{"Upload-Checksum": f"crc32 {digest}"}).status_code == 400
    assert client.head(address, headers=TUS).headers["Upload-Offset"] == "0"
    assert part(client, address, 0, TEXT, **{"Upload-Checksum": f"sha256 {digest}"}).status_code == 204
    assert part(client, address, len(TEXT), b"more").status_code == 410


def test_a_whole_that_is_not_what_was_sent_is_refused(shared: Collection, contributor: User, queued: list[int]) -> None:
    begun = incoming.begin(shared, name="a.txt", size_bytes=len(TEXT), by=contributor, sha256="0" * 64)
    incoming.append(begun.pk, offset_bytes=0, data=TEXT, by=contributor)
    unpacking.work(begun.pk)

    begun.refresh_from_db()
    assert begun.state == State.FAILED
    assert "checksum" in begun.failure
    assert not Document.objects.exists()
    assert stored_parts() == []


def test_nobody_else_sees_or_continues_an_upload(
    shared: Collection, contributor: User, owner: User, client_for: Callable[[Any], Client], queued: list[int]
) -> None:
    address = begin(client_for(contributor), shared, 10, path="a.txt").headers["Location"]
    other = client_for(owner)

    assert other.head(address, headers=TUS).status_code == 404
    assert other.get(address).status_code == 404
    assert part(other, address, 0, b"x").status_code == 404
    assert other.post(f"{address}settle/").status_code == 404


@pytest.mark.parametrize(
    ("size", "told", "status"),
    [(0, {"path": "a.txt"}, 422), (10, {}, 422), (10, {"path": "../a.txt"}, 422), (10**9, {"path": "a.txt"}, 422),
     (10**9, {"path": "a.zip"}, 201), (10**14, {"path": "a.zip"}, 422), (10, {"path": "film.mp4"}, 422),
     (10, {"path": "a.txt", "sha256": "zz"}, 400)],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_before_it_is_sent(
    shared: Collection, contributor: User, client_for: Callable[[Any], Client], size: int, told: Any, status: int
) -> None:
    assert begin(client_for(contributor), shared, size, **told).status_code == status


def test_one_person_has_only_so_much_on_its_way(
    shared: Collection, contributor: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "INCOMING_QUOTA_MB", 1)
    incoming.begin(shared, name="a.txt", size_bytes=1024**2, by=contributor)

    with pytest.raises(UploadRefused):
        incoming.begin(shared, name="b.txt", size_bytes=1, by=contributor)
    incoming.begin(shared, name="b.txt", size_bytes=1, by=owner)


def test_what_nobody_goes_on_with_is_forgotten_with_its_parts(shared: Collection, contributor: User) -> None:
    begun = incoming.begin(shared, name="a.txt", size_bytes=10, by=contributor)
    incoming.append(begun.pk, offset_bytes=0, data=b"12345", by=contributor)

    assert incoming.expire(now=timezone.now()) == 0
    assert incoming.expire(now=timezone.now() + incoming.KEPT_OPEN + timedelta(minutes=1)) == 1
    assert stored_parts() == []
    with pytest.raises(incoming.Gone):
        incoming.append(begun.pk, offset_bytes=5, data=b"6789", by=contributor)


def test_an_archive_becomes_documents_with_their_folders_and_says_what_was_refused(
    shared: Collection, contributor: User, queued: list[int]
) -> None:
    content = packed(
        **{
            "people__leave.txt": TEXT, "people__empty.txt": b"", "inner.zip": packed(a=b"a"), "..__out.txt": b"x",
            "tab\there\x1b[2J.txt": b"control characters", "n" * 240 + "\u00fc" * 40 + ".txt": b"a long name",
        }
    )  # fmt: skip
    done = unpack(shared, contributor, content)

    assert done.state == State.DONE
    assert done.counts == {"added": 3, "refused": 3}
    paths = set(Document.objects.values_list("path", flat=True))
    assert {"people/leave.txt", "tabhere[2J.txt"} <= paths
    assert all(len(path.encode()) <= 255 for path in paths)
    assert {one["path"] for one in done.refusals} == {"people/empty.txt", "inner.zip", "../out.txt"}
    assert all(one["reason"] for one in done.refusals)
    assert stored_parts() == []


def test_an_archive_is_unpacked_where_it_lies(shared: Collection, contributor: User, queued: list[int]) -> None:
    content = packed(**{"leave.txt": TEXT})
    taken = incoming.take(shared, name="people/2026/all.zip", content=content, by=contributor)
    unpacking.work(taken.pk)

    assert list(Document.objects.values_list("path", flat=True)) == ["people/2026/leave.txt"]


def test_a_dry_run_stores_nothing_and_can_be_followed_by_the_real_one(
    shared: Collection, contributor: User, client_for: Callable[[Any], Client], queued: list[int]
) -> None:
    uploads.accept(shared, name="a.txt", content=TEXT, by=contributor)
    uploads.accept(shared, name="b.txt", content=TEXT, by=contributor)
    planned = unpack(
        shared, contributor, packed(**{"a.txt": TEXT, "b.txt": b"other", "c.txt": b"new"}), is_dry_run=True
    )

    assert (planned.state, planned.counts) == (State.PLANNED, {"unchanged": 1, "changed": 1, "added": 1})
    assert Document.objects.count() == 2
    client_for(contributor).post(reverse("documents:incoming_settle", args=[planned.pk]), {"wish": "go"})
    unpacking.work(planned.pk)
    planned.refresh_from_db()
    assert (planned.state, planned.counts) == (State.DONE, {"unchanged": 1, "changed": 1, "added": 1})
    assert Document.objects.count() == 3


def test_unpacking_goes_on_after_its_worker_died(
    shared: Collection, contributor: User, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    accept, calls = uploads.accept, [0]

    def dies(*args: Any, **fields: Any) -> Any:
        calls[0] += 1
        if calls[0] == 3:
            raise Killed
        return accept(*args, **fields)

    begun = incoming.take(
        shared, name="sent.zip", content=packed(**{f"{n}.txt": b"%d" % n for n in range(5)}), by=contributor
    )
    monkeypatch.setattr(uploads, "accept", dies)
    with pytest.raises(Killed):
        unpacking.work(begun.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.files) == (State.RUNNING, 2)
    assert unpacking.sweep() == []

    Incoming.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert unpacking.sweep() == [str(begun.pk)]
    unpacking.work(begun.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.files, begun.counts) == (State.DONE, 5, {"added": 5})
    assert calls[0] == 6


def test_an_archive_that_kills_its_worker_is_given_up(shared: Collection, contributor: User, queued: list[int]) -> None:
    begun = incoming.take(shared, name="sent.zip", content=packed(a=b"a"), by=contributor)
    past = timezone.now() - timedelta(seconds=1)
    Incoming.objects.update(state=State.RUNNING, attempts=3, lease_until=past, worker="dead")

    assert unpacking.sweep() == []
    begun.refresh_from_db()
    assert (begun.state, begun.failure) == (State.FAILED, unpacking.GAVE_UP[0])
    assert stored_parts() == []


def test_a_damaged_archive_fails_with_a_reason(shared: Collection, contributor: User, queued: list[int]) -> None:
    failed = unpack(shared, contributor, b"PK\x03\x04 this is no archive")

    assert failed.state == State.FAILED
    assert failed.failure
    assert failed.hint


def test_an_archive_in_the_form_is_unpacked_beside_the_files(
    shared: Collection, contributor: User, client_for: Callable[[Any], Client], queued: list[int]
) -> None:
    client = client_for(contributor)
    files = [io.BytesIO(packed(a=b"a")), io.BytesIO(TEXT)]
    files[0].name, files[1].name = "sent.zip", "b.txt"  # type: ignore[attr-defined]
    page = client.post(
        reverse("documents:upload", args=[shared.pk]), {"files": files, "paths": ["sent.zip", "b.txt"]},
        headers={"X-Fragment": "1"},
    ).content.decode()  # fmt: skip

    assert "Waiting to be unpacked" in page
    assert Document.objects.get().path == "b.txt"
    assert "sent.zip" in client.get(reverse("documents:collection", args=[shared.pk])).content.decode()


def test_the_page_asks_what_would_change(
    shared: Collection, contributor: User, client_for: Callable[[Any], Client], queued: list[int]
) -> None:
    uploads.accept(shared, name="a.txt", content=TEXT, by=contributor)
    IngestionRun.objects.update(state=IngestionRun.State.FAILED)
    address = reverse("documents:plan", args=[shared.pk])
    digest = hashlib.sha256(TEXT).hexdigest()
    answer = client_for(contributor).post(address, {"offered": f'[["a.txt", "{digest}", 9], ["b.txt", "{digest}", 9]]'})

    assert [(one["change"], one["same_as"]) for one in answer.json()["files"]] == [("retried", ""), ("added", "a.txt")]
    for wrong in ("", "[1]", '[["a", "b", 1]]', "{}"):
        assert client_for(contributor).post(address, {"offered": wrong}).status_code == 422
