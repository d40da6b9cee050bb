"""The review queue in the admin: the list of items, the page of one, and the rules that fill it."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, ForeignKey, OuterRef, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from documents import access
from evaluation.admin_access import AdminsChange, ReviewersOnly, signed_in
from evaluation.models import Review, ReviewItem, Rule
from evaluation.reviews import queue
from evaluation.views import reviewing


@admin.register(ReviewItem)
class ReviewItemAdmin(ReviewersOnly):
    """The answers that wait for reviewers; only those whose sources the reviewer may read."""

    list_display = ("question", "ending", "state", "rule", "went_wrong", "verdicts", "held_by", "created_at")
    list_filter = ("state", "rule", "stage", "answer__status")
    list_filter_submit = True
    list_filter_sheet = True
    search_fields = ("answer__turn__question",)
    ordering = ("created_at", "pk")
    list_per_page = 50
    list_before_template = "admin/evaluation/review/_above.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewItem]:
        return (
            queue.items_for(signed_in(request))
            .annotate(has_judged=Exists(Review.objects.filter(answer=OuterRef("answer"), reviewer=signed_in(request))))
            .select_related("answer__turn", "rule", "claimed_by")
            .prefetch_related("answer__reviews")
            .defer("vector")
        )

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Any, name: str) -> URLPattern:
            found: URLPattern = path(route, self.admin_site.admin_view(view), name=f"evaluation_reviewitem_{name}")
            return found

        return [
            at("next/", reviewing.take_next, "next"),
            at("failures/", reviewing.failures, "failures"),
            at("agreement/", reviewing.agreement_page, "agreement"),
            at("export/<str:ending>/", reviewing.export, "export"),
            at("of/<uuid:pk>/", reviewing.of_answer, "of"),
            at("golden/<uuid:pk>/", reviewing.make_golden, "golden"),
            at("<int:pk>/claim/", reviewing.claim, "claim"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The reviewer's page instead of a form of the row's fields."""
        return reviewing.item(request, object_id)

    @admin.display(description=_("question"), ordering="answer__turn__question")
    def question(self, item: ReviewItem) -> str:
        return item.answer.turn.question[:120]

    @admin.display(description=_("ending"), ordering="answer__status")
    def ending(self, item: ReviewItem) -> str:
        return str(item.answer.get_status_display() or item.answer.get_state_display())

    @admin.display(description=_("where it went wrong"), ordering="stage")
    def went_wrong(self, item: ReviewItem) -> str:
        return item.stage_told or "–"

    @admin.display(description=_("reviews"))
    def verdicts(self, item: ReviewItem) -> str:
        said = [str(one.get_verdict_display()) for one in item.answer.reviews.all()]
        is_sealed = queue.judges_alone(item, has_judged=bool(getattr(item, "has_judged", False)))
        return f"{', '.join(said) if said and not is_sealed else '–'} ({len(said)}/{item.reviews_wanted})"

    @admin.display(description=_("in hand of"))
    def held_by(self, item: ReviewItem) -> str:
        return item.claimed_by.name if item.claimed_by and reviewing.is_held(item) else "–"


@admin.register(Rule)
class RuleAdmin(AdminsChange):
    """Which answers go to the reviewers: seen by reviewers, changed by admins."""

    list_display = ("named", "kind", "percent", "reviews_wanted", "is_active", "applied_at")
    fields = ("name", "kind", "percent", "support_below", "collection", "release", "reviews_wanted", "is_active")

    @admin.display(description=_("name"), ordering="name")
    def named(self, rule: Rule) -> str:
        return str(rule)

    def get_fields(self, request: HttpRequest, obj: Rule | None = None) -> list[str]:
        """Without the name of a collection that the viewer may not read; what the rule says of it stays."""
        chosen = obj.collection_id if obj else None
        is_closed = chosen is not None and not access.collections_for(signed_in(request)).filter(pk=chosen).exists()
        return [
            name for name in self.fields or () if isinstance(name, str) and not (is_closed and name == "collection")
        ]

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        if db_field.name == "collection":
            kwargs["queryset"] = access.collections_for(signed_in(request))
        field: ModelChoiceField[Any] | None = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return field

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        # A changed rule looks back once more.
        obj.applied_at = None
        super().save_model(request, obj, form, change)
