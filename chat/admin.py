"""Releases and prompts in the admin: to look at. A change is another release, made by code."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from chat.models import PromptVersion, Release, Rollout


class _ReadOnly(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Release)
class ReleaseAdmin(_ReadOnly):
    """Everything that decides how a question is answered."""

    list_display = ("name", "created_by", "created_at", "note")
    search_fields = ("name", "note")
    fields: ClassVar = [
        "name", "note", "prompts", "route", "retrieval", "guards", "index_version", "created_by", "created_at",
    ]  # fmt: skip


@admin.register(PromptVersion)
class PromptVersionAdmin(_ReadOnly):
    """The wordings of the prompts."""

    list_display = ("name", "number", "created_by", "created_at")
    list_filter = ("name",)
    fields = ("name", "number", "body", "created_by", "created_at")


@admin.register(Rollout)
class RolloutAdmin(_ReadOnly):
    """Which release answers."""

    list_display = ("production", "candidate", "candidate_percent", "moved_by", "moved_at")
    fields = ("production", "candidate", "candidate_percent", "moved_by", "moved_at")
