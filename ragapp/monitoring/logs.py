"""One JSON object per log line: event names, ids and numbers; never question or document text."""

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import Error as DjangoDatabaseError
from typing_extensions import override

request_id_var: ContextVar[str] = ContextVar("request_id", default="")
# Where the current request comes from; audit events carry it, log lines do not.
address_var: ContextVar[str] = ContextVar("address", default="")

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "taskName"}


# What Celery repeats of an exception beside the record's own `exc_info`.
_CELERY_REPEATS = {"exc", "traceback"}


class JsonFormatter(logging.Formatter):
    """Fields given as `extra` become fields of the line.

    What a database says of an error holds values of rows, and with them document text. Where one took part, only
    types, SQLSTATEs and places in the code are written.
    """

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        if request_id := request_id_var.get():
            line["request_id"] = request_id
        error = record.exc_info[1] if record.exc_info else None
        is_of_database = error is not None and _is_of_database(error)
        hidden = _STANDARD | {"data"} if is_of_database else _STANDARD
        line |= {key: value for key, value in vars(record).items() if key not in hidden}
        if error is not None and is_of_database:
            line["error"] = _without_messages(error)
        elif record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=_text)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, what it came from, and so on."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__]


def _is_of_database(error: BaseException) -> bool:
    return any(isinstance(each, psycopg.Error | DjangoDatabaseError) for each in _chain(error))


def _without_messages(error: BaseException) -> str:
    """Type, SQLSTATE and frames of each exception of the chain."""
    lines = []
    for each in _chain(error):
        state = getattr(each, "sqlstate", None)
        lines.append(_name(each) + (f" (SQLSTATE {state})" if state else ""))
        frames = traceback.extract_tb(each.__traceback__)
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return "\n".join(lines)


def _event(record: logging.LogRecord) -> str:
    """The message; exceptions of databases among its arguments give only their type."""
    error = record.exc_info[1] if record.exc_info else None
    said = {text for each in _chain(error) for text in (str(each), repr(each))} if error else set()
    is_of_database = error is not None and _is_of_database(error)

    def plain(value: object) -> object:
        if isinstance(value, BaseException):
            return _text(value)
        repeats = is_of_database and isinstance(value, str) and any(words and words in value for words in said)
        return _name(error) if repeats and error is not None else value

    if isinstance(record.args, Mapping):
        arguments: Any = {
            key: _name(error) if is_of_database and error is not None and key in _CELERY_REPEATS else plain(value)
            for key, value in record.args.items()
        }
    else:
        arguments = tuple(plain(value) for value in record.args or ())
    return str(record.msg) % arguments if arguments else str(plain(record.msg))


def _text(value: object) -> str:
    if isinstance(value, BaseException) and _is_of_database(value):
        return _name(value)
    return str(value)


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"
