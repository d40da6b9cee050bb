"""Datasets: their versions and cases, and taking in another one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluation import gates
from evaluation.datasets import store, suggesting
from evaluation.datasets.folder import DatasetError
from evaluation.models import Dataset, Gate
from evaluation.run_forms import GateForm, ImportForm
from evaluation.views.requests import changing, looking
from ragapp.accounts.models import Role
from ragapp.lib.numbers import whole_number
from ragapp.limits import limit

A_PAGE, SUGGESTED = 50, 20


@login_required
@limit("upload")
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponseBase:
    """All datasets, and the form that takes one in."""
    user = looking(request)
    form = ImportForm(request.POST, request.FILES, person=user) if request.method == "POST" else ImportForm(person=user)
    if form.is_bound and form.is_valid():
        try:
            version = form.save()
        except DatasetError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("%(name)s holds %(n)s questions.") % {"name": version, "n": version.cases.count()}
            )
            return redirect("evaluation:dataset", version.dataset_id)
    rows = [{"dataset": one, "latest": store.latest(one)} for one in store.listed()]
    return render(request, "evaluation/datasets.html", {"rows": rows, "form": form}, status=422 if form.errors else 200)


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A dataset's versions, and the cases of the newest or `?version=` that the viewer may see."""
    user = looking(request)
    dataset = get_object_or_404(Dataset, pk=pk)
    versions = list(dataset.versions.select_related("created_by"))
    wanted = whole_number(request.GET.get("version", ""))
    chosen = next((one for one in versions if one.number == wanted), versions[0] if versions else None)
    context = {"dataset": dataset, "versions": versions, "chosen": chosen, "may_change": user.has_role(Role.ADMIN)}
    if chosen is not None:
        seen = store.cases_for(user, chosen.cases.prefetch_related("sources"))
        page = Paginator(seen, A_PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "withheld": chosen.cases.count() - page.paginator.count}
    waiting, hidden = suggesting.waiting_for(user, dataset)
    context |= {"waiting": waiting[:A_PAGE], "waiting_more": max(0, len(waiting) - A_PAGE), "waiting_withheld": hidden}
    return render(request, "evaluation/dataset.html", context)


@login_required
@require_POST
@limit("upload")
def suggest(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Suggest cases from reviews or from passages that the person may read, with their rights."""
    user = looking(request)
    dataset = get_object_or_404(Dataset, pk=pk)
    if request.POST.get("source") == "passages":
        n = suggesting.from_passages(dataset, by=user, n=SUGGESTED, seed=dataset.suggestions.count())
    else:
        n = suggesting.from_reviews(dataset, by=user)
    if n:
        said = ngettext("%(n)s case is suggested below.", "%(n)s cases are suggested below.", n) % {"n": n}
        messages.success(request, said)
    else:
        messages.info(request, _("There was nothing new to suggest."))
    return redirect(f"{reverse('evaluation:dataset', args=[pk])}#suggested")


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Approve the ticked suggestions into the next version, or refuse them."""
    user = looking(request)
    dataset = get_object_or_404(Dataset, pk=pk)
    ticked = set(request.POST.getlist("suggestion"))
    chosen = [one for one in suggesting.waiting_for(user, dataset)[0] if str(one.pk) in ticked]
    version = suggesting.decide(chosen, by=user, approve=request.POST.get("decision") == "approve")
    if version is not None:
        messages.success(request, _("%(name)s holds what you approved.") % {"name": version})
    elif chosen:
        messages.success(request, _("Refused. They are not suggested again."))
    else:
        messages.warning(request, _("Nothing was ticked, so nothing has changed."))
    return redirect("evaluation:dataset", pk)


@login_required
@require_POST
def new(request: HttpRequest) -> HttpResponseBase:
    """An empty dataset, for what will be suggested and approved."""
    user = looking(request)
    name = request.POST.get("name", "").strip()[:200]
    if not name:
        messages.error(request, _("Give the dataset a name."))
        return redirect("evaluation:datasets")
    dataset, _made = Dataset.objects.get_or_create(name=name, defaults={"created_by": user})
    return redirect("evaluation:dataset", dataset.pk)


@login_required
@require_POST
def nightly(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask it every night, or no longer."""
    changing(request)
    dataset = get_object_or_404(Dataset, pk=pk)
    dataset.is_nightly = request.POST.get("nightly") == "on"
    dataset.save(update_fields=["is_nightly"])
    said = _("It is asked every night.") if dataset.is_nightly else _("It is no longer asked every night.")
    messages.success(request, said)
    return redirect("evaluation:dataset", pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def gates_page(request: HttpRequest) -> HttpResponseBase:
    """The gates of both stages, what they say of the releases in them, and the form for another one."""
    user = looking(request) if request.method != "POST" else changing(request)
    wanted = {name: request.GET[name] for name in ("dataset", "metric", "bound", "stage") if name in request.GET}
    form = GateForm(request.POST) if request.method == "POST" else GateForm(initial=wanted)
    if form.is_bound and form.is_valid():
        cleaned = form.cleaned_data
        gates.set_gate(cleaned["dataset"].pk, cleaned["metric"], cleaned["stage"], cleaned["bound"], by=user)
        messages.success(request, _("The gate holds from now on."))
        return redirect("evaluation:gates")
    context = {
        "stages": gates.overview(),
        "form": form,
        "may_change": user.has_role(Role.ADMIN),
    }
    return render(request, "evaluation/gates.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def gate_remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take a gate away."""
    gates.remove_gate(get_object_or_404(Gate, pk=pk), by=changing(request))
    messages.success(request, _("The gate is gone."))
    return redirect("evaluation:gates")
