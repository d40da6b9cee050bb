"""SQL that is written once."""

import pytest

from documents.models import AccessList
from ragapp.lib.compiled import compiled

pytestmark = pytest.mark.django_db


def test_the_values_of_the_day_take_the_places_of_the_stand_ins() -> None:
    query = compiled(AccessList.objects.filter(pk__among=[30_001], entries__level=30_002), ([30_001], 30_002))

    assert sorted(map(str, query.parameters([4, 5], 20))) == ["20", "[4, 5]"]
    assert "= ANY(%s::bigint[])" in query.sql


def test_a_parameter_that_is_no_stand_in_keeps_its_value() -> None:
    query = compiled(AccessList.objects.filter(pk=30_001, entries__level=20), (30_001,))

    assert sorted(query.parameters(7)) == [7, 20]


def test_a_stand_in_that_the_query_lost_is_told() -> None:
    with pytest.raises(ValueError, match="not every one"):
        compiled(AccessList.objects.filter(pk=30_001), (30_001, 30_002))


def test_many_numbers_are_one_parameter() -> None:
    lists = AccessList.objects.bulk_create(AccessList() for _ in range(3))

    assert set(AccessList.objects.filter(pk__among=[lists[0].pk, lists[2].pk])) == {lists[0], lists[2]}
