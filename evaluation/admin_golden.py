"""Golden answers in the admin: written by reviewers, bound to their sources, with what came of them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count, F, ForeignKey, ManyToManyField, Max, Model, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chat import golden
from chat.models import GoldenAnswer
from evaluation.admin_access import ReviewersOnly, is_reviewer, signed_in
from evaluation.admin_escalations import reviewers
from evaluation.models import Simulation
from evaluation.reviews import rebinding
from evaluation.views import reviewing


class StandingFilter(admin.SimpleListFilter):
    """By whether they are given to askers, and why not."""

    title = _("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("live", _("Given to askers")), ("stale", _("A source has changed")), ("draft", _("Draft"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[GoldenAnswer]) -> QuerySet[GoldenAnswer]:
        if self.value() == "stale":
            return queryset.alias(stale=F("is_stale")).filter(stale=True)
        if self.value() in ("live", "draft"):
            return queryset.filter(is_live=self.value() == "live")
        return queryset


class GoldenForm(forms.ModelForm[GoldenAnswer]):
    """One that would be given to everybody without resting on any source is refused."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("is_live") and not said.get("audience") and not self.instance.sources.exists():
            raise ValidationError(_("This answer rests on no source, so name who it is for before it is given."))
        return said


@admin.register(GoldenAnswer)
class GoldenAnswerAdmin(ReviewersOnly):
    """Those whose every source the reviewer may read. They are made from an answer that was reviewed, or a reply."""

    form = GoldenForm
    list_display = ("question", "standing", "owner", "expires_on", "given", "last_given", "checked_at")
    list_filter = (StandingFilter, "owner")
    search_fields = ("question", "text")
    fields = ("desk", "question", "text", "owner", "audience", "expires_on", "is_live", "log")
    readonly_fields = ("desk", "log")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoldenAnswer]:
        return (
            golden.visible_to(signed_in(request))
            .select_related("owner")
            .annotate(times=Count("hits", distinct=True), last=Max("hits__at"))
            .defer("vector")
            .order_by("-created_at")
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> GoldenAnswer | None:
        found: GoldenAnswer | None = super().get_object(request, object_id, from_field)
        if found is not None:
            # What its documents say now is looked up for who looks.
            found.reader = signed_in(request)  # type: ignore[attr-defined]
        return found

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Any, name: str) -> URLPattern:
            found: URLPattern = path(route, self.admin_site.admin_view(view), name=f"chat_goldenanswer_{name}")
            return found

        return [
            at("<int:pk>/rebind/", reviewing.rebind_golden, "rebind"),
            at("<int:pk>/retire/", reviewing.retire_golden, "retire"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_reviewer(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_reviewer(request)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        if db_field.name == "owner":
            kwargs["queryset"] = reviewers()
        field: ModelChoiceField[Any] | None = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return field

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        if db_field.name == "audience":
            kwargs["queryset"] = Group.objects.exclude(pk__in=Simulation.groups())
        field: ModelMultipleChoiceField[Any] | None = super().formfield_for_manytomany(db_field, request, **kwargs)
        return field

    def save_model(self, request: HttpRequest, obj: GoldenAnswer, form: Any, change: bool) -> None:
        golden.save(obj, audience=list(form.cleaned_data["audience"]), by=signed_in(request))

    @admin.display(description=_("state"))
    def standing(self, one: GoldenAnswer) -> str:
        if getattr(one, "is_stale", False):
            return str(_("A source has changed"))
        if one.expires_on is not None and one.expires_on < timezone.localdate():
            return str(_("Expired"))
        return str(_("Given to askers") if one.is_live else _("Draft"))

    @admin.display(description=_("times given"), ordering="times")
    def given(self, one: GoldenAnswer) -> int:
        return int(getattr(one, "times", 0))

    @admin.display(description=_("last given"), ordering="last")
    def last_given(self, one: GoldenAnswer) -> Any:
        return getattr(one, "last", None)

    @admin.display(description=_("sources"))
    def desk(self, one: GoldenAnswer) -> SafeString:
        shown: dict[str, Any] = {"golden": one, "standing": self.standing(one)}
        if getattr(one, "is_stale", False) and (reader := getattr(one, "reader", None)):
            shown["changed"] = rebinding.changed(one, reader=reader)
            shown["seen"] = rebinding.shown(shown["changed"])
        return render_to_string("admin/evaluation/_golden.html", shown)

    @admin.display(description=_("given last"))
    def log(self, one: GoldenAnswer) -> SafeString:
        return render_to_string("admin/evaluation/_golden_log.html", {"hits": one.hits.all()[:20]})
