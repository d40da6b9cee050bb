"""What readers miss reaches the owners of the collection, and nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from documents.models import Collection, Wish
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def handbook(collection: Callable[..., Collection], reader: Any, owner: Any) -> Collection:
    return collection("Handbook", readers=[reader], owners=[owner])


def suggested(client: Client, person: Any, handbook: Collection, **given: str) -> Any:
    client.force_login(person)
    data = {"collection": str(handbook.pk), "text": "A rule on dogs", "question": "May I bring my dog?"} | given
    return client.post(reverse("documents:suggest"), data, headers={"HX-Request": "true"})


def test_a_suggestion_is_shown_to_the_owners_of_the_collection(
    client: Client, handbook: Collection, reader: Any, owner: Any
) -> None:
    response = suggested(client, reader, handbook)

    assert "is with the owners of “Handbook”" in response.content.decode()
    client.force_login(owner)
    page = client.get(reverse("documents:quality", args=[handbook.pk])).content.decode()
    assert "A rule on dogs" in page
    assert "May I bring my dog?" in page
    assert AuditEvent.objects.filter(event="document_suggested").exists()


def test_the_same_words_are_kept_once(client: Client, handbook: Collection, reader: Any) -> None:
    suggested(client, reader, handbook)
    suggested(client, reader, handbook)

    assert Wish.objects.count() == 1


def test_nothing_is_suggested_for_a_collection_that_one_may_not_read(
    client: Client, handbook: Collection, stranger: Any
) -> None:
    assert suggested(client, stranger, handbook).status_code == 404
    assert suggested(client, stranger, handbook, collection="999999").status_code == 404
    assert not Wish.objects.exists()


def test_a_suggestion_without_words_says_so_and_keeps_the_choice(
    client: Client, handbook: Collection, reader: Any
) -> None:
    response = suggested(client, reader, handbook, text="  ")

    assert response.status_code == 422
    assert "Say in a few words what is missing." in response.content.decode()
    assert f'value="{handbook.pk}" selected' in response.content.decode()


def test_without_script_the_person_goes_back_where_they_were(client: Client, handbook: Collection, reader: Any) -> None:
    client.force_login(reader)
    data = {"collection": handbook.pk, "text": "A rule on dogs"}

    assert client.post(reverse("documents:suggest"), data | {"next": "/c/1/"})["Location"] == "/c/1/"
    assert client.post(reverse("documents:suggest"), data | {"next": "https://evil.example/"})["Location"] == "/"


def test_an_owner_settles_a_suggestion_and_a_reader_may_not(
    client: Client, handbook: Collection, reader: Any, owner: Any
) -> None:
    suggested(client, reader, handbook)
    wish = Wish.objects.get()
    address = reverse("documents:settle_wish", args=[wish.pk])

    assert client.post(address, {"state": "done"}).status_code == 404
    client.force_login(owner)
    assert client.post(address, {"state": "open"}).status_code == 404
    client.post(address, {"state": "done"})

    wish.refresh_from_db()
    assert (wish.state, wish.closed_by) == (Wish.State.DONE, owner)
    assert "A rule on dogs" not in client.get(reverse("documents:quality", args=[handbook.pk])).content.decode()
