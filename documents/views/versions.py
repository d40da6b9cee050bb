"""Two versions beside each other, an older one that answers again, and from when to when one holds."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from documents import differences, versions
from documents.forms import ValidityForm
from documents.models import Document, DocumentVersion, Level
from documents.versions import VersionRefused
from documents.views.reading import extraction_of
from documents.views.requests import document_at, level_on, signed_in, version_of


@login_required
@require_safe
def compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What changed between `?older=` and `?newer=`; without them, as `versions.to_compare` chooses."""
    found = document_at(request, pk, Level.READER)
    level = level_on(signed_in(request), found) or Level.READER
    choices = (found.versions.all() if level >= Level.CONTRIBUTOR else versions.for_readers(found)).order_by("-number")
    older, newer = _pair(request, found, [each.number for each in choices])
    left, right = extraction_of(older), extraction_of(newer)
    return render(
        request,
        "documents/compare.html",
        {
            "document": found,
            "older": older,
            "newer": newer,
            "choices": choices,
            "is_one_day": len({localdate(each.uploaded_at) for each in choices}) < len(choices),
            "comparison": differences.compare(left, right) if left is not None and right is not None else None,
        },
    )


@login_required
@require_POST
def restore(request: HttpRequest, pk: UUID, number: int) -> HttpResponseBase:
    """Lets an older version answer again."""
    found = document_at(request, pk, Level.CONTRIBUTOR)
    version = version_of(request, found, number)
    try:
        is_done = versions.restore(version, by=signed_in(request))
    except VersionRefused as refused:
        messages.error(request, f"{refused.message} {refused.hint}")
    else:
        said = (
            _("Version %(n)d answers questions from now on.")
            if is_done
            else _("Version %(n)d is being indexed again; it answers questions as soon as that is done.")
        )
        messages.success(request, said % {"n": number})
    return _to_versions(found)


@login_required
@require_POST
def validity(request: HttpRequest, pk: UUID, number: int) -> HttpResponseBase:
    """Says from when to when a version holds."""
    found = document_at(request, pk, Level.CONTRIBUTOR)
    version = version_of(request, found, number)
    form = ValidityForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A date could not be read, so nothing was changed. Write it as 2026-01-31."))
        return _to_versions(found)
    try:
        versions.set_validity(
            version,
            valid_from=form.cleaned_data["valid_from"],
            valid_to=form.cleaned_data["valid_to"],
            by=signed_in(request),
        )
    except VersionRefused as refused:
        messages.error(request, f"{refused.message} {refused.hint}")
    else:
        messages.success(request, _("The dates of version %(n)d are changed.") % {"n": number})
    return _to_versions(found)


def _to_versions(document: Document) -> HttpResponse:
    return redirect(f"{reverse('documents:document', args=[document.pk])}?tab=versions")


def _pair(request: HttpRequest, document: Document, known: list[int]) -> tuple[DocumentVersion, DocumentVersion]:
    usual = versions.to_compare(document, known) or (0, 0)
    numbers = [_number(request.GET.get(name), number) for name, number in zip(("older", "newer"), usual, strict=True)]
    return version_of(request, document, numbers[0]), version_of(request, document, numbers[1])


def _number(value: str | None, usual: int) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 7 else usual
