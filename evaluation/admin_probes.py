"""The company's own test questions for models, in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from evaluation.admin_access import AdminsChange, signed_in
from evaluation.models import ProbeQuestion
from ragapp.audit.log import record


@admin.register(ProbeQuestion)
class ProbeQuestionAdmin(AdminsChange):
    """Admins add and switch off; the shipped ones stay."""

    list_display = ("text", "is_active", "created_by", "created_at")
    list_filter = ("is_active",)
    fields = ("text", "is_active")

    def save_model(self, request: HttpRequest, obj: ProbeQuestion, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = signed_in(request)
        super().save_model(request, obj, form, change)
        record("probe_question_changed" if change else "probe_question_added", by=request.user, target=obj)

    def delete_model(self, request: HttpRequest, obj: ProbeQuestion) -> None:
        record("probe_question_deleted", by=request.user, target=obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ProbeQuestion]) -> None:
        for one in queryset:
            self.delete_model(request, one)
