"""Reviews as CSV and JSON lines: what the exporter may read, and nothing else."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evaluation.models import Review, ReviewItem, Simulation
from evaluation.reviews import queue
from evaluation.reviews.judging import RUBRIC
from ragapp.accounts.models import User
from ragapp.lib.text import storable

FIELDS = (
    "answer", "question", "answered", "status", "release", "reviewer", "verdict", *RUBRIC, "corrected_answer",
    "right_document", "right_start", "right_end", "cause", "stage", "note", "decides", "reviewed_at",
)  # fmt: skip
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(exporter: User) -> list[dict[str, Any]]:
    """One row a review, in the order they were made, with the names of FIELDS; none of what was simulated."""
    reviews = (
        queue.reviews_for(exporter)
        .exclude(answer__release__in=Simulation.releases())
        .select_related("answer__turn", "answer__release", "reviewer")
        .order_by("created_at", "pk")
    )
    items = {
        item.answer_id: item for item in ReviewItem.objects.filter(answer__in=reviews.values("answer")).defer("vector")
    }
    return [_row(one, items.get(one.answer_id)) for one in reviews]


def _row(one: Review, item: ReviewItem | None) -> dict[str, Any]:
    return {
        "answer": str(one.answer_id),
        "question": one.answer.turn.question,
        "answered": one.answer.text,
        "status": one.answer.status,
        "release": one.answer.release.name if one.answer.release else "",
        "reviewer": one.reviewer.username if one.reviewer else "",
        "verdict": one.verdict,
        **{name: getattr(one, name) for name in RUBRIC},
        "corrected_answer": one.corrected_answer,
        "right_document": str(one.right_document_id) if one.right_document_id else None,
        "right_start": one.right_start,
        "right_end": one.right_end,
        "cause": one.cause,
        "stage": item.stage if item else "",
        "note": one.note,
        "decides": item is not None and item.decision_id == one.pk,
        "reviewed_at": one.updated_at.isoformat(),
    }


def as_csv(found: Sequence[Mapping[str, Any]]) -> tuple[str, bytes]:
    """Media type and bytes. What a spreadsheet would run as a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS)
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in found)
    return "text/csv; charset=utf-8", out.getvalue().encode()


def as_jsonl(found: Sequence[Mapping[str, Any]]) -> tuple[str, bytes]:
    """Media type and bytes, one object a line."""
    return "application/jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found).encode()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    return f"'{value}" if value.startswith(_FORMULA) else storable(value)


FORMATS: Mapping[str, Callable[[Sequence[Mapping[str, Any]]], tuple[str, bytes]]] = {"csv": as_csv, "jsonl": as_jsonl}
