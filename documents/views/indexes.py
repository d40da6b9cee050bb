"""Index versions for the people who keep the site running: built, compared, switched, removed."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from documents import indexes, tasks
from documents.forms import IndexForm
from documents.indexes import removing, reports, sizes
from documents.ingestion import chunk, rebuild
from documents.models import IndexBuild, IndexReport, IndexVersion
from documents.views.comparison_form import ComparisonForm
from documents.views.operate import operator
from documents.views.requests import is_fragment
from ragapp.accounts.models import User
from ragapp.limits import limit
from ragapp.llm import embedding
from ragapp.llm.errors import EmbeddingModelError

SWITCHABLE = (IndexVersion.State.READY, IndexVersion.State.RETIRED)
ENDED_EARLY = (IndexBuild.State.FAILED, IndexBuild.State.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An index version as the table shows it."""

    index: IndexVersion
    build: IndexBuild | None
    sizes: sizes.Sizes
    is_pinned: bool
    missing: int  # documents that are not in it yet; 0 where it cannot be switched to

    @property
    def is_catching_up(self) -> bool:
        """Whether documents that came since are being added; a build that failed or was stopped says so itself."""
        return self.missing > 0 and not (self.build and self.build.state in ENDED_EARLY)

    @property
    def must_wait(self) -> bool:
        """Too much is missing to be added while somebody waits for the switch."""
        return self.missing >= rebuild.LATE_MOST


@login_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """All index versions, and the form for another one. The table asks again by itself."""
    user = operator(request)
    if is_fragment(request):
        return render(request, "documents/_indexes_table.html", _table())
    return _page(request, user)


@login_required
@require_POST
def build(request: HttpRequest) -> HttpResponse:
    """Start a build beside the live index."""
    user = operator(request)
    form = IndexForm(request.POST)
    if form.is_valid():
        chunker = {**chunk.CHUNKER, "target": form.cleaned_data["target"]}
        plan = indexes.Plan(name=indexes.next_name(), chunker=chunker, embedder=form.embedder())
        try:
            made = indexes.create(plan, by=user)
        except EmbeddingModelError as error:
            form.add_error(None, f"{error.message} {error.hint}")
        else:
            tasks.build_index.delay_on_commit(made.pk)
            messages.success(request, _("%(name)s is being built. The live index goes on as it is.") % {"name": made})
            return redirect("documents:indexes")
    return _page(request, user, form=form)


@login_required
@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponseBase:
    """Switch to an index, stop or resume its build, or remove it."""
    user = operator(request)
    index = get_object_or_404(IndexVersion, pk=pk)
    try:
        if action == "switch":
            rebuild.switch(index.pk, by=user)
            said = _("Questions are answered from %(name)s now.")
        elif action == "resume":
            rebuild.resume(index.pk)
            tasks.build_index.delay_on_commit(index.pk)
            said = _("%(name)s goes on where it stopped.")
        elif action == "cancel":
            rebuild.cancel(index.pk)
            said = _("%(name)s was stopped; what is done stays.")
        else:
            removing.give_up(index.pk, by=user)
            tasks.remove_indexes.delay_on_commit()
            said = _("%(name)s is being removed. What cites it stands.")
    except (indexes.CannotSwitch, removing.CannotRemove) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said % {"name": index.name})
    return redirect("documents:indexes")


@login_required
@require_POST
def compare(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Compare an index with the live one on questions that people asked, in the background."""
    user = operator(request)
    report = reports.compare_with_live(get_object_or_404(IndexVersion, pk=pk), by=user)
    if report is None:
        messages.error(request, _("Only an index that is ready can be compared with the live one."))
    else:
        tasks.make_report.delay_on_commit(report.pk)
        messages.success(request, _("The comparison is being made; it appears below."))
    return redirect("documents:indexes")


@login_required
@require_POST
@limit("upload")
def compare_labelled(request: HttpRequest) -> HttpResponseBase:
    """Compare an index with the live one on questions in a file, in the background, with the rights of who asks."""
    user = operator(request)
    form = ComparisonForm(request.POST, request.FILES, viewer=user)
    if not form.is_valid():
        return _page(request, user, comparison=form)
    report = reports.compare_with_live(form.cleaned_data["compared"], by=user, brought=form.brought())
    if report is None:
        messages.error(request, _("Only an index that is ready can be compared with the live one."))
    else:
        tasks.make_report.delay_on_commit(report.pk)
        messages.success(request, _("The comparison is being made."))
    return redirect(f"{reverse('documents:indexes')}#compared")


@login_required
@require_safe
def advice(request: HttpRequest) -> HttpResponse:
    """The latest advice on the live index, with its date."""
    operator(request)
    found = IndexReport.objects.filter(kind=IndexReport.Kind.ADVICE).select_related("index_version")
    waiting = found.filter(state__in=["queued", "running"]).exists()
    report = found.filter(state=IndexReport.State.DONE).first()
    return render(request, "documents/index_advice.html", {"report": report, "is_waiting": waiting})


@login_required
@require_POST
def advise(request: HttpRequest) -> HttpResponseBase:
    """Look at the live index anew, in the background."""
    report = reports.advise_on_live(by=operator(request))
    if report is None:
        messages.info(request, _("There is no index yet; the first document makes one."))
    else:
        tasks.make_report.delay_on_commit(report.pk)
        messages.success(request, _("The index is being looked at."))
    return redirect("documents:index_advice")


def _page(
    request: HttpRequest, user: User, *, form: IndexForm | None = None, comparison: ComparisonForm | None = None
) -> HttpResponse:
    """The page with its forms; a form that is given is one that was refused."""
    forms = {"form": form or IndexForm(), "comparison": comparison or ComparisonForm(viewer=user)}
    return render(request, "documents/indexes.html", _table() | forms, status=422 if form or comparison else 200)


def _table() -> dict[str, Any]:
    builds = {build.index_version_id: build for build in IndexBuild.objects.all()}
    pinned = indexes.pinned_ids()
    rows = [
        Row(
            index=index,
            build=builds.get(index.pk),
            sizes=sizes.sizes_of(index),
            is_pinned=index.pk in pinned,
            missing=indexes.missing(index).count() if index.state in SWITCHABLE else 0,
        )
        for index in IndexVersion.objects.order_by("-pk")
    ]
    live = next((row.index for row in rows if row.index.is_live), None)
    waits = live is not None and indexes.differs_from_configured(live)
    comparisons = IndexReport.objects.filter(kind=IndexReport.Kind.COMPARISON)
    return {
        "comparisons": comparisons.select_related("index_version", "baseline")[:10],
        "may_compare": any(row.index.state in SWITCHABLE for row in rows),
        "rows": rows,
        "keep_days": settings.INDEX_KEEP_DAYS,
        "configured": embedding.configured().described if waits else "",
        "is_busy": any(row.build and row.build.state in ("queued", "running") for row in rows)
        or comparisons.filter(state__in=["queued", "running"]).exists(),
    }
