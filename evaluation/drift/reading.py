"""The answers of two windows, as columns: what each signal is computed from."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from evaluation.rollups.making import bounds

# Whole weeks, so that weekdays weigh alike in both.
NOW, BEFORE = timedelta(days=7), timedelta(days=28)
# Of a larger window a random part: ids are random, so the first by id are.
SAMPLE = 50_000
_ROWS = """
SELECT a.id, t.question, a.language, (a.decision->>'sufficiency')::float AS sufficiency,
       (a.status = 'not_found')::int::float AS not_found,
       (SELECT (min(f.thumb) < 0)::int::float FROM evaluation_feedback f WHERE f.answer_id = a.id) AS feedback,
       (SELECT bool_or(r.verdict <> 'good')::int::float FROM evaluation_review r WHERE r.answer_id = a.id) AS judged,
       (SELECT (NOT j.is_good)::int::float FROM evaluation_judgedanswer j WHERE j.answer_id = a.id) AS judge,
       CASE WHEN jsonb_typeof(a.sentences) = 'array' AND jsonb_array_length(a.sentences) > 0 THEN
         1 - (SELECT count(*) FROM jsonb_path_query(a.sentences, '$[*] ? (@.is_supported == false)'))::float
           / jsonb_array_length(a.sentences) END AS support,
       a.cost_usd::float AS cost,
       (SELECT sum(s.ms::float) FROM jsonb_each_text(a.stage_ms) AS s(stage, ms)
         WHERE s.stage <> 'total' AND s.ms ~ '^[0-9.]+$') AS latency,
       (SELECT avg(extract(epoch FROM a.created_at - v.uploaded_at)) / 86400
          FROM chat_citation q JOIN documents_documentversion v ON v.id = q.version_id
         WHERE q.answer_id = a.id AND q.is_support)::float AS source_age
  FROM chat_answer a
  JOIN chat_turn t ON t.id = a.turn_id
  JOIN chat_conversation c ON c.id = t.conversation_id
 WHERE a.created_at >= %s AND a.created_at < %s AND a.state NOT IN ('pending', 'streaming')
   AND (NOT c.is_hidden OR EXISTS (SELECT 1 FROM chat_askedbyprogram p WHERE p.turn_id = t.id))
 ORDER BY a.id LIMIT %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One value for each answer in every column; NaN where an answer has none."""

    ids: list[Any]
    questions: list[str]
    languages: list[str]
    numbers: dict[str, NDArray[np.float64]]


def windows(day: date) -> tuple[Window, Window]:
    """The week that ends with `day`, and the four weeks before it."""
    end = bounds(day)[1]
    middle = bounds(day - NOW + timedelta(days=1))[0]
    return _window(middle, end), _window(bounds(day - NOW - BEFORE + timedelta(days=1))[0], middle)


def _window(begin: Any, end: Any) -> Window:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [begin, end, SAMPLE])
        rows = cursor.fetchall()
        names = [column.name for column in cursor.description]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {name: () for name in names}
    return Window(
        ids=list(columns["id"]),
        questions=list(columns["question"]),
        languages=list(columns["language"]),
        numbers={
            name: np.array([np.nan if value is None else value for value in columns[name]], dtype=np.float64)
            for name in names[3:]
        },
    )
