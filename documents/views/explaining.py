"""What a person would find for a question, and why."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from documents.access import collections_for
from documents.forms import ExplainForm
from documents.models import IndexVersion, Level
from documents.retrieval.explain import explain
from documents.views.operate import HOLDERS
from documents.views.requests import signed_in
from ragapp.audit import log
from ragapp.limits import limit


@login_required
@require_http_methods(["GET", "POST"])
@limit("search")
def explain_retrieval(request: HttpRequest) -> HttpResponse:
    """Every candidate of a question, as far as both the chosen person and the viewer may read it.

    `?person=` and `?collection=` are chosen to begin with. The question comes by POST, so that it stands in no address
    and no access log.
    """
    viewer = signed_in(request)
    is_holder = viewer.has_role(*HOLDERS)
    # Who owns a collection is told what others find there, and there alone.
    collections = collections_for(viewer, Level.READER if is_holder else Level.OWNER)
    if not is_holder and not collections.exists():
        raise Http404
    started = {name: request.GET[name] for name in ("person", "collection") if request.GET.get(name, "").isdecimal()}
    form = ExplainForm(
        request.POST or None, initial=started, viewer=viewer, collections=collections, is_holder=is_holder
    )
    context: dict[str, Any] = {"form": form, "is_holder": is_holder}
    if request.method == "POST" and form.is_valid():
        as_user = form.as_user()
        log.record("retrieval_explained", by=viewer, target=as_user)
        context["as_user"] = as_user
        explained = explain(form.query(), as_user=as_user, viewer=viewer, counts_others=is_holder)
        index = IndexVersion.objects.filter(pk=explained.results.index_version_id).first()
        context |= {"explained": explained, "way": form.way(), "index": index}
    return render(request, "documents/explain.html", context, status=422 if form.is_bound and form.errors else 200)
