"""Sources of a collection, for its owners: the table, a new one, one with its checks, and what a check found."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from documents import access
from documents.models import Collection, Level, Source, SyncItem, SyncRun
from documents.sources import actions, runs
from documents.sources.actions import SourceRefused
from documents.views.requests import collection_at, signed_in
from documents.views.source_form import SourceForm
from ragapp.accounts.models import Role, User
from ragapp.limits import limit

ROWS_A_PAGE = 100
RUNS_SHOWN = 15
WORKING = (SyncRun.State.QUEUED, SyncRun.State.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check with what it counted so far, the outcomes in the order of their weight; `todo` are still to be seen."""

    run: SyncRun
    counts: tuple[tuple[str, str, int], ...]
    todo: int

    @property
    def is_working(self) -> bool:
        """Whether it will change by itself."""
        return self.run.state in WORKING

    @property
    def seen(self) -> int:
        """How many addresses have an outcome."""
        return sum(count for _value, _label, count in self.counts)


@login_required
@require_GET
def sources(request: HttpRequest, pk: int) -> HttpResponse:
    """The sources of a collection."""
    collection = collection_at(request, pk, Level.OWNER)
    rows = [{"source": each, "last": _last(each)} for each in collection.sources.all()]
    return render(request, "documents/sources.html", _context(request, collection, rows=rows))


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Another source. “Try it” says what it would bring; it starts to work when its owner says so."""
    collection, kind = collection_at(request, pk, Level.OWNER), _kind(request)
    form = SourceForm(_given(request), kind=kind)
    if request.method == "POST" and form.is_valid():
        saved = _save(request, form, collection, None)
        if saved is not None:
            return _begin(request, saved)
    return _form(request, collection, form)


@login_required
@require_POST
def validate(request: HttpRequest, pk: int) -> HttpResponse:
    """What is wrong with the fields that hold something already."""
    collection_at(request, pk, Level.OWNER)
    form = SourceForm(request.POST, kind=_kind(request))
    form.is_valid()
    fields = [field for field in form if field.value() or field.name == "below"]
    return render(request, "documents/_source_errors.html", {"fields": fields})


@login_required
@require_GET
def source(request: HttpRequest, pk: int, source: int) -> HttpResponse:
    """One source and its last checks."""
    found = _source_at(request, pk, source)
    last = [_check(run) for run in found.runs.select_related("started_by")[:RUNS_SHOWN]]
    context = _context(request, found.collection, source=found, checks=last, current=last[0] if last else None)
    context["documents"] = found.pages.filter(document__in=access.readable_documents(signed_in(request))).count()
    return render(request, "documents/source.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int, source: int) -> HttpResponseBase:
    """Changes a source; whoever saves it is the person whose rights it works with."""
    found = _source_at(request, pk, source)
    form = SourceForm(_given(request), kind=found.kind, changed=found)
    if request.method == "POST" and form.is_valid() and _save(request, form, found.collection, found) is not None:
        messages.success(request, _("Saved. It works with your rights from now on."))
        return redirect("documents:source", pk, source)
    return _form(request, found.collection, form)


@login_required
@require_POST
@limit("upload")
def act(request: HttpRequest, pk: int, source: int) -> HttpResponseBase:
    """Check, try, pause, resume, answer, cancel, take away."""
    found, user = _source_at(request, pk, source), signed_in(request)
    action = request.POST.get("action", "")
    if action in ("delete", "delete_all"):
        count = actions.delete(found, with_documents=action == "delete_all", by=user)
        gone = ngettext("The source and %(n)d document are gone.", "The source and %(n)d documents are gone.", count)
        messages.success(request, gone % {"n": count} if count else _("The source is gone. Its documents stay."))
        return redirect("documents:sources", pk)
    if action in ("pause", "resume"):
        actions.turn(found, on=action == "resume", by=user)
    elif action in ("check", "try", "start"):
        return _start(request, found, action, user)
    elif action in ("cancel", "remove", "keep"):
        _answer(request, found, action, user)
    else:
        raise Http404
    return redirect("documents:source", pk, source)


@login_required
@require_GET
def run(request: HttpRequest, pk: int, source: int, run: int) -> HttpResponse:
    """What a check found, by outcome; it renews itself while the check goes on."""
    found = _source_at(request, pk, source)
    shown = get_object_or_404(found.runs.select_related("started_by", "source"), pk=run)
    user, wanted = signed_in(request), request.GET.get("outcome", "")
    items = _readable_items(shown, user)
    if wanted in SyncItem.Outcome.values:
        items = items.filter(outcome=wanted)
    page = Paginator(items, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = _context(request, found.collection, source=found, check=_check(shown), page=page, outcome=wanted)
    context["total"] = shown.items.count()
    return render(request, "documents/source_run.html", context)


def _context(request: HttpRequest, collection: Collection, **more: Any) -> dict[str, Any]:
    may_folders = actions.may_read_folders(signed_in(request))
    kinds = [choice for choice in Source.Kind.choices if choice[0] != Source.Kind.FOLDER or may_folders]
    return {
        "collection": collection,
        "kinds": kinds,
        "wants_folders": signed_in(request).has_role(Role.CORPUS_ADMIN, Role.ADMIN) and not may_folders,
        "is_owner": True,
        "is_contributor": True,
        **more,
    }


def _source_at(request: HttpRequest, pk: int, source: int) -> Source:
    return get_object_or_404(
        collection_at(request, pk, Level.OWNER).sources.select_related("collection", "owner"), pk=source
    )


def _kind(request: HttpRequest) -> str:
    kind = request.GET.get("kind", Source.Kind.PAGES)
    if kind == Source.Kind.FOLDER and not actions.may_read_folders(signed_in(request)):
        raise Http404
    return kind if kind in Source.Kind.values else str(Source.Kind.PAGES)


def _given(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _form(request: HttpRequest, collection: Collection, form: SourceForm) -> HttpResponse:
    context = _context(request, collection, form=form, kind=form.kind, source=form.changed)
    return render(request, "documents/source_form.html", context, status=422 if form.is_bound else 200)


def _save(request: HttpRequest, form: SourceForm, collection: Collection, changed: Source | None) -> Source | None:
    try:
        return actions.save(collection, form.wanted(), by=signed_in(request), source=changed)
    except SourceRefused as refused:
        form.add_error(None, f"{refused.message} {refused.hint}")
        return None


def _begin(request: HttpRequest, saved: Source) -> HttpResponse:
    return _start(request, saved, "try" if request.POST.get("then") == "try" else "start", signed_in(request))


def _start(request: HttpRequest, found: Source, action: str, user: User) -> HttpResponse:
    if action == "start":
        actions.turn(found, on=True, by=user)
    started = actions.check(found, by=user, is_dry=action == "try")
    if started is None:
        messages.info(request, _("A check is under way, or waits for your answer."))
        return redirect("documents:source", found.collection_id, found.pk)
    return redirect("documents:source_run", found.collection_id, found.pk, started.pk)


def _answer(request: HttpRequest, found: Source, action: str, user: User) -> None:
    current = found.runs.filter(state__in=runs.ACTIVE).first()
    if current is None:
        messages.info(request, _("The check is over already."))
    elif action == "cancel":
        actions.cancel(current, by=user)
    else:
        actions.decide(current, removes=action == "remove", by=user)


def _last(found: Source) -> Check | None:
    run = found.runs.first()
    return _check(run) if run is not None else None


def _check(run: SyncRun) -> Check:
    counted = run.counts if run.state not in WORKING else runs.counts(run)
    outcomes = ((value, str(label), counted.get(value, 0)) for value, label in SyncItem.Outcome.choices)
    return Check(run=run, counts=tuple(each for each in outcomes if each[2]), todo=counted.get("", 0))


def _readable_items(run: SyncRun, user: User) -> QuerySet[SyncItem]:
    """What has an outcome, without documents that were narrowed to others."""
    readable = Q(document__isnull=True) | Q(document__in=access.readable_documents(user))
    shown = Q(is_sitemap=False) | Q(outcome=SyncItem.Outcome.FAILED)
    return run.items.exclude(outcome="").filter(readable & shown).select_related("document")
