"""The folder form of a dataset.

questions.jsonl   {"id", "question", "answer"? or "answers"?, "unwanted"? (sentences that no answer may show), "doc"? or
                  "docs"?, "passage"?, "as"?, "answerable"?, "category"?, "split"? ("test" or "dev"), "pair"? and
                  "variant"? (see evaluation.bias)}
qrels.tsv         optional: question id, document, grade
docs/ or corpus/  files; or corpus.jsonl.gz with {"id", "title", "text"}
readers.json      optional: {"hr/": ["hr"], "": ["employee", "hr"]}, the longest matching folder counts; without it
                  everyone who asks may read everything
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ragapp.lib import qrels
from ragapp.lib.lines import numbered


class DatasetError(Exception):
    """The folder is no dataset; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question and what a good answer to it holds, and does not. `relevant` maps document names to grades."""

    id: str
    question: str
    answers: tuple[str, ...] = ()
    relevant: Mapping[str, float] = field(default_factory=dict)
    asker: str = ""
    answerable: bool = True
    category: str = ""
    split: str = "test"
    pair: str = ""
    variant: str = ""
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """`sha256` identifies the questions, `documents` is the folder or file they are asked of, if there is one."""

    name: str
    sha256: str
    cases: tuple[Case, ...]
    documents: Path | None
    readers: Mapping[str, tuple[str, ...]]

    @property
    def askers(self) -> tuple[str, ...]:
        """Everyone named by a case or by readers.json, sorted; "" for cases that name nobody."""
        named = {case.asker for case in self.cases} | {name for names in self.readers.values() for name in names}
        return tuple(sorted(named))

    def may_read(self, asker: str, document: str) -> bool:
        """By readers.json: the longest folder that `document` lies in decides."""
        if not self.readers:
            return True
        folder = max((name for name in self.readers if document.startswith(name)), key=len, default=None)
        return folder is not None and asker in self.readers[folder]


def load(path: Path) -> Dataset:
    """Reads the dataset in `path`. Raises DatasetError."""
    questions = path / "questions.jsonl"
    if not questions.is_file():
        raise DatasetError(f"{path} holds no questions.jsonl. Give the folder of a dataset.")
    judged = path / "qrels.tsv"
    raw = questions.read_bytes()
    readers_file = path / "readers.json"
    readers = json.loads(readers_file.read_text("utf-8")) if readers_file.exists() else {}
    return Dataset(
        name=path.resolve().name,
        sha256=hashlib.sha256(raw).hexdigest(),
        cases=read(raw, judged.read_bytes() if judged.exists() else b""),
        documents=next((path / n for n in ("docs", "corpus", "corpus.jsonl.gz") if (path / n).exists()), None),
        readers={folder: tuple(names) for folder, names in readers.items()},
    )


def read(questions: bytes, judged: bytes = b"") -> tuple[Case, ...]:
    """The cases in the bytes of a questions.jsonl and, if there is one, a qrels.tsv. Raises DatasetError."""
    try:
        lines, graded = questions.decode("utf-8-sig"), judged.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError("questions.jsonl and qrels.tsv have to be text in UTF-8.") from error
    grades = _grades(graded)
    return tuple(_case(number, line, grades) for number, line in numbered(lines))


def corpus_texts(archive: Path) -> Iterator[tuple[str, str, str]]:
    """(id, title, text) of every line of a corpus.jsonl.gz."""
    with gzip.open(archive, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield str(row["id"]), row.get("title", ""), row["text"]


def _case(number: int, line: str, grades: Mapping[str, Mapping[str, float]]) -> Case:
    try:
        row: dict[str, Any] = json.loads(line)
        identity, question = str(row["id"]), str(row["question"])
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise DatasetError(f"questions.jsonl, line {number}: needs a JSON object with id and question.") from error
    answers = row.get("answers") or ([row["answer"]] if row.get("answer") else [])
    documents = row.get("docs") or ([row["doc"]] if row.get("doc") else [])
    return Case(
        id=identity,
        question=question,
        answers=tuple(str(answer) for answer in answers),
        relevant=grades.get(identity) or {str(name): 1.0 for name in documents},
        asker=row.get("as") or "",
        answerable=row.get("answerable", True),
        category=str(row.get("category") or "")[:100],
        split="dev" if row.get("split") == "dev" else "test",
        pair=str(row.get("pair") or ""),
        variant=str(row.get("variant") or ""),
        unwanted=tuple(str(sentence) for sentence in row.get("unwanted") or ()),
    )


def _grades(judged: str) -> dict[str, dict[str, float]]:
    try:
        return qrels.read(judged) if judged else {}
    except qrels.BadLine as error:
        raise DatasetError(f"qrels.tsv, line {error.number}: needs question, document, grade.") from error
