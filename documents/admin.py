"""Collections, documents and their processing in the admin: names, sizes and states, never their text.

Everything here is for looking at. Adding, sharing and removing go through the corpus pages, which check rights.
"""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from documents.models import Collection, IndexVersion, IngestionRun


class _ReadOnly(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Collection)
class CollectionAdmin(_ReadOnly):
    """Which collections there are, whose, and how large."""

    list_display = ("name", "created_by", "created_at", "documents_in_it")
    search_fields = ("name",)
    fields = ("name", "description", "created_by", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        found: QuerySet[Collection] = super().get_queryset(request)
        return found.filter(is_private=False).annotate(documents_here=Count("documents"))

    @admin.display(description="documents", ordering="documents_here")
    def documents_in_it(self, collection: Collection) -> int:
        return int(getattr(collection, "documents_here", 0))


@admin.register(IngestionRun)
class IngestionRunAdmin(_ReadOnly):
    """What waits, runs or has failed. Titles may be confidential, so runs are shown by the number of their version."""

    list_display = ("version_id", "state", "stage", "attempts", "failure", "queued_at", "finished_at")
    list_filter = ("state", "stage")
    fields: ClassVar = [
        "state", "stage", "attempts", "failure", "hint", "stage_ms", "queued_at", "heartbeat_at", "lease_until",
        "finished_at",
    ]  # fmt: skip


@admin.register(IndexVersion)
class IndexVersionAdmin(_ReadOnly):
    """How passages are cut, embedded and analysed."""

    list_display = ("name", "is_live", "embedding_model", "analyser", "chunk_count", "statistics_at")
    fields: ClassVar = [
        "name", "is_live", "chunker", "embedding_model", "embedding_revision", "dimensions", "analyser",
        "chunk_count", "average_length", "languages", "statistics_at", "is_stale", "created_at",
    ]  # fmt: skip
