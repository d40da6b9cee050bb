"""The audit log for auditors and admins: read, filter, export; nobody changes it."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin import DateFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from ragapp.audit.log import record
from ragapp.audit.models import AuditEvent

COLUMNS = ("id", "at", "event", "actor_id", "actor", "address", "target_kind", "target_id", "target", "details")
# A cell that begins like this would be run as a formula by a spreadsheet.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file that hands back what is written to it, one line at a time."""

    def write(self, line: str) -> str:
        return line


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_lines(events: QuerySet[AuditEvent]) -> Iterator[str]:
    """A header and one CSV line per event."""
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for row in events.values_list(*COLUMNS).iterator():
        yield writer.writerow([_cell(value) for value in row])


@admin.register(AuditEvent)
class AuditEventAdmin(ModelAdmin):
    """Read-only."""

    list_display = ("at", "event", "actor", "address", "target_kind", "target")
    list_filter = ("event", ("at", DateFieldListFilter), "target_kind")
    search_fields = ("actor", "target", "target_id", "address")
    date_hierarchy = "at"
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("export_csv",)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> HttpResponse:
        """The selected events, as a file."""
        record("audit_exported", by=request.user, events=queryset.count())
        response = HttpResponse(csv_lines(queryset), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
        return response

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
