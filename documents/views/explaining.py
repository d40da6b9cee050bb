"""What a person would find for a question, and why."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from documents.forms import ExplainForm
from documents.models import IndexVersion
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

    The question comes by POST, so that it stands in no address and no access log.
    """
    viewer = signed_in(request)
    if not viewer.has_role(*HOLDERS):
        raise Http404
    form = ExplainForm(request.POST or None, viewer=viewer)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        as_user = form.as_user()
        log.record("retrieval_explained", by=viewer, target=as_user)
        context["as_user"] = as_user
        explained = explain(form.query(), as_user=as_user, viewer=viewer)
        index = IndexVersion.objects.filter(pk=explained.results.index_version_id).first()
        context |= {"explained": explained, "way": form.way(), "index": index}
    return render(request, "documents/explain.html", context, status=422 if form.is_bound and form.errors else 200)
