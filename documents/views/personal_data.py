"""Personal data: what was found in a collection and its policy, what was found in a document, the values on request."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from documents import personal_data
from documents.forms import PersonalDataForm
from documents.models import Collection, Level
from documents.personal_data import Refused
from documents.views.requests import collection_at, document_at, level_in, signed_in
from ragapp.accounts.models import User
from ragapp.limits import limit

PLACES_A_PAGE = 40


@login_required
@require_http_methods(["GET", "POST"])
def collection(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What was found in the collection, and the policy, which owners and corpus admins change."""
    found, user = collection_at(request, pk, Level.READER), signed_in(request)
    may_set = personal_data.may_set_policy(user, found)
    level = level_in(user, found) or Level.READER
    is_contributor = level >= Level.CONTRIBUTOR
    if not (may_set or is_contributor):
        raise Http404
    form = PersonalDataForm(request.POST if request.method == "POST" else None, initial=_initial(found))
    if request.method == "POST":
        if not may_set:
            raise Http404
        if form.is_valid():
            return _changed(request, found, form.cleaned_data, user)
    context = {
        "collection": found,
        "form": form,
        "may_set": may_set,
        "is_contributor": is_contributor,
        "is_owner": level == Level.OWNER,
        "report": personal_data.collection_report(found, reader=user),
        "outdated": personal_data.outdated(found),
        "withheld": personal_data.withheld(found),
        "policy": Collection.PersonalData(found.personal_data),
    }
    status = 422 if form.is_bound else 200
    return render(request, "documents/collection_personal_data.html", context, status=status)


@login_required
@require_POST
def process_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Reads what was processed under another policy again."""
    found = collection_at(request, pk, Level.READER)
    try:
        count = personal_data.process_again(found, by=signed_in(request))
    except Refused as refused:
        raise Http404 from refused
    messages.success(request, _again_sentence(count))
    return redirect("documents:collection_personal_data", pk)


@login_required
@require_POST
@limit("reveal")
def reveal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The values that were found in a document, a page of them; recorded."""
    found = document_at(request, pk, Level.READER)
    first = place(request.POST.get("first", "0"))
    try:
        report = personal_data.reveal(found, first=first, most=PLACES_A_PAGE, by=signed_in(request))
    except Refused as refused:
        raise Http404 from refused
    context = {"document": found, "report": report, "is_revealed": True, "may_see": True, **around(first, report)}
    template = "documents/_personal_data.html" if request.headers.get("HX-Request") else "documents/personal_data.html"
    response = render(request, template, context)
    response["Cache-Control"] = "private, no-store"
    return response


def place(value: str) -> int:
    """The number of the first place that is asked for."""
    return int(value) if value.isdecimal() and len(value) < 6 else 0


def around(first: int, report: personal_data.DocumentReport | None) -> dict[str, Any]:
    """Where the pages before and after begin; None where there is none."""
    listed = report.listed if report else 0
    return {
        "first": first,
        "before": max(0, first - PLACES_A_PAGE) if first else None,
        "after": first + PLACES_A_PAGE if first + PLACES_A_PAGE < listed else None,
        "last": min(first + PLACES_A_PAGE, listed),
    }


def _initial(found: Collection) -> dict[str, Any]:
    return {"policy": found.personal_data, "kinds": found.personal_data_kinds, "again": True}


def _changed(request: HttpRequest, found: Collection, wanted: dict[str, Any], user: User) -> HttpResponseBase:
    count = personal_data.set_policy(found, policy=wanted["policy"], kinds=wanted["kinds"], by=user)
    if wanted["again"] and not count:
        count = personal_data.process_again(found, by=user)
    sentences = [_("The policy holds for every file that is read in from now on.")]
    if count:
        sentences.append(_again_sentence(count))
    messages.success(request, " ".join(sentences))
    return redirect("documents:collection_personal_data", found.pk)


def _again_sentence(count: int) -> str:
    return ngettext(
        "%(n)d version is read again from its original.", "%(n)d versions are read again from their originals.", count
    ) % {"n": count}
