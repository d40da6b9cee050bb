"""The list of alerts, one of them with its examples, and what people do with it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluation import alert_figures, alerts
from evaluation.models import Alert
from evaluation.models.alert import KINDS
from evaluation.views.seen_by import reviewers_and_admins
from ragapp.accounts.models import User
from ragapp.lib.numbers import whole_number
from ragapp.limits.decorators import limit

PER_PAGE = 50
SHOWN = ("open", "snoozed", "ended")


@reviewers_and_admins
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Those of one state; findings hold no text of documents, so they are for all who may see dashboards."""
    shown = request.GET.get("shown", "open")
    shown = shown if shown in SHOWN else "open"
    found = {
        "open": alerts.open_alerts(),
        "snoozed": Alert.objects.filter(ended_at=None, snoozed_until__gt=timezone.now()),
        "ended": Alert.objects.exclude(ended_at=None),
    }[shown]
    kinds = list(Alert.objects.order_by("kind").values_list("kind", flat=True).distinct())
    kind = request.GET.get("kind", "")
    if kind in kinds:
        found = found.filter(kind=kind)
    page = Paginator(found.select_related("owner"), PER_PAGE).get_page(whole_number(request.GET.get("page", "")) or 1)
    context = {
        "page": page,
        "shown": shown,
        "kinds": [(one, KINDS.get(one, one)) for one in kinds],
        "kind": kind,
        "states": (("open", _("Open")), ("snoozed", _("Snoozed")), ("ended", _("Ended"))),
        "tab": "alerts",
    }
    return render(request, "evaluation/alerts.html", context)


@reviewers_and_admins
@require_safe
def shown(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert; of its examples those whose sources the viewer may read."""
    alert = get_object_or_404(Alert.objects.select_related("owner", "acknowledged_by", "ended_by"), pk=pk)
    assert isinstance(request.user, User)
    examples, withheld = alerts.examples_for(alert, request.user)
    context = {
        "alert": alert,
        "examples": examples,
        "withheld": withheld,
        "owners": alerts.owners(),
        "figures": alert_figures.lines(alert),
        "tab": "alerts",
    }
    return render(request, "evaluation/alert.html", context)


@reviewers_and_admins
@require_POST
@limit("feedback")
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Acknowledge, give to somebody, snooze or end; anything else is not there."""
    alert = get_object_or_404(Alert, pk=pk, ended_at=None)
    by, action = request.user, request.POST.get("action", "")
    assert isinstance(by, User)
    if action == "acknowledge":
        alerts.acknowledge(alert, by=by)
        said = _("Acknowledged.")
    elif action == "give":
        chosen = whole_number(request.POST.get("owner", ""))
        owner = next((one for one in alerts.owners() if one.pk == chosen), None)
        alerts.give_to(alert, owner, by=by)
        said = _("%(name)s looks after it now.") % {"name": owner.name} if owner else _("Nobody looks after it now.")
    elif action == "snooze" and request.POST.get("for") in alerts.SNOOZES:
        alerts.snooze(alert, alerts.SNOOZES[request.POST["for"]], by=by)
        said = _("Snoozed. You are told when it is found again after that.")
    elif action == "end":
        alerts.end(alert, by=by)
        said = _("Ended. The same finding later is a new alert.")
    else:
        raise Http404
    messages.success(request, said)
    return redirect("evaluation:alerts") if action == "end" else redirect("evaluation:alert", alert.pk)
