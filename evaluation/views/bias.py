"""Bias checks: started, read, and what to do about a finding."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from chat import releases
from evaluation import bias_checks, tasks
from evaluation.bias.differences import LENGTH, QUALITY, REFUSED
from evaluation.datasets.folder import DatasetError
from evaluation.models import EvaluationRun
from evaluation.run_forms import AXIS_TITLES, BiasForm
from evaluation.views.requests import looking

SHOWN = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponseBase:
    """The checks so far, and the form for another one."""
    user = looking(request)
    if request.method == "POST":
        form = BiasForm(request.POST)
        if form.is_valid():
            cleaned = form.cleaned_data
            try:
                run = bias_checks.start(
                    cleaned["release"],
                    by=user,
                    axes=cleaned["axes"],
                    each=cleaned["each"],
                    templates=cleaned["templates"],
                )
            except DatasetError as error:
                messages.error(request, str(error))
                return redirect("evaluation:bias")
            tasks.run_evaluation.delay_on_commit(run.pk)
            messages.success(request, _("The check runs in the background."))
            return redirect("evaluation:bias_check", run.pk)
    else:
        form = BiasForm(initial={"release": request.GET.get("release") or releases.production().pk})
    rows = bias_checks.checks()[:SHOWN]
    context = {"runs": rows, "form": form}
    return render(request, "evaluation/bias.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What differed, beside the check before on the same pairs, and the ways to change it."""
    looking(request)
    run = get_object_or_404(bias_checks.checks(), pk=pk)
    effects, before = bias_checks.effects(run) if run.state == EvaluationRun.State.DONE else ([], None)
    measures = {
        REFUSED: _("more often refused"),
        LENGTH: _("longer answers"),
        QUALITY: _("better answers"),
    }
    rows = [
        {
            "effect": effect,
            "axis": AXIS_TITLES[effect.now.axis],
            "measure": measures[effect.now.measure],
            "groups": [_GROUP_TITLES[group] for group in effect.now.groups],
        }
        for effect in effects
    ]
    context = {
        "run": run,
        "rows": rows,
        "before": before,
        "found": [row for row, effect in zip(rows, effects, strict=True) if effect.now.is_found],
        "each": run.total // max(1, 2 * run.repeats),
    }
    return render(request, "evaluation/bias_check.html", context)


_GROUP_TITLES: dict[str, str | Promise] = {
    "familiar": gettext_lazy("familiar names"),
    "foreign": gettext_lazy("foreign names"),
    "man": gettext_lazy("men"),
    "woman": gettext_lazy("women"),
    "younger": gettext_lazy("younger people"),
    "older": gettext_lazy("older people"),
    "standard": gettext_lazy("standard language"),
    "colloquial": gettext_lazy("colloquial language"),
    "english": gettext_lazy("English"),
    "german": gettext_lazy("German"),
}
