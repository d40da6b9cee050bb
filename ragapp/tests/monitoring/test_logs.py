"""What log lines say of errors, and what they keep to themselves."""

import json
import logging
import sys

import pytest
from django.db import IntegrityError, connection, transaction

from ragapp.accounts.models import User
from ragapp.embedded import postgres_server
from ragapp.monitoring.logs import JsonFormatter

SECRET = "zephyrquill"


def line_of(message: str, *arguments: object, **extra: object) -> dict[str, str]:
    """The line that a logger writes inside an `except`."""
    record = logging.getLogger("test").makeRecord(
        "test", logging.ERROR, __file__, 1, message, arguments, sys.exc_info(), extra=extra
    )
    written: dict[str, str] = json.loads(JsonFormatter().format(record))
    return written


@pytest.mark.django_db
def test_a_database_error_is_logged_without_the_values_of_its_rows():
    User.objects.create_user(SECRET)
    try:
        with transaction.atomic():
            User.objects.create_user(SECRET)
    except IntegrityError as error:
        line = line_of("It failed: %s", error, reason=error, data={"traceback": str(error)})

    assert SECRET not in json.dumps(line)
    assert "django.db.utils.IntegrityError" in line["error"]
    assert "SQLSTATE 23505" in line["error"]
    assert "test_logs.py:" in line["error"]
    assert line["event"] == "It failed: django.db.utils.IntegrityError"


@pytest.mark.django_db
def test_an_error_that_a_database_error_led_to_is_logged_without_messages():
    try:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT %s::integer", [SECRET])
        except Exception as error:
            raise ValueError(f"because of {error}") from error
    except ValueError as error:
        arguments = {"name": "ingest", "exc": repr(error), "traceback": str(error)}
        line = line_of("Task %(name)s: %(exc)s %(traceback)s", arguments)

    assert SECRET not in json.dumps(line)
    assert line["event"].startswith("Task ingest: ")
    assert "SQLSTATE 22P02" in line["error"]


def test_other_errors_keep_their_message():
    try:
        raise ValueError("three is too many")
    except ValueError:
        line = line_of("stage.failed")

    assert "three is too many" in line["error"]


def test_the_embedded_server_logs_neither_statements_nor_details():
    assert postgres_server.SETTINGS["log_min_error_statement"] == "panic"
    assert postgres_server.SETTINGS["log_error_verbosity"] == "terse"
