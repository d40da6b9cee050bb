"""Public collections as plain mappings, and their import into this system."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command

from documents import access, uploads
from documents.indexes import refresh_stale
from evaluation.benchmarks.report import NotMeasurable
from evaluation.datasets import folder
from ragapp.accounts.models import User
from ragapp.lib.lines import numbered

QUICK_DOCUMENTS, QUICK_QUESTIONS = 200, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, the names of the documents that answer it with their grades, and the answer's words if known."""

    text: str
    relevant: Mapping[str, float]
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCollection:
    """`documents` maps names to whole texts."""

    name: str
    documents: Mapping[str, str]
    questions: tuple[Asked, ...]


def scifact(data: Path) -> TestCollection:
    """5,183 abstracts and 300 claims (Wadden et al. 2020, as in BEIR)."""
    return _packed("SciFact", data / "scifact")


def pubmedqa(data: Path, *, most: int = 400) -> TestCollection:
    """1,000 abstracts; the first `most` questions, each about one of them (Jin et al. 2019)."""
    whole = _packed("PubMedQA", data / "pubmedqa")
    return TestCollection(name=whole.name, documents=whole.documents, questions=whole.questions[:most])


def xquad(data: Path, language: str, *, every: int = 3) -> TestCollection:
    """240 paragraphs of 48 articles in one language, and every third question (Artetxe et al. 2020)."""
    root = data / "xquad"
    documents = {}
    for path in sorted((root / "docs" / language).glob("*.txt")):
        for number, paragraph in enumerate(_paragraphs(path)):
            documents[f"{path.stem}-{number}.txt"] = paragraph
    rows = [json.loads(line) for _, line in numbered((root / "questions.jsonl").read_text("utf-8"))]
    questions = [
        Asked(
            text=row["question"],
            relevant={f"{Path(row['doc']).stem}-{row['paragraph']}.txt": 1.0},
            answer=row["answer"],
        )
        for row in rows
        if row["lang"] == language
    ]
    return TestCollection(name=f"XQuAD {language}", documents=documents, questions=tuple(questions[::every]))


def sample(collection: TestCollection) -> TestCollection:
    """A part of it: some questions, the documents that answer them, and some others."""
    questions = collection.questions[:QUICK_QUESTIONS]
    needed = {name for asked in questions for name in asked.relevant}
    others = [name for name in collection.documents if name not in needed][:QUICK_DOCUMENTS]
    documents = {
        name: collection.documents[name] for name in [*sorted(needed), *others] if name in collection.documents
    }
    return TestCollection(name=f"{collection.name} (sample)", documents=documents, questions=questions)


def bring_in(collection: TestCollection) -> tuple[int, User]:
    """Import the documents through the whole of ingestion; the collection's id, and someone who may read it."""
    reader = User.objects.create_user(f"benchmark {collection.name}", password=None)
    made = uploads.create_collection(collection.name, "Documents of a benchmark.", by=reader)
    with tempfile.TemporaryDirectory(prefix="ragapp-benchmark-") as scratch:
        for name, text in collection.documents.items():
            (Path(scratch) / name).write_text(text, encoding="utf-8")
        call_command(
            "import_corpus",
            scratch,
            collection=made.name,
            user=reader.username,
            inline=True,
            wait=True,
            stdout=sys.stderr,
        )
    refresh_stale()
    return made.pk, reader


def take_out(collection_id: int, reader: User) -> None:
    """Remove what `bring_in` brought."""
    uploads.remove_collection(access.collections_for(reader).get(pk=collection_id), by=reader)
    refresh_stale()


def _packed(name: str, root: Path) -> TestCollection:
    try:
        dataset = folder.load(root)
    except folder.DatasetError as error:
        raise NotMeasurable(str(error)) from error
    documents = {
        f"{identity}.txt": f"{title}\n\n{text}" if title else text
        for identity, title, text in folder.corpus_texts(root / "corpus.jsonl.gz")
    }
    questions = [
        Asked(
            text=case.question,
            relevant={f"{doc}.txt": grade for doc, grade in case.relevant.items() if grade > 0},
            answer=next(iter(case.answers), ""),
        )
        for case in dataset.cases
    ]
    return TestCollection(name=name, documents=documents, questions=tuple(questions))


def _paragraphs(path: Path) -> list[str]:
    return [part.strip() for part in path.read_text("utf-8").split("\n\n") if part.strip()]
