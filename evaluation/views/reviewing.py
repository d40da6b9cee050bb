"""The reviewers' pages in the admin: one answer with its sources, what comes next, agreement, export."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import golden
from chat.models import Answer
from evaluation import review
from evaluation.forms import ReviewForm
from evaluation.models import ReviewItem
from evaluation.reviews import agreement, desk, exporting, judging, queue, rebinding, sampling, topics
from ragapp.accounts.models import Role, User
from ragapp.audit import log
from ragapp.llm.errors import EmbeddingModelError

LIST = "admin:evaluation_reviewitem_changelist"
PAGE = "admin:evaluation_reviewitem_change"


def item(request: HttpRequest, pk: str) -> HttpResponse:
    """One answer to judge. Saving goes on to the next one, or to a golden answer made of it."""
    reviewer = _reviewer(request)
    found = _item(reviewer, pk)
    form = ReviewForm(request.POST if request.method == "POST" else None, initial=desk.initial(found, reviewer))
    status = 200
    if request.method == "POST":
        if "golden" in request.POST and not set(form.changed_data) - {"find"}:
            return _draft_golden(request, found.answer, reviewer)
        if form.is_valid() and "search" not in request.POST and _save(request, found, form, reviewer):
            if "golden" in request.POST:
                return _draft_golden(request, found.answer, reviewer)
            messages.success(request, _("Saved."))
            return _to_next(request, found, reviewer)
        status = 200 if form.is_valid() else 422
    now = timezone.now()
    find = form.cleaned_data.get("find", "") if form.is_bound else ""
    context = {
        "item": found,
        "answer": found.answer,
        "form": form,
        "desk": desk.lay_out(found, reviewer=reviewer, find=find),
        "is_free": queue.is_free(found, reviewer=reviewer, now=now),
        "is_mine": found.claimed_by_id == reviewer.pk and is_held(found),
        "previous": queue.previous_before(found, reviewer=reviewer),
        "left": queue.left(reviewer, now=now),
        "title": _("Review"),
    }
    return render(request, "admin/evaluation/review/item.html", _framed(request, context), status=status)


def take_next(request: HttpRequest) -> HttpResponse:
    """Claims the next item that waits and opens it; says so when none is left."""
    reviewer = _reviewer(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    after = request.POST.get("after", "")
    current = queue.items_for(reviewer).filter(pk=int(after)).first() if after.isdecimal() else None
    if current is not None:
        queue.release(current, reviewer=reviewer)
    return _to_next(request, current, reviewer)


def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes an item in hand, or gives it back."""
    reviewer = _reviewer(request)
    found = _item(reviewer, str(pk))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if "release" in request.POST:
        queue.release(found, reviewer=reviewer)
    elif not queue.claim(found, reviewer=reviewer, now=timezone.now()):
        messages.warning(request, _("Somebody else has this answer in hand. Take the next one."))
    return redirect(PAGE, found.pk)


