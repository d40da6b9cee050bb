"""Questions for people in the admin: who has them, until when, the reply, and the rules that pass them on."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from evaluation import escalation, review
from evaluation.admin_access import AdminsChange, ReviewersOnly, is_reviewer, signed_in
from evaluation.models import Escalation, EscalationRule, Simulation
from ragapp.accounts.models import Role, User


class _OverdueFilter(admin.SimpleListFilter):
    """Open entries whose deadline has passed."""

    title = _("deadline")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Escalation]) -> QuerySet[Escalation]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(state=Escalation.State.OPEN, due_at__lt=timezone.now())


class _SimulatedFilter(admin.SimpleListFilter):
    """Without what nobody asked, unless it is wanted."""

    title = _("simulated people")
    parameter_name = "simulated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("too", _("Show them, too")), ("only", _("Show nobody else"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """As ever; what is chosen by itself is called what it is."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Leave them out")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Escalation]) -> QuerySet[Escalation]:
        if self.value() == "too":
            return queryset
        people = Simulation.people()
        return queryset.filter(user__in=people) if self.value() == "only" else queryset.exclude(user__in=people)


@admin.register(Escalation)
class EscalationAdmin(ReviewersOnly):
    """Questions that a person is to answer; the reply appears in the asker's conversation."""

    list_display = ("question", "state", "owner", "due", "why", "user", "created_at")
    list_filter = ("state", _OverdueFilter, "rule", _SimulatedFilter)
    ordering = ("-state", "due_at", "-created_at")
    fields = ("desk", "note", "owner", "due_at", "reply")
    readonly_fields = ("desk", "note")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Escalation]:
        visible = review.answers_for(signed_in(request))
        rows = Escalation.objects.filter(answer__in=visible.values("pk"))
        return rows.select_related("answer__turn__conversation__user", "user", "owner", "rule")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_reviewer(request)

    def get_form(
        self, request: HttpRequest, obj: Escalation | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Escalation]]:
        """Whoever is to reply may read what it is about."""
        form: type[ModelForm[Escalation]] = super().get_form(request, obj, change, **kwargs)
        owner = form.base_fields.get("owner")
        if obj is not None and isinstance(owner, ModelChoiceField):
            able = escalation.who_may_reply(obj.answer)
            owner.queryset = User.objects.filter(pk__in=[one.pk for one in able]).order_by("username")
        return form

    def save_model(self, request: HttpRequest, obj: Escalation, form: Any, change: bool) -> None:
        by = signed_in(request)
        if {"owner", "due_at"} & set(form.changed_data):
            escalation.hand_over(obj, owner=obj.owner, due_at=obj.due_at, by=by)
        if "reply" in form.changed_data and obj.reply.strip():
            escalation.reply(obj, text=obj.reply, by=by)

    @admin.display(description=_("question"))
    def question(self, entry: Escalation) -> str:
        return entry.answer.turn.question[:120]

    @admin.display(description=_("reply due"), ordering="due_at")
    def due(self, entry: Escalation) -> Any:
        return entry.due_at

    @admin.display(description=_("why"))
    def why(self, entry: Escalation) -> str:
        return entry.rule.name if entry.rule else str(_("the asker wanted it"))

    @admin.display(description="")
    def desk(self, entry: Escalation) -> SafeString:
        shown = {"answer": entry.answer, "can_keep": bool(entry.reply)}
        return render_to_string("admin/evaluation/_answer.html", shown)


@admin.register(EscalationRule)
class EscalationRuleAdmin(AdminsChange):
    """Which answers a person looks at without anybody asking for it."""

    list_display = ("name", "kind", "owner", "hours", "is_active", "applied_at")
    fields = ("name", "kind", "topics", "support_below", "owner", "hours", "is_active")

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        if db_field.name == "owner":
            kwargs["queryset"] = reviewers()
        field: ModelChoiceField[Any] | None = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return field


def reviewers() -> QuerySet[User]:
    return User.objects.filter(role_assignments__role=Role.REVIEWER, is_active=True).order_by("username")
