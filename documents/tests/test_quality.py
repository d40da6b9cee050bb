"""The quality report: figures of a document, what to do, and who sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from documents import conflicts, quality
from documents.access import restrict
from documents.lineage import questions_left_open
from documents.models import Collection, Conflict, Document, DocumentVersion, IngestionRun
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "# Leave\n\nEmployees receive 30 days of annual leave per calendar year.\n\n" + "Ask for it in time. " * 12


@pytest.fixture
def shared(collection: Callable[..., Collection], owner: User, contributor: User, reader: User) -> Collection:
    return collection(owners=[owner], contributors=[contributor], readers=[reader])


@pytest.fixture
def leave(shared: Collection, owner: User, add: Callable[..., Document]) -> Document:
    return add(shared, "leave.md", TEXT, by=owner)


def of(document: Document, reader: User) -> quality.Quality:
    found = quality.of_document(document, reader=reader, today=timezone.localdate())
    assert found is not None
    return found


def test_a_sound_document_has_nothing_to_do(leave: Document, owner: User) -> None:
    found = of(leave, owner)

    assert (found.score, found.face, found.advice) == (100, "good", ())
    assert (found.passages, found.language, found.hidden_words) == (1, "en", 0)
    assert found.characters_a_page > 200


def test_each_weakness_lowers_the_score_and_says_what_to_do(leave: Document, owner: User) -> None:
    DocumentVersion.objects.update(valid_from=timezone.localdate() - timedelta(days=900))
    IngestionRun.objects.update(unread_pages=[1])
    found = of(leave, owner)

    assert found.score <= 60
    assert [sentence.partition(".")[0] for sentence in found.advice] == [
        "1 page gave no text",
        "It is more than two years old",
    ]


def test_hidden_text_is_counted_where_it_is_left_out(
    shared: Collection, owner: User, add: Callable[..., Document]
) -> None:
    page = f"<p>{'Keys are kept at the desk. ' * 12}</p><p style='display:none'>three hidden words</p>"

    assert of(add(shared, "keys.html", page, by=owner), owner).hidden_words == 3


def test_conflicts_count_for_who_may_read_both(
    leave: Document, shared: Collection, owner: User, contributor: User, add: Callable[..., Document]
) -> None:
    other = add(shared, "policy.md", TEXT.replace("30", "27"), by=owner)
    for extraction in conflicts.waiting():
        conflicts.compare(extraction)
    restrict(other, by=owner)

    assert (of(leave, owner).conflicts, of(leave, contributor).conflicts) == (1, 0)


def test_open_questions_come_from_those_who_answer(leave: Document, owner: User) -> None:
    def tell(document_ids: list[UUID], **kwargs: Any) -> Counter[UUID]:
        return Counter(dict.fromkeys(document_ids, 2))

    questions_left_open.connect(tell)
    try:
        assert of(leave, owner).open_questions == 2
    finally:
        questions_left_open.disconnect(tell)


def test_the_table_shows_and_orders_what_may_be_read(
    leave: Document, shared: Collection, owner: User, contributor: User, reader: User,
    add: Callable[..., Document], client_for: Callable[[Any], Client],
) -> None:  # fmt: skip
    secret = add(shared, "a-secret.md", TEXT + "Secret.", by=owner)
    restrict(secret, by=owner)
    url = reverse("documents:quality", args=[shared.pk])

    assert b"a-secret.md" not in client_for(contributor).get(url).content
    assert client_for(reader).get(url).status_code == 404
    ordered = client_for(owner).get(url, {"by": "-title"}).content.decode()
    assert ordered.index("leave.md") < ordered.index("a-secret.md") or ordered.count("row-link") == 2
    lines = client_for(owner).get(url, {"format": "csv"}).content.decode().splitlines()
    assert (len(lines), lines[0].split(",")[:3]) == (3, ["path", "title", "score"])


def test_a_contributor_decides_about_a_conflict_on_the_page(
    leave: Document, shared: Collection, owner: User, contributor: User, reader: User,
    add: Callable[..., Document], client_for: Callable[[Any], Client],
) -> None:  # fmt: skip
    add(shared, "policy.md", TEXT.replace("30", "27"), by=owner)
    for extraction in conflicts.waiting():
        conflicts.compare(extraction)
    conflict = Conflict.objects.get()
    tab = reverse("documents:document", args=[leave.pk]) + "?tab=quality"
    decide = reverse("documents:conflict", args=[leave.pk, conflict.pk])

    assert b"27 days" in client_for(reader).get(tab).content
    assert client_for(reader).post(decide, {"state": "dismissed"}).status_code == 404
    page = client_for(contributor).post(decide, {"state": "dismissed", "note": "Two sites."}, follow=True)
    assert b"Two sites." in page.content
    assert Conflict.objects.get().state == Conflict.State.DISMISSED


def test_a_document_that_is_short_as_a_whole_is_not_faulty(
    shared: Collection, owner: User, add: Callable[..., Document]
) -> None:
    assert of(add(shared, "parking.md", "Parking is free on Sundays for guests.", by=owner), owner).score == 100


@pytest.mark.parametrize(("characters", "costs"), [(86, False), (250, True), (900, False)])
def test_pages_with_little_text_count_where_the_document_is_not_short(characters: int, costs: bool) -> None:
    figures = dict.fromkeys(("unread_pages", "recognised_pages", "hidden_words", "warnings", "repeated_share"), 0)

    remarks = list(quality._about_reading(figures | {"passages": 1, "pages": 3, "characters": characters}))

    assert bool(remarks) == costs
