"""Suggested questions come from what the person may read."""

from collections.abc import Callable
from typing import Any

import pytest

from documents.models import Chunk, Document, DocumentVersion, Extraction, IndexVersion
from documents.suggestions import suggested_questions
from ragapp.accounts.models import User


@pytest.fixture
def add(db: None, collection: Callable[..., Any]) -> Callable[..., Document]:
    """add("Handbook", "4 Working from home", readers=[ann]): a document with one passage under this heading."""
    index = IndexVersion.objects.create(
        name="v1", chunker={}, embedding_model="none", embedding_revision="0", dimensions=3, analyser="1", is_live=True
    )

    def make(title: str, heading: str, *, readers: list[User], language: str = "en", tokens: int = 80) -> Document:
        document = Document.objects.create(collection=collection(readers=readers), path=f"{title}.md", title=title)
        version = DocumentVersion.objects.create(
            document=document, number=1, sha256="0" * 64, size_bytes=1, filename="f", media_type="t", storage_key="k"
        )
        extraction = Extraction.objects.create(
            version=version, parser="p", parser_version="1", text="t", layout={}, language=language, is_current=True
        )
        Chunk.objects.create(
            index_version=index, extraction=extraction, version=version, document=document, ordinal=0, start=0, end=1,
            heading_path=f"{title} › {heading}", text="t", tokens=tokens, content_hash="h",
        )  # fmt: skip
        document.current_version = version
        document.save()
        return document

    return make


def test_a_suggestion_asks_about_a_heading(reader: User, add: Callable[..., Document]) -> None:
    add("Handbook", "4.1 Working from home", readers=[reader])

    assert suggested_questions(reader, limit=4) == ["What should I know about working from home?"]


def test_nothing_is_suggested_from_what_may_not_be_read(
    reader: User, stranger: User, add: Callable[..., Document]
) -> None:
    add("Salary bands", "Pay of directors", readers=[reader])

    assert suggested_questions(stranger, limit=4) == []


def test_documents_in_the_language_of_the_page_come_first(reader: User, add: Callable[..., Document]) -> None:
    add("Betriebsvereinbarung", "Mobiles Arbeiten", readers=[reader], language="de")
    add("Handbook", "Sick leave", readers=[reader])

    assert suggested_questions(reader, limit=1) == ["What should I know about sick leave?"]


def test_headings_that_shout_are_calmed(reader: User, add: Callable[..., Document]) -> None:
    add("FIRE AND FIRST AID", "ALARMS AND ASSEMBLY POINTS", readers=[reader])

    assert suggested_questions(reader, limit=1) == ["What should I know about alarms and assembly points?"]


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("1.2 Who leads the company", "Who leads the company?"),
        ("§ 4 How to report a lost key", "How do I report a lost key?"),
        ("Your notice period", "What should I know about my notice period?"),
        ("Travel expense limits", "What are the travel expense limits?"),
    ],
)
def test_headings_are_put_as_a_person_asks(
    reader: User, add: Callable[..., Document], heading: str, question: str
) -> None:
    add("Handbook", heading, readers=[reader])

    assert suggested_questions(reader, limit=1) == [question]


@pytest.mark.parametrize(
    "heading",
    [
        "12.3 Reference",
        "Introduction",
        "Form QX-17 copies",
        "How to use this handbook",
        "When you leave",
        "Next question hour",
    ],
)
def test_headings_that_name_no_subject_are_left_out(reader: User, add: Callable[..., Document], heading: str) -> None:
    add("Handbook", heading, readers=[reader])

    assert suggested_questions(reader, limit=1) == []


def test_a_heading_with_next_to_no_text_is_left_out(reader: User, add: Callable[..., Document]) -> None:
    add("Handbook", "Working from home", readers=[reader], tokens=5)

    assert suggested_questions(reader, limit=1) == []
