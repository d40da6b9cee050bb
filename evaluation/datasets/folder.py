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
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from ragapp.lib import qrels
from ragapp.lib.lines import numbered
from ragapp.lib.text import storable


class DatasetError(Exception):
    """The folder is no dataset; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question and what a good answer to it holds, and does not. `relevant` maps the names of right documents to
    their grades, all above 0."""

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
        raise DatasetError(_("%(path)s holds no questions.jsonl. Give the folder of a dataset.") % {"path": path})
    judged = path / "qrels.tsv"
    raw = questions.read_bytes()
    return Dataset(
        name=path.resolve().name,
        sha256=hashlib.sha256(raw).hexdigest(),
        cases=read(raw, judged.read_bytes() if judged.exists() else b""),
        documents=next((path / n for n in ("docs", "corpus", "corpus.jsonl.gz") if (path / n).exists()), None),
        readers=_readers(path / "readers.json"),
    )


def read(questions: bytes, judged: bytes = b"") -> tuple[Case, ...]:
    """The cases in the bytes of a questions.jsonl and, if there is one, a qrels.tsv. Raises DatasetError."""
    try:
        lines, graded = questions.decode("utf-8-sig"), judged.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(_("questions.jsonl and qrels.tsv have to be text in UTF-8.")) from error
    grades = _grades(graded)
    return tuple(_case(number, line, grades) for number, line in numbered(lines))


def corpus_texts(archive: Path) -> Iterator[tuple[str, str, str]]:
    """(id, title, text) of every line of a corpus.jsonl.gz. Raises DatasetError."""
    try:
        with gzip.open(archive, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _corpus_text(number, line)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DatasetError(_("corpus.jsonl.gz is damaged; take a fresh copy of it.")) from error


def _corpus_text(number: int, line: str) -> tuple[str, str, str]:
    try:
        row = json.loads(line)
        return str(row["id"]), str(row.get("title") or ""), str(row["text"])
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        said = _("corpus.jsonl.gz, line %(line)d: needs a JSON object with id and text.")
        raise DatasetError(said % {"line": number}) from error


def _case(number: int, line: str, grades: Mapping[str, Mapping[str, float]]) -> Case:
    row = _Row(number, line)
    identity, question = row.text("id"), row.text("question")
    if not identity or not question.strip():
        raise row.is_none()
    named = dict.fromkeys(row.texts("docs") or row.texts("doc"), 1.0)
    return Case(
        id=identity,
        question=question,
        answers=row.texts("answers") or row.texts("answer"),
        relevant=grades.get(identity, named),
        asker=row.text("as"),
        answerable=row.is_true("answerable", otherwise=True),
        category=row.text("category")[:100],
        split="dev" if row.text("split") == "dev" else "test",
        pair=row.text("pair"),
        variant=row.text("variant"),
        unwanted=row.texts("unwanted"),
    )


class _Row:
    """A line of questions.jsonl. Whatever is asked of it raises DatasetError, with the line, where it is no such thing.

    Numbers are taken for the text they are written as; what is null, or empty, is not there.
    """

    def __init__(self, number: int, line: str) -> None:
        self.number = number
        try:
            self.fields: Any = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self.is_none() from error
        if not isinstance(self.fields, dict):
            raise self.is_none()

    def is_none(self) -> DatasetError:
        """What is wrong with a line that holds no question."""
        said = _("questions.jsonl, line %(line)d: needs a JSON object with id and question.")
        return DatasetError(said % {"line": self.number})

    def text(self, name: str) -> str:
        """Empty where it is not there."""
        value = self.fields.get(name)
        return "" if value is None else self._text(name, value)

    def texts(self, name: str) -> tuple[str, ...]:
        """One text, or a list of them."""
        value = self.fields.get(name)
        many = value if isinstance(value, list) else [] if value is None else [value]
        return tuple(text for one in many if (text := self._text(name, one)).strip())

    def is_true(self, name: str, *, otherwise: bool) -> bool:
        """`otherwise` where it is not there."""
        value = self.fields.get(name)
        if value is None:
            return otherwise
        if not isinstance(value, bool):
            said = _("questions.jsonl, line %(line)d: “%(name)s” is neither true nor false.")
            raise DatasetError(said % {"line": self.number, "name": name})
        return value

    def _text(self, name: str, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            said = _("questions.jsonl, line %(line)d: “%(name)s” is no text.")
            raise DatasetError(said % {"line": self.number, "name": name})
        return storable(str(value))


def _readers(path: Path) -> dict[str, tuple[str, ...]]:
    if not path.exists():
        return {}
    try:
        readers = json.loads(path.read_text("utf-8-sig"))
        if any(isinstance(names, str) for names in readers.values()):
            raise TypeError
        return {str(folder): tuple(str(name) for name in names) for folder, names in readers.items()}
    except (ValueError, RecursionError, TypeError, AttributeError) as error:
        raise DatasetError(_('readers.json has to look like {"folder/": ["name", "another"]}.')) from error


def _grades(judged: str) -> dict[str, dict[str, float]]:
    """By question; a document that was judged, and is not right (0 or less), is not among them."""
    try:
        read = qrels.read(judged) if judged else {}
    except qrels.BadLine as error:
        said = _("qrels.tsv, line %(line)d: needs question, document, grade.") % {"line": error.number}
        raise DatasetError(said) from error
    return {
        question: {storable(name): grade for name, grade in grades.items() if grade > 0}
        for question, grades in read.items()
    }
