"""Which model to choose, whether the site is ready, and whether fine-tuning is worth it."""

from collections.abc import Callable, Iterator

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluation import fine_tuning, readiness, retiring
from evaluation.dashboards import choosing
from evaluation.fine_tuning import Collected
from evaluation.views.seen_by import reviewers_and_admins
from ragapp.accounts.models import Role, User
from ragapp.audit import log as audit

PARTS: dict[str, Callable[[Collected], Iterator[str]]] = {
    "chat": fine_tuning.chat_lines,
    "preferences": fine_tuning.preference_lines,
    "provenance": fine_tuning.provenance_lines,
}


@reviewers_and_admins
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """Releases beside each other, on datasets and on what people asked."""
    today = timezone.localdate()
    context = {
        "datasets": choosing.on_datasets(),
        "live": choosing.live(today),
        "departures": retiring.departures(today),
        "tab": "models",
    }
    return render(request, "evaluation/models.html", context)


@reviewers_and_admins
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """What was checked, and what to do next."""
    assert isinstance(request.user, User)
    found = readiness.checks(request.user)
    context = {"areas": found, "next": readiness.next_step(found), "tab": "readiness"}
    return render(request, "evaluation/readiness.html", context)


@login_required
@require_safe
def fine_tuning_page(request: HttpRequest) -> HttpResponse:
    """For reviewers, since what is counted is what they may read."""
    collected = fine_tuning.collect(_reviewer(request))
    reasons = {
        "personal_data": _("hold personal data"),
        "no_prompt": _("have no prompt any more, or were made without a model"),
        "unreadable": _("rest on sources that you may not read"),
        "simulated": _("are simulated"),
    }
    context = {
        "collected": collected,
        "advice": fine_tuning.advice(collected),
        "left_out": [(reasons[name], n) for name, n in collected.left_out.items()],
        "parts": list(PARTS),
        "few": fine_tuning.FEW,
        "enough": fine_tuning.ENOUGH,
        "tab": "fine_tuning",
    }
    return render(request, "evaluation/fine_tuning.html", context)


@login_required
def fine_tuning_file(request: HttpRequest, part: str) -> HttpResponse:
    """One of the files, with an entry in the audit log."""
    return _file(request, part, by=_reviewer(request))


@require_POST
def _file(request: HttpRequest, part: str, *, by: User) -> HttpResponse:
    if part not in PARTS:
        raise Http404
    collected = fine_tuning.collect(by)
    lines = list(PARTS[part](collected))
    audit.record("fine_tuning_exported", by=by, target_kind="fine_tuning", target_id=part, lines=len(lines))
    response = HttpResponse("".join(f"{line}\n" for line in lines), content_type="application/x-ndjson; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="fine-tuning-{part}.jsonl"'
    return response


def _reviewer(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or not user.has_role(Role.REVIEWER):
        raise Http404
    return user
