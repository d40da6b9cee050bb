"""SQL that Django writes once and that runs again with other values: writing it takes longer than running it.

The query is built with stand-ins for its values; where one of them is among the parameters, the value of the day goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Field, ForeignObject, Lookup, QuerySet
from django.db.models.sql.compiler import SQLCompiler


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup[Any]):
    """`field__among=[1, 2]`: as `__in` for numbers, with one parameter however many there are."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[int]:
        """The numbers as a list, which becomes an array."""
        return [int(value) for value in self.rhs]

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The condition and its parameters."""
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s::bigint[])", (*parameters, self.rhs)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query's SQL; of each parameter, which value it takes, or None and the one it always has."""

    sql: str
    places: tuple[tuple[int | None, object], ...]

    def parameters(self, *values: object) -> tuple[Any, ...]:
        """The parameters with these values, in the order of the stand-ins."""
        return tuple(always if place is None else values[place] for place, always in self.places)


def compiled(query: QuerySet[Any, Any], stand_ins: Sequence[object]) -> Compiled:
    """The SQL of `query`, built with `stand_ins` as values: numbers and lists that mean nothing else in it.

    Raises ValueError when the query has lost one of them.
    """
    sql, parameters = query.query.sql_with_params()
    places = [(stand_ins.index(value) if value in stand_ins else None, value) for value in parameters]
    if {place for place, _ in places if place is not None} != set(range(len(stand_ins))):
        raise ValueError(f"not every one of {stand_ins} is a parameter of: {sql}")
    return Compiled(sql, tuple(places))
