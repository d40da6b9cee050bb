"""The reviewers' desk in the admin: answers with question, sources and feedback; questions for a person; runs."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from chat.models import Answer
from documents import access
from evaluation import admin_escalations, admin_golden, admin_probes, admin_reviews, review  # noqa: F401  registered
from evaluation.admin_access import ReviewersOnly, signed_in
from evaluation.models import EvaluationRun, Feedback, Review
from evaluation.reviews import queue
from ragapp.lib.numbers import whole_number


class ThumbFilter(admin.SimpleListFilter):
    """By the asker's thumb."""

    title = _("thumb")
    parameter_name = "thumb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("-1", _("Not helpful")), ("1", _("Helpful")), ("none", _("No feedback"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Answer]) -> QuerySet[Answer]:
        if self.value() == "none":
            return queryset.filter(feedback__isnull=True)
        if self.value() in ("1", "-1"):
            return queryset.filter(Exists(Feedback.objects.filter(answer=OuterRef("pk"), thumb=int(self.value() or 0))))
        return queryset


class ReviewedFilter(admin.SimpleListFilter):
    """Answers that nobody has judged yet."""

    title = _("review")
    parameter_name = "reviewed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Unreviewed")), ("yes", _("Reviewed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Answer]) -> QuerySet[Answer]:
        if self.value() in ("yes", "no"):
            return queryset.filter(reviews__isnull=self.value() == "no").distinct()
        return queryset


class CollectionFilter(admin.SimpleListFilter):
    """By a collection the answer cites; only those that the reviewer may read are offered."""

    title = _("collection")
    parameter_name = "collection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(c.pk), c.name) for c in access.collections_for(signed_in(request))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Answer]) -> QuerySet[Answer]:
        chosen = whole_number(self.value() or "")
        if chosen is None:
            return queryset
        documents = access.readable_documents(signed_in(request)).filter(collection_id=chosen)
        return queryset.filter(citations__document_id__in=documents.values("pk")).distinct()


@admin.register(Answer)
class AnswerAdmin(ReviewersOnly):
    """Lists the answers whose sources the reviewer may read; opens one with its sources, to be put into the queue."""

    list_display = ("question", "ending", "thumb", "cited", "asked", "verdicts")
    list_filter = (
        ThumbFilter,
        ReviewedFilter,
        ("created_at", RangeDateFilter),
        CollectionFilter,
        "status",
    )
    list_filter_submit = True
    list_filter_sheet = True
    search_fields = ("turn__question", "text")
    ordering = ("-created_at",)
    list_per_page = 50
    fields = ("desk",)
    readonly_fields = ("desk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        return (
            review.answers_for(signed_in(request))
            .select_related("turn__conversation__user", "release")
            .prefetch_related("feedback", "citations", Prefetch("reviews", self._reviews(request)))
        )

    def _reviews(self, request: HttpRequest) -> QuerySet[Review]:
        return queue.reviews_for(signed_in(request)).select_related("reviewer")

    @admin.display(description=_("question"), ordering="turn__question")
    def question(self, answer: Answer) -> str:
        return answer.turn.question[:120]

    @admin.display(description=_("ending"), ordering="status")
    def ending(self, answer: Answer) -> str:
        return str(answer.get_status_display() or answer.get_state_display())

    @admin.display(description=_("thumb"))
    def thumb(self, answer: Answer) -> str:
        return ", ".join("👍" if f.thumb == 1 else "👎" for f in answer.feedback.all() if f.thumb) or "–"

    @admin.display(description=_("sources"))
    def cited(self, answer: Answer) -> str:
        return ", ".join(dict.fromkeys(c.title for c in answer.citations.all() if c.is_support)) or "–"

    @admin.display(description=_("asked"), ordering="created_at")
    def asked(self, answer: Answer) -> Any:
        return answer.created_at

    @admin.display(description=_("reviews"))
    def verdicts(self, answer: Answer) -> str:
        return ", ".join(r.get_verdict_display() for r in answer.reviews.all()) or "–"

    @admin.display(description="")
    def desk(self, answer: Answer) -> SafeString:
        return render_to_string("admin/evaluation/_answer.html", {"answer": answer, "can_queue": True})


@admin.register(EvaluationRun)
class EvaluationRunAdmin(ReviewersOnly):
    """Figures of evaluation runs; the single answers may hold text of sources, so they stay with the shell."""

    list_display = ("asked_of", "release", "state", "started_at", "finished_at")
    fields = ("asked_of", "release", "index_version", "state", "started_at", "finished_at", "metrics")
    readonly_fields = fields

    @admin.display(description=_("dataset"), ordering="version__dataset__name")
    def asked_of(self, run: EvaluationRun) -> str:
        return run.dataset
