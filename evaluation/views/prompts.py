"""Prompts: the library, versions with their differences and labels, and a preview on a real question."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat import prompts, releases
from chat.answering.run import ask_once
from chat.models import PromptVersion
from chat.prompts import versions
from evaluation.prompt_forms import LabelForm, PreviewForm, PromptForm, add_version
from evaluation.views.requests import changing, looking
from ragapp.accounts.models import Role
from ragapp.lib.numbers import whole_number
from ragapp.limits import limit


@login_required
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Every prompt with its latest version, and the templates that come with the software."""
    user = looking(request)
    releases.ensure_shipped()
    latest = PromptVersion.objects.order_by("name", "-number").distinct("name").select_related("created_by")
    counts = dict(PromptVersion.objects.order_by().values_list("name").annotate(Count("pk")))
    in_use = {prompt.name: prompt for prompt in releases.production().prompts.all()}
    rows = [
        {"version": version, "count": counts[version.name], "in_use": in_use.get(version.name)} for version in latest
    ]
    context = {"rows": rows, "templates": prompts.LIBRARY, "may_change": user.has_role(Role.ADMIN)}
    return render(request, "evaluation/prompts.html", context)


@login_required
@require_safe
def family(request: HttpRequest, name: str) -> HttpResponse:
    """The versions of one prompt: who changed what, when and why."""
    user = looking(request)
    found = list(
        PromptVersion.objects.filter(name=name)
        .select_related("created_by", "parent")
        .prefetch_related("labels", "releases")
    )
    if not found:
        raise Http404
    context = {
        "name": name,
        "task": found[0].get_task_display(),
        "versions": found,
        "production": set(releases.production().prompts.values_list("pk", flat=True)),
        "may_change": user.has_role(Role.ADMIN),
    }
    return render(request, "evaluation/prompt.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest) -> HttpResponseBase:
    """A version made of a template or of another version (`?template=strict`, `?from=12`)."""
    user = changing(request)
    parent = _parent(request)
    start = _template(request)
    task = parent.task if parent else start.task
    initial = {"name": parent.name if parent else start.name, "body": parent.body if parent else start.body}
    form = PromptForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = add_version(form, task=task, by=user, parent=parent)
        if made is not None:
            messages.success(
                request, _("%(version)s is kept. It answers nobody until a release has it.") % {"version": made}
            )
            return redirect("evaluation:prompt_version", made.pk)
    context = {
        "form": form,
        "parent": parent,
        "template": start,
        "variables": sorted(prompts.VARIABLES[task]),
        "task": PromptVersion.Task(task).label,
    }
    return render(request, "evaluation/prompt_form.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """One version, beside the one it was made of or beside `?against=`."""
    looking(request)
    return _version_page(request, get_object_or_404(PromptVersion, pk=pk))


@login_required
@require_POST
@limit("ask")
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the version makes of a question, asked by the person with their own rights; nothing is kept."""
    user = looking(request)
    tried = get_object_or_404(PromptVersion, pk=pk, task=PromptVersion.Task.ANSWER)
    form = PreviewForm(request.POST)
    if not form.is_valid():
        return _version_page(request, tried, form=form, status=422)
    outcome = ask_once(form.cleaned_data["question"], user=user, prompts={tried.task: tried.body}, store=False)
    return _version_page(request, tried, form=form, outcome=outcome)


@login_required
@require_POST
def label(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Moves a label to this version, or takes it away from it (`remove`)."""
    user = changing(request)
    labelled = get_object_or_404(PromptVersion, pk=pk)
    form = LabelForm(request.POST)
    if form.is_valid():
        try:
            if request.POST.get("remove"):
                versions.remove_label(labelled, form.cleaned_data["label"], by=user)
            else:
                versions.move_label(labelled, form.cleaned_data["label"], by=user)
        except versions.VersionInvalid as error:
            messages.error(request, str(error))
    else:
        messages.error(request, _("Write a label."))
    return redirect("evaluation:prompt", labelled.name)


def _version_page(request: HttpRequest, shown: PromptVersion, *, status: int = 200, **context: Any) -> HttpResponse:
    user = looking(request)
    others = PromptVersion.objects.filter(task=shown.task).exclude(pk=shown.pk)
    chosen = others.filter(pk=whole_number(request.GET.get("against", "")) or 0).first()
    against = chosen or shown.parent
    context |= {
        "version": shown,
        "others": others.order_by("name", "-number")[:100],
        "against": against,
        "lines": versions.differences(against.body, shown.body) if against else [],
        "used_by": shown.releases.order_by("-pk"),
        "may_change": user.has_role(Role.ADMIN),
        "may_preview": shown.task == PromptVersion.Task.ANSWER,
        "form": context.get("form") or PreviewForm(),
    }
    return render(request, "evaluation/prompt_version.html", context, status=status)


def _parent(request: HttpRequest) -> PromptVersion | None:
    wanted = request.GET.get("from")
    return get_object_or_404(PromptVersion, pk=whole_number(wanted) or 0) if wanted else None


def _template(request: HttpRequest) -> prompts.Template:
    found = prompts.template(request.GET.get("template") or "answer")
    if found is None:
        raise Http404
    return found
