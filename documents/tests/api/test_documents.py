"""Collections and documents through the API: who may what, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from documents import access, storage
from documents.ingestion import pipeline
from documents.models import Collection, Document, IngestionRun
from ragapp.accounts.models import Scope, User

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = b"Every employee has 27 days of annual leave in a calendar year."
Program = Callable[..., Client]


def send(client: Client, collection: Collection, path: str, content: bytes = TEXT) -> Any:
    file = SimpleUploadedFile(path.rpartition("/")[2], content)
    return client.post(f"/api/collections/{collection.pk}/documents", {"file": file, "path": path})


def is_problem(response: Any, status: int) -> bool:
    body = response.json()
    return bool(
        response.status_code == body["status"] == status
        and response.headers["Content-Type"] == "application/problem+json"
        and body["detail"]
    )


def test_a_document_is_put_in_followed_replaced_and_withdrawn(
    shared: Collection, program: Program, owner: User, queued: list[int]
) -> None:
    client = program(owner)
    made = send(client, shared, "people/leave.txt")
    key = made.json()["document"]["id"]
    assert (made.status_code, made.json()["change"]) == (201, "added")
    assert made.json()["document"]["newest"]["state"] == "queued"

    pipeline.advance(queued[-1])
    found = client.get(f"/api/documents/{key}").json()
    assert (found["version"], found["newest"]["state"], found["path"]) == (1, "ready", "people/leave.txt")

    file = SimpleUploadedFile("leave.txt", TEXT + b" Really.")
    replaced = client.post(f"/api/documents/{key}/versions", {"file": file})
    assert (replaced.status_code, replaced.json()["change"]) == (201, "changed")
    assert [one["number"] for one in client.get(f"/api/documents/{key}/versions").json()] == [2, 1]

    receipt = client.delete(f"/api/documents/{key}").json()
    assert (receipt["documents"], receipt["versions"], receipt["passages"]) == (1, 2, 1)
    assert is_problem(client.get(f"/api/documents/{key}"), 404)


def test_the_same_bytes_again_are_unchanged_and_a_failed_file_is_tried_again(
    shared: Collection, program: Program, contributor: User, queued: list[int]
) -> None:
    client = program(contributor)
    send(client, shared, "a.txt")
    again = send(client, shared, "a.txt")
    assert (again.status_code, again.json()["change"], len(queued)) == (200, "unchanged", 1)

    assert send(client, shared, "b.txt").json()["same_as"] == "a.txt"

    IngestionRun.objects.update(state=IngestionRun.State.FAILED, failure="No.", attempts=3)
    retried = send(client, shared, "a.txt")
    assert (retried.status_code, retried.json()["change"]) == (200, "retried")
    assert retried.json()["document"]["newest"]["state"] == "queued"
    assert queued[-1] == queued[0]


def test_a_refusal_says_why_and_what_to_do(
    shared: Collection, program: Program, contributor: User, queued: list[int]
) -> None:
    refused = send(program(contributor), shared, "a.txt", b"")

    assert is_problem(refused, 422)
    assert refused.json()["detail"] == "The file is empty."
    assert refused.json()["hint"]


def test_missing_and_forbidden_look_alike(
    shared: Collection, program: Program, contributor: User, reader: User, stranger: User, queued: list[int]
) -> None:
    key = send(program(contributor), shared, "a.txt").json()["document"]["id"]
    outsider, insider = program(stranger), program(reader)

    for path in (f"/api/documents/{key}", f"/api/documents/{key}/versions", f"/api/collections/{shared.pk}/documents"):
        missing = path.replace(key, str(uuid4())).replace(f"/{shared.pk}/", "/999999/")
        assert outsider.get(path).content == outsider.get(missing).content
        assert is_problem(outsider.get(path), 404)
    assert outsider.get("/api/collections").json() == []
    for who in (outsider, insider):
        assert is_problem(send(who, shared, "b.txt"), 404)
        assert is_problem(who.delete(f"/api/documents/{key}"), 404)
        assert is_problem(who.post(f"/api/documents/{key}/retry"), 404)
    assert is_problem(program(contributor).delete(f"/api/documents/{key}"), 404)
    assert Document.objects.count() == 1


def test_a_token_does_what_its_scopes_and_its_owner_allow_at_that_moment(
    shared: Collection, program: Program, client: Client, contributor: User, owner: User, queued: list[int]
) -> None:
    reading = program(contributor, scopes=[Scope.READ])
    writing = program(contributor, scopes=[Scope.WRITE])

    assert is_problem(client.get("/api/collections"), 401)
    assert client.get("/api/collections").headers["WWW-Authenticate"].startswith("Bearer")
    assert is_problem(client.get("/api/collections", headers={"Authorization": "Bearer rag_no"}), 401)
    assert is_problem(send(reading, shared, "a.txt"), 403)
    assert is_problem(writing.get("/api/collections"), 403)
    assert [one["level"] for one in reading.get("/api/collections").json()] == [2]
    access.unshare(shared.access_list, user=contributor, by=owner)
    assert reading.get("/api/collections").json() == []
    assert is_problem(send(writing, shared, "a.txt"), 404)


def test_a_session_opens_nothing(shared: Collection, owner: User, client_for: Callable[[Any], Client]) -> None:
    assert is_problem(client_for(owner).get("/api/collections"), 401)


def test_readers_hear_nothing_of_what_is_not_ready(
    shared: Collection, program: Program, contributor: User, reader: User, queued: list[int]
) -> None:
    writer, insider = program(contributor), program(reader)
    key = send(writer, shared, "a.txt").json()["document"]["id"]
    listing = f"/api/collections/{shared.pk}/documents"
    assert insider.get(listing).json()["items"] == []
    assert len(writer.get(listing).json()["items"]) == 1

    pipeline.advance(queued[-1])
    send(writer, shared, "a.txt", TEXT + b" Really.")
    assert insider.get(f"/api/documents/{key}").json()["newest"]["number"] == 1
    assert len(insider.get(f"/api/documents/{key}/versions").json()) == 1
    assert writer.get(f"/api/documents/{key}").json()["newest"]["number"] == 2


def test_a_list_comes_in_pages_and_by_folder(
    shared: Collection, program: Program, contributor: User, queued: list[int]
) -> None:
    client = program(contributor)
    for name in ("a/1.txt", "a/2.txt", "b.txt"):
        send(client, shared, name)
    listing = f"/api/collections/{shared.pk}/documents"
    first = client.get(listing, {"limit": 2}).json()

    assert [one["path"] for one in first["items"]] == ["a/1.txt", "a/2.txt"]
    rest = client.get(listing, {"limit": 2, "after": first["next"]}).json()
    assert ([one["path"] for one in rest["items"]], rest["next"]) == (["b.txt"], None)
    assert len(client.get(listing, {"folder": "a"}).json()["items"]) == 2
    assert len(client.get(listing, {"path": "b.txt"}).json()["items"]) == 1


def test_a_comparison_tells_nothing_of_a_document_that_one_may_not_read(
    shared: Collection, program: Program, contributor: User, owner: User, queued: list[int]
) -> None:
    send(program(owner), shared, "minutes.txt")
    narrowed = Document.objects.get()
    access.restrict(narrowed, by=owner)
    client = program(contributor)
    files = [
        {"path": path, "sha256": sha256, "size_bytes": 10}
        for path in ("minutes.txt", "other.txt") for sha256 in (storage.digest(TEXT), "0" * 64)
    ]  # fmt: skip

    compared = client.post(
        f"/api/collections/{shared.pk}/compare", {"files": files}, content_type="application/json"
    ).json()["files"]
    answered = [send(client, shared, path, b"other words of " + path.encode()) for path in ("minutes.txt", "other.txt")]

    assert [(one["change"], one["reason"]) for one in compared] == [("added", "")] * 4
    assert [one.status_code for one in answered] == [201, 201]
    assert sorted(answered[0].json()) == sorted(answered[1].json())
    assert [one.json()["change"] for one in answered] == ["added", "added"]
    assert narrowed.versions.count() == 1


def test_a_comparison_says_what_would_change_and_stores_nothing(
    shared: Collection, program: Program, contributor: User, queued: list[int]
) -> None:
    client = program(contributor)
    send(client, shared, "a.txt")
    send(client, shared, "b.txt", b"other words, which change")
    digest = storage.digest(TEXT)
    files = [
        {"path": path, "sha256": sha256, "size_bytes": size}
        for path, sha256, size in (
            ("a.txt", digest, 10), ("b.txt", "0" * 64, 10), ("c.txt", digest, 10), ("../d.txt", "1" * 64, 10),
            ("e.txt", "2" * 64, 0), ("film.mp4", "3" * 64, 9), ("f.txt", "4" * 64, 9), ("g.txt", "4" * 64, 9),
        )
    ]  # fmt: skip
    compared = client.post(
        f"/api/collections/{shared.pk}/compare", {"files": files}, content_type="application/json"
    ).json()["files"]

    assert [(one["change"], one["same_as"]) for one in compared] == [
        ("unchanged", ""), ("changed", ""), ("added", "a.txt"), ("refused", ""),
        ("refused", ""), ("refused", ""), ("added", ""), ("added", "f.txt"),
    ]  # fmt: skip
    assert all(one["reason"] for one in compared if one["change"] == "refused")
    assert Document.objects.count() == 2


def test_tags_and_dates_are_set_and_what_is_left_out_stays(
    shared: Collection, program: Program, contributor: User, reader: User, queued: list[int]
) -> None:
    client = program(contributor)
    address = f"/api/documents/{send(client, shared, 'a.txt').json()['document']['id']}"

    def describe(who: Client, **wanted: Any) -> Any:
        return who.patch(address, wanted, content_type="application/json")

    described = describe(client, tags=["Travel", "2026"], valid_from="2026-01-01", valid_to="2026-12-31").json()
    assert described["tags"] == ["2026", "travel"]
    assert (described["newest"]["valid_from"], described["newest"]["valid_to"]) == ("2026-01-01", "2026-12-31")
    opened = describe(client, valid_to=None, tags=["travel"]).json()
    assert (opened["tags"], opened["newest"]["valid_from"], opened["newest"]["valid_to"]) == (
        ["travel"], "2026-01-01", None,
    )  # fmt: skip
    assert is_problem(describe(client, valid_to="2025-01-01"), 422)
    assert is_problem(describe(program(reader), tags=[]), 404)


def test_a_search_is_narrowed_by_folder_tag_language_and_day(
    shared: Collection, program: Program, owner: User, add: Callable[..., Document]
) -> None:
    rules = add(shared, "hr/rules.txt", TEXT, by=owner)
    add(shared, "hr/urlaub.txt", "Alle Beschäftigten haben 30 Tage Urlaub im Kalenderjahr.", by=owner)
    Document.objects.filter(pk=rules.pk).update(tags=["leave"])
    rules.versions.update(valid_from="2026-03-01")

    def paths(**narrowed: object) -> set[str]:
        asked = {"query": "days of leave, Tage Urlaub", **narrowed}
        found = program(owner).post("/api/search", asked, content_type="application/json")
        return {each["path"] for each in found.json()["results"]}

    assert paths() == {"hr/rules.txt", "hr/urlaub.txt"}
    assert paths(folder="elsewhere") == set()
    assert paths(tags=["leave"]) == {"hr/rules.txt"}
    assert paths(languages=["de"]) == {"hr/urlaub.txt"}
    assert paths(until="2026-03-01") == {"hr/rules.txt"}
    assert paths(since="2026-03-02") == {"hr/urlaub.txt"}
    refused = program(owner).post(
        "/api/search", {"query": "leave", "languages": ["German"]}, content_type="application/json"
    )
    assert is_problem(refused, 422)