def of_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Puts an answer into the queue by hand and opens it."""
    reviewer = _reviewer(request)
    answer = get_object_or_404(review.answers_for(reviewer), pk=pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return redirect(PAGE, sampling.by_hand(answer).pk)


def make_golden(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Drafts a golden answer from what a person said about this one, to be checked and switched on."""
    reviewer = _reviewer(request)
    answer = get_object_or_404(review.answers_for(reviewer).select_related("turn"), pk=pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return _draft_golden(request, answer, reviewer)


def _draft_golden(request: HttpRequest, answer: Answer, reviewer: User) -> HttpResponse:
    text, right = desk.best_words(answer, reviewer)
    if not text.strip():
        messages.warning(request, _("There is nothing to keep yet: write what it should have said, and save."))
        return redirect(PAGE, sampling.by_hand(answer).pk)
    try:
        drafted = golden.draft(answer, text=text, by=reviewer, right=right)
    except EmbeddingModelError:
        messages.error(request, _("The embedding model is away, so no golden answer was made. Try again in a moment."))
        return redirect(PAGE, sampling.by_hand(answer).pk)
    return redirect("admin:chat_goldenanswer_change", drafted.pk)


def rebind_golden(request: HttpRequest, pk: int) -> HttpResponse:
    """Still right: bound to what its documents say now, if that is what the reviewer was shown."""
    reviewer = _reviewer(request)
    one = get_object_or_404(golden.visible_to(reviewer), pk=pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if rebinding.rebind(one, seen=request.POST.get("seen", ""), by=reviewer):
        messages.success(request, _("It is bound to the new versions and given again."))
    else:
        messages.error(request, _("A source has changed once more, or is gone. Nothing was changed; look at it again."))
    return redirect("admin:chat_goldenanswer_change", one.pk)


def retire_golden(request: HttpRequest, pk: int) -> HttpResponse:
    """Given to nobody from now on; what it said is kept as a draft."""
    reviewer = _reviewer(request)
    one = get_object_or_404(golden.visible_to(reviewer), pk=pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    rebinding.retire(one, by=reviewer)
    messages.success(request, _("It is given to nobody any more. It stays here as a draft."))
    return redirect("admin:chat_goldenanswer_change", one.pk)


def agreement_page(request: HttpRequest) -> HttpResponse:
    """How far reviewers agree beyond chance; figures only, no text."""
    _reviewer(request)
    figures = agreement.overview()
    labels = {name: field.label for name, field in ReviewForm.base_fields.items()} | {"verdict": _("Verdict")}
    over_all = [(labels[name], kappa) for name, kappa in figures.fleiss]
    context = {"figures": figures, "over_all": over_all, "title": _("Agreement of reviewers")}
    return render(request, "admin/evaluation/review/agreement.html", _framed(request, context))


def failures(request: HttpRequest) -> HttpResponse:
    """The topics of bad answers that the reviewer may see, with examples and how their number goes."""
    reviewer = _reviewer(request)
    found = topics.topics(reviewer, now=timezone.now())
    peak = max((n for topic in found for n in topic.weeks), default=1)
    # Per week (x, y, height), for a drawing of 64 by 24.
    bars = [[(8 * at, 24 - 24 * n // peak, 24 * n // peak) for at, n in enumerate(topic.weeks)] for topic in found]
    context = {"topics": list(zip(found, bars, strict=True)), "title": _("What goes wrong")}
    return render(request, "admin/evaluation/review/failures.html", _framed(request, context))


def export(request: HttpRequest, ending: str) -> HttpResponse:
    """The reviews of answers and passages that the reviewer may read, as CSV or JSON lines."""
    reviewer = _reviewer(request)
    if ending not in exporting.FORMATS:
        raise Http404
    rows = exporting.rows(reviewer)
    log.record("reviews_exported", by=reviewer, target_kind="review", target_id="", count=len(rows), format=ending)
    media_type, body = exporting.FORMATS[ending](rows)
    name = f"reviews-{timezone.localdate().isoformat()}.{ending}"
    return HttpResponse(
        body, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def is_held(found: ReviewItem) -> bool:
    """Whether somebody has the item in hand at this moment."""
    return found.claimed_until is not None and found.claimed_until > timezone.now()


def _save(request: HttpRequest, found: ReviewItem, form: ReviewForm, reviewer: User) -> bool:
    """False when the judgement could not be taken, which the form then says."""
    said = form.cleaned_data
    judgement = judging.Judgement(
        rubric=form.rubric(),
        corrected_answer=said["corrected_answer"],
        right=desk.passage(found, said["passage"], reviewer),
        cause=said["cause"],
        note=said["note"],
        decides=said["decides"],
    )
    try:
        judging.record(found, judgement, reviewer=reviewer, now=timezone.now())
    except judging.Taken:
        form.add_error(None, _("Somebody else has this answer in hand; yours is still here, and can be saved later."))
        return False
    return True


def _to_next(request: HttpRequest, after: ReviewItem | None, reviewer: User) -> HttpResponse:
    now = timezone.now()
    while (following := queue.next_after(after, reviewer=reviewer, now=now)) is not None:
        if queue.claim(following, reviewer=reviewer, now=now):
            return redirect(PAGE, following.pk)
    messages.info(request, _("Nothing waits for you now."))
    return redirect(LIST)


def _item(reviewer: User, pk: str) -> ReviewItem:
    rows = queue.items_for(reviewer).defer("vector").select_related("answer__turn__conversation", "answer__release")
    return get_object_or_404(rows, pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0)


def _reviewer(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or not user.has_role(Role.REVIEWER):
        raise Http404
    return user


def _framed(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    return {**admin.site.each_context(request), "list_url": reverse(LIST), **context}
