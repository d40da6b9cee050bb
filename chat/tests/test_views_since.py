"""What happened to the sources since, and what could be asked next."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat.models import Citation, Turn
from chat.tests.test_views import ann as ann
from chat.tests.test_views import answered
from chat.tests.test_views import handbook as handbook
from documents.models import Document, DocumentVersion
from documents.suggestions import follow_ups
from ragapp.accounts.models import User

PLAIN = "Meals and further costs are paid back when the journey took more than eight hours, and receipts are kept. "
TRAVEL = "# Travel\n\n" + "\n\n".join(
    f"## {title}\n\n{PLAIN * 3}"
    for title in ("Booking a journey", "Overnight stays", "Claiming expenses", "Gifts abroad")
)


def page_of(client: Client, answer: Any) -> str:
    return client.get(reverse("chat:answer", args=[answer.pk])).content.decode()


@pytest.mark.django_db
def test_another_version_that_answers_since_is_said(
    ann: User, handbook: Document, client_for: Callable[[Any], Client]
) -> None:
    answer, client = answered(ann, handbook), client_for(ann)
    assert "Another version answers since then" not in page_of(client, answer)

    handbook.current_version = DocumentVersion.objects.create(
        document=handbook, number=2, sha256="1" * 64, size_bytes=1, filename="h.md", media_type="text/markdown",
        storage_key="originals/other",
    )  # fmt: skip
    handbook.save()

    assert "Another version answers since then: Handbook." in page_of(client, answer)
    Turn.objects.update(as_of="2026-01-01")
    assert "Another version answers since then" not in page_of(client, answer)


@pytest.mark.django_db
def test_a_source_that_was_removed_is_said(ann: User, handbook: Document, client_for: Callable[[Any], Client]) -> None:
    answer = answered(ann, handbook)
    Citation.objects.update(removed_at=answer.created_at, quote="")

    assert "A source of this answer was removed since then" in page_of(client_for(ann), answer)


@pytest.mark.django_db
def test_what_stands_nearest_to_the_sources_is_suggested(
    add: Callable[..., Document], collection: Callable[..., Any], reader: User, owner: User, stranger: User
) -> None:
    travel = add(collection("Travel", readers=[reader], owners=[owner]), "travel.md", TRAVEL, by=owner)
    place = (travel.pk, TRAVEL.index("## Overnight stays") + 40)

    found = follow_ups(reader, [place], asked="May I stay overnight?", limit=2)

    assert found == follow_ups(reader, [place], asked="May I stay overnight?", limit=2)
    assert len(found) == 2
    assert not any("overnight" in question for question in found)
    assert follow_ups(stranger, [place], asked="", limit=2) == []
