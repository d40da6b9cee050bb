"""Uploads in parts for programs: the tus protocol beside the JSON operations, with the same tokens."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from documents import access, tus
from documents.models import Level
from ragapp.accounts.models import Scope
from ragapp.api.callers import for_programs, owner_of
from ragapp.api.problems import not_found


@require_http_methods(["OPTIONS", "POST"])
@for_programs(Scope.WRITE)
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """A new upload into a collection."""
    if request.method == "OPTIONS":
        return tus.options()
    user = owner_of(request)
    collection = access.collections_for(user, Level.CONTRIBUTOR).filter(pk=pk).first()
    if collection is None:
        raise not_found()
    return tus.create(request, collection, user, lambda made: reverse("api_tus:part", args=[made]))


@require_http_methods(["HEAD", "PATCH", "DELETE"])
@for_programs(Scope.WRITE)
def part(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How much has arrived, another part, or the end of it."""
    return tus.answer(request, pk, owner_of(request))


urls = (
    [path("collections/<int:pk>/", begin, name="begin"), path("<uuid:pk>/", part, name="part")],
    "api_tus",
)
