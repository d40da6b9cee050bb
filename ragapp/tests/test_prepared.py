"""Queries that are planned once for each connection."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DataError

from ragapp.accounts.models import User
from ragapp.lib import prepared

pytestmark = pytest.mark.django_db


def asked_for() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%a_marked_query%%'")
        (count,) = cursor.fetchone()
    return int(count)


def test_a_query_that_is_asked_for_often_is_planned_once():
    found = [
        prepared.rows(
            "SELECT a_marked_query.at FROM unnest(%s::bigint[]) AS a_marked_query (at)", [prepared.numbers(some)]
        )
        for some in ([], [1], [1, 2**40], range(3))
    ]

    assert found == [[], [(1,)], [(1,), (2**40,)], [(0,), (1,), (2,)]]
    assert asked_for() == 1


def test_it_stays_planned_however_many_others_are_asked_in_between():
    for _ in range(3):
        prepared.rows("SELECT a_marked_query.at FROM unnest(%s::bigint[]) AS a_marked_query (at)", ["{}"])
        for number in range(120):
            User.objects.filter(pk=number).exists()

    assert asked_for() == 1


def test_its_errors_are_those_of_any_query_and_undo_their_block():
    with pytest.raises(DataError), transaction.atomic():
        prepared.rows("SELECT %s::bigint", ["many"])

    assert prepared.rows("SELECT %s::bigint", ["7"]) == [(7,)]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_closed_is_made_anew():
    connection.close()

    assert prepared.rows("SELECT 1", []) == [(1,)]
    assert isinstance(connection.connection, psycopg.Connection)
