"""One JSON object per log line: event names, ids and numbers; never question or document text."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

from typing_extensions import override

request_id_var: ContextVar[str] = ContextVar("request_id", default="")
# Where the current request comes from; audit events carry it, log lines do not.
address_var: ContextVar[str] = ContextVar("address", default="")

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "taskName"}


class JsonFormatter(logging.Formatter):
    """Fields given as `extra` become fields of the line."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if request_id := request_id_var.get():
            line["request_id"] = request_id
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
