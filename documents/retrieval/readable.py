"""The rights of the asker, and what else narrows a search, as SQL that both legs put into their queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import DateField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from documents.access import Scope, documents_in
from documents.models import Document, DocumentVersion, Extraction, IndexVersion
from documents.retrieval.types import Filters
from ragapp.lib.compiled import Compiled, compiled
from ragapp.lib.prepared import numbers

# From when a version holds: what it says itself, else the day it was uploaded.
_SINCE = Coalesce("valid_from", TruncDate("uploaded_at"), output_field=DateField())
COUNTED_FOR_S, COUNTS_KEPT = 30.0, 2000
# Until when a count holds, and the count. Of this process: another one counts for itself.
_counted: dict[tuple[Any, ...], tuple[float, int]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A query for the ids of the versions that may answer, to stand inside `version_id IN (...)`, its parameters."""

    sql: str
    parameters: tuple[Any, ...]
    is_by_document: bool = True  # each document is looked at by itself, so that one version can be asked about

    @property
    def first(self) -> str:
        """The clause that resolves them before anything else, as `readable (id)`.

        The planner cannot know how few documents a right names, and would rather rank everything first.
        """
        return f"WITH readable (id) AS MATERIALIZED ({self.sql})"

    def among(self, version_ids: Iterable[int]) -> set[int]:
        """Those of `version_ids` that may answer."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM ({self.sql}) AS readable (id) WHERE id = ANY(%s)",  # noqa: S608 - SQL of Django's
                [*self.parameters, list(version_ids)],
            )
            return {at for (at,) in cursor.fetchall()}

    @property
    def of_row(self) -> str:
        """The condition for a query that looks at few rows in the order of an index, one by one.

        A scalar subquery stays one. The planner would make a join of anything else, and resolve all rights first.
        """
        return f"(SELECT true FROM ({self.sql}) AS one (id) WHERE one.id = version_id LIMIT 1)"  # noqa: S608 - as above


# The condition for a query that reads `readable (id)`, resolved before. As a plain IN the planner would join the two,
# and from the wrong side where it is mistaken about how much is readable; so rows are looked up in a hash of the ids.
RESOLVED = "(version_id IN (SELECT id FROM readable)) IS TRUE"


def readable_in(scope: Scope, filters: Filters | None = None) -> Readable | None:
    """The versions of `scope` that `filters` let through, one of each document; None when there can be none."""
    filters = Filters() if filters is None else filters
    chosen = set(scope.collection_ids)
    if filters.collection_ids is not None:
        chosen &= set(filters.collection_ids)
    if not chosen:
        return None
    if filters.lets_all_through:
        usual = _current_versions()
        return Readable(
            sql=usual.sql,
            parameters=usual.parameters(*map(numbers, (scope.collection_ids, scope.list_ids, sorted(chosen)))),
        )
    documents = documents_in(scope).filter(collection__among=sorted(chosen))
    sql, parameters = _versions(_narrowed(documents, filters), filters).query.sql_with_params()
    return Readable(
        sql=sql, parameters=tuple(parameters), is_by_document=filters.as_of is None and not filters.every_version
    )


@cache
def _current_versions() -> Compiled:
    """The query without filters: nearly every question's."""
    collections, lists, chosen = [30_001], [30_002], [30_003]
    scope = Scope(user_id=None, collection_ids=tuple(collections), list_ids=tuple(lists))
    documents = documents_in(scope).filter(collection__among=chosen)
    return compiled(_versions(documents.order_by(), Filters()), (collections, lists, chosen))


def count_chunks(readable: Readable, *, index: IndexVersion, at_most: int) -> int:
    """How many chunks of `index` are readable; counting stops at `at_most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {readable.first}
            SELECT count(*) FROM (
                SELECT 1 FROM documents_chunk
                WHERE index_version_id = {index.pk:d} AND version_id IN (SELECT id FROM readable) LIMIT %s
            ) AS counted
            """,  # noqa: S608 - the id is an integer, and the query for versions is SQL that Django wrote
            [*readable.parameters, at_most],
        )
        return int(cursor.fetchone()[0])


def about_how_many(readable: Readable, *, index: IndexVersion, at_most: int, now_s: float) -> int:
    """As `count_chunks`, of the last half minute: enough to choose how to search, and too slow for every question.

    Other rights, filters or statistics are counted anew at once. `now_s` comes from a steady clock.
    """
    key = (connection.alias, readable.sql, repr(readable.parameters), index.pk, index.statistics_at, at_most)
    known = _counted.get(key)
    if known is not None and known[0] > now_s:
        return known[1]
    found = count_chunks(readable, index=index, at_most=at_most)
    if len(_counted) >= COUNTS_KEPT:
        _counted.clear()
    _counted[key] = (now_s + COUNTED_FOR_S, found)
    return found


def _narrowed(documents: QuerySet[Document], filters: Filters) -> QuerySet[Document]:
    documents = documents.order_by()
    if folder := filters.folder.strip("/"):
        documents = documents.filter(path__startswith=f"{folder}/")
    if filters.tags:
        documents = documents.filter(tags__contains=list(filters.tags))
    return documents


def _versions(documents: QuerySet[Document], filters: Filters) -> QuerySet[Any, Any]:
    """The ids of one version of each of `documents`: the current one, or the one that held on a day."""
    if filters.every_version:
        return (
            DocumentVersion.objects.filter(
                document__in=documents.values("pk"), number__lte=F("document__current_version__number")
            )
            .values("pk")
            .order_by()
        )
    if filters.as_of is None and not filters.needs_version:
        return documents.filter(current_version__isnull=False).values("current_version")
    if filters.as_of is None:
        versions = DocumentVersion.objects.filter(pk__in=documents.values("current_version"))
    else:
        versions = DocumentVersion.objects.filter(pk__in=_held_on(documents, filters.as_of))
        versions = versions.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=filters.as_of))
    versions = versions.order_by().annotate(since=_SINCE)
    if filters.since is not None:
        versions = versions.filter(since__gte=filters.since)
    if filters.until is not None:
        versions = versions.filter(since__lte=filters.until)
    if filters.in_languages:
        languages = Extraction.objects.filter(is_current=True, language__in=filters.in_languages)
        versions = versions.filter(Exists(languages.filter(version=OuterRef("pk"))))
    return versions.values("pk")


def _held_on(documents: QuerySet[Document], day: date) -> QuerySet[Any, Any]:
    """Of each document, the latest version that answered questions and held on `day` already."""
    answered = Extraction.objects.filter(is_current=True, version=OuterRef("pk"))
    return (
        DocumentVersion.objects.filter(Exists(answered), document__in=documents.values("pk"))
        .annotate(since=_SINCE)
        .filter(since__lte=day)
        .order_by("document_id", F("since").desc(), F("number").desc())
        .distinct("document_id")
        .values("pk")
    )
