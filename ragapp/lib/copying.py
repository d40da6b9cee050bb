"""Many rows at once through COPY: ten times as quick as INSERT, without signals and without loading anything."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

AT_ONCE = 2000
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_in(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Inserts `rows`, by name of field; a foreign key is given by its value.

    Fields that a row does not name get what Django would give them; keys that count up are left to the database.
    """
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    as_text = [_array if isinstance(field, ArrayField) else _text for field in fields]
    defaults = [text(field.get_default()) for text, field in zip(as_text, fields, strict=True)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    cells = list(enumerate(field.name for field in fields))
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
    ):
        lines: list[str] = []
        for row in rows:
            lines.append("\t".join(as_text[n](row[name]) if name in row else defaults[n] for n, name in cells))
            if len(lines) == AT_ONCE:
                copy.write("\n".join(lines) + "\n")
                lines.clear()
        if lines:
            copy.write("\n".join(lines) + "\n")


def _text(value: Any) -> str:
    r"""As COPY reads it; \N is NULL. What is no number, truth or text is written as JSON."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dict | list):
        value = json.dumps(value)
    return str(value).translate(_ESCAPED)


def _array(values: Sequence[Any] | None) -> str:
    if values is None:
        return r"\N"
    return _text("{" + ",".join(json.dumps(value) if isinstance(value, str) else str(value) for value in values) + "}")
