"""Questions with the documents that answer them, as people bring them in files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ragapp.lib import qrels
from ragapp.lib.lines import numbered

QUESTIONS_MAX = 2000
QUESTION_CHARS = 2000


class NotQuestions(Exception):
    """The file holds no labelled questions; the message names the line and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """`relevant` maps names of documents to grades above 0; it names at least one."""

    question: str
    relevant: Mapping[str, float]


def read(questions: str, grades: str = "") -> tuple[Labelled, ...]:
    """`questions`: JSON lines {"id"?, "question", "doc" or "docs"}; `grades`: as ragapp.lib.qrels reads them.

    A question without a document is left out. Raises NotQuestions.
    """
    graded = _grades(grades)
    found = []
    for number, line in numbered(questions):
        row = _row(number, line)
        relevant = graded.get(str(row.get("id"))) or dict.fromkeys(_named(row, number), 1.0)
        if relevant:
            found.append(Labelled(question=row["question"], relevant=relevant))
    if not found:
        raise NotQuestions("No question names a document that answers it.")
    if len(found) > QUESTIONS_MAX:
        raise NotQuestions(f"There are {len(found):,} questions. At most {QUESTIONS_MAX:,} are asked at once.")
    return tuple(found)


def _row(number: int, line: str) -> dict[str, Any]:
    try:
        row: object = json.loads(line)
    # A deeply nested line ends the parser with a RecursionError.
    except (ValueError, RecursionError) as error:
        raise NotQuestions(f'Line {number} is no JSON object such as {{"question": "…", "doc": "…"}}.') from error
    question = row.get("question") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(question, str) or not question.strip():
        raise NotQuestions(f"Line {number} has no question.")
    if len(question) > QUESTION_CHARS or "\0" in question:
        raise NotQuestions(f"The question in line {number} is too long, or holds characters that no question has.")
    return row


def _named(row: Mapping[str, Any], number: int) -> list[str]:
    named = row.get("docs") or ([row["doc"]] if row.get("doc") else [])
    if not isinstance(named, list) or not all(isinstance(name, str) and "\0" not in name for name in named):
        raise NotQuestions(f"Line {number} does not name its documents by their paths.")
    return named


def _grades(text: str) -> dict[str, dict[str, float]]:
    try:
        found = qrels.read(text)
    except qrels.BadLine as error:
        raise NotQuestions(f"The grades: {error}") from error
    if any("\0" in document for graded in found.values() for document in graded):
        raise NotQuestions("The grades hold characters that no name of a document has.")
    return {
        question: {document: grade for document, grade in graded.items() if grade > 0}
        for question, graded in found.items()
    }
