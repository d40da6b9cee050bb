"""Explained: every candidate with its fate, shown as far as the viewer may read it, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from documents.access import restrict, share
from documents.lineage import Way, answering_ways
from documents.models import Collection, Document, IndexVersion, Level
from documents.retrieval.explain import explain
from documents.retrieval.types import Fate, Query
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)

LEAVE = "Every employee has {} days of annual leave in a calendar year, public holidays not counted."
QUESTION = Query(text="How many days of annual leave?")


@pytest.fixture
def shelf(
    collection: Callable[..., Collection], add: Callable[..., Document], owner: User, reader: User
) -> dict[str, Document]:
    """Rules in two versions for both; a note for the reader and not for the owner of the rules."""
    shared, own = collection(owners=[owner], readers=[reader]), collection(owners=[reader])
    add(shared, "rules.txt", LEAVE.format(27), by=owner)
    return {
        "rules": add(shared, "rules.txt", LEAVE.format(30), by=owner),
        "note": add(own, "note.txt", "My own annual leave: 12 days are left until December.", by=reader),
    }


def test_what_the_viewer_may_not_read_is_only_counted(shelf: dict[str, Document], owner: User, reader: User) -> None:
    seen = explain(QUESTION, as_user=reader, viewer=owner)

    assert {one.hit.path for one in (*seen.candidates, *seen.left_out)} == {"rules.txt"}
    assert seen.withheld == 1
    assert explain(QUESTION, as_user=reader, viewer=reader).withheld == 0


def test_nothing_is_explained_beyond_what_the_person_may_read(
    shelf: dict[str, Document], owner: User, stranger: User
) -> None:
    seen = explain(QUESTION, as_user=stranger, viewer=owner)

    assert (seen.candidates, seen.left_out, seen.withheld) == ((), (), 0)


def test_what_was_left_out_says_why(shelf: dict[str, Document], reader: User) -> None:
    plain = explain(QUESTION, as_user=reader, viewer=reader)
    assert [(one.hit.version_number, one.hit.fate) for one in plain.left_out] == [(1, Fate.SUPERSEDED)]

    narrowed = explain(Query(text=QUESTION.text, folder="elsewhere"), as_user=reader, viewer=reader)
    fates = {(one.hit.path, one.hit.version_number): one.hit.fate for one in narrowed.left_out}
    assert fates == {
        ("rules.txt", 2): Fate.FILTERED, ("note.txt", 1): Fate.FILTERED, ("rules.txt", 1): Fate.SUPERSEDED,
    }  # fmt: skip


def test_asking_as_somebody_is_recorded_without_the_question(
    shelf: dict[str, Document], owner: User, reader: User, client_for: Callable[[User], Client]
) -> None:
    page = client_for(owner).post(reverse("documents:explain"), {"question": QUESTION.text, "person": reader.pk})

    assert b"30 days of annual leave" in page.content
    assert b"My own annual leave" not in page.content
    assert b"1 candidate is withheld" in page.content
    event = AuditEvent.objects.get(event="retrieval_explained")
    assert (event.actor, event.target_id) == ("owner", str(reader.pk))
    assert "annual" not in str(event.details)


def test_without_a_person_one_asks_oneself_and_a_release_says_where_and_how_much(
    shelf: dict[str, Document],
    owner: User,
    reviewer: User,
    client_for: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    share(shelf["rules"].collection.access_list, user=reviewer, level=Level.READER, by=owner)
    small = Way(name="small", index_version_id=IndexVersion.objects.get().pk, top_k=1)
    usual = replace(small, name="usual", top_k=8)
    monkeypatch.setattr(answering_ways, "send", lambda sender, asker: [(None, [usual, small])])
    client = client_for(reviewer)
    asked = {"question": "annual leave", "release": "small"}

    page = client.post(reverse("documents:explain"), asked)

    assert page.context["as_user"] == reviewer
    assert len(page.context["explained"].results.hits) == 1
    refused = client.post(reverse("documents:explain"), {**asked, "as_of": "31.31.2026", "release": "none such"})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"as_of", "release"}


def test_an_embedder_that_is_away_is_told(
    shelf: dict[str, Document], owner: User, client_for: Callable[[User], Client]
) -> None:
    IndexVersion.objects.update(embedding_model="nobody/no-such-model")

    page = client_for(owner).post(reverse("documents:explain"), {"question": "leave"})

    assert "Words alone decided" in page.content.decode()


def test_only_those_whose_work_it_is_may_ask(reader: User, client_for: Callable[[User], Client]) -> None:
    assert client_for(reader).get(reverse("documents:explain")).status_code == 404


def test_who_owns_a_collection_is_told_what_a_person_finds_there_and_of_nothing_else(
    shelf: dict[str, Document],
    person: Callable[..., User],
    add: Callable[..., Document],
    owner: User,
    reader: User,
    client_for: Callable[[User], Client],
) -> None:
    shared = shelf["rules"].collection
    head = person("head")
    share(shared.access_list, user=head, level=Level.OWNER, by=owner)
    secret = add(shared, "secret.txt", LEAVE.format(31), by=owner)
    share(restrict(secret, by=owner), user=reader, level=Level.READER, by=owner)
    client = client_for(head)
    address = reverse("documents:explain")
    asked = {"question": QUESTION.text, "person": reader.pk, "collection": shared.pk}

    shown = client.get(reverse("documents:share", args=[shared.pk])).content.decode()
    started = client.get(address, {"person": reader.pk, "collection": shared.pk})
    page = client.post(address, asked)

    assert f"{address}?collection={shared.pk}&amp;person={reader.pk}" in shown
    assert started.context["form"]["person"].value() == str(reader.pk)
    explained = page.context["explained"]
    assert {one.hit.path for one in (*explained.candidates, *explained.left_out)} == {"rules.txt"}
    # Not even a count tells of the document that is narrowed to others.
    assert (explained.withheld, explained.results.readable_chunks, explained.candidates[0].place) == (0, 1, 1)
    everywhere, elsewhere = {**asked, "collection": ""}, {**asked, "collection": shelf["note"].collection_id}
    assert [client.post(address, form).status_code for form in (everywhere, elsewhere)] == [422, 422]
    share(shared.access_list, user=head, level=Level.CONTRIBUTOR, by=owner)
    assert client.get(address).status_code == 404
