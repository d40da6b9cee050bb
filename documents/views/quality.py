"""In what state the documents of a collection are, as a table and as CSV; and deciding about a conflict."""

import csv
from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from documents import conflicts, quality, wishes
from documents.models import Conflict, Level
from documents.quality import Quality
from documents.views.requests import collection_at, document_at, level_in, signed_in

ROWS_A_PAGE = 100
# What the table can be ordered by: its name in the address, its heading, and the figure.
COLUMNS: dict[str, tuple[object, Callable[[Quality], float | str]]] = {
    "title": (gettext_lazy("Document"), lambda row: row.title.casefold()),
    "score": (gettext_lazy("Score"), lambda row: row.score),
    "pages": (gettext_lazy("Pages"), lambda row: row.pages),
    "text": (gettext_lazy("Characters a page"), lambda row: row.characters_a_page),
    "passages": (gettext_lazy("Passages"), lambda row: row.passages),
    "age": (gettext_lazy("Holds since"), lambda row: row.since.toordinal() if row.since else 0),
    "conflicts": (gettext_lazy("Conflicts"), lambda row: row.conflicts),
    "questions": (gettext_lazy("Open questions"), lambda row: row.open_questions),
}
FIELDS = (
    "path", "title", "score", "pages", "characters_a_page", "passages", "tokens", "language", "since",
    "recognised_pages", "unread_pages", "repeated_share", "hidden_words", "personal_data", "warnings", "conflicts",
    "open_questions",
)  # fmt: skip
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@login_required
@require_safe
def collection(request: HttpRequest, pk: int) -> HttpResponse:
    """A line for each document that the person may read; `?by=` orders them, `?format=csv` is the same as a file."""
    found = collection_at(request, pk, Level.CONTRIBUTOR)
    user = signed_in(request)
    rows = quality.of_collection(found, reader=user, today=timezone.localdate())
    by = request.GET.get("by", "").removeprefix("-")
    if by in COLUMNS:
        rows.sort(key=COLUMNS[by][1], reverse=request.GET["by"].startswith("-"))
    if request.GET.get("format") == "csv":
        return _csv(rows, found.name)
    level = level_in(user, found)
    context = {
        "collection": found,
        "is_contributor": True,
        "is_owner": level == Level.OWNER,
        "page": Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "columns": {key: heading for key, (heading, _figure) in COLUMNS.items()},
        "by": request.GET.get("by", ""),
        "documents": len(rows),
        "wishes": wishes.open_in(found, reader=user),
        "need_work": sum(row.face == "bad" for row in rows),
        "mean": round(sum(row.score for row in rows) / max(1, len(rows))),
    }
    return render(request, "documents/quality.html", context)


@login_required
@require_POST
def decide(request: HttpRequest, pk: UUID, number: int) -> HttpResponseBase:
    """Says what a conflict is; 404 for who may not read both documents and change one of them."""
    document = document_at(request, pk, Level.READER)
    conflict = get_object_or_404(Conflict, pk=number)
    state = request.POST.get("state", "")
    if state not in Conflict.State.values or document.pk not in (conflict.left_document_id, conflict.right_document_id):
        raise Http404
    try:
        conflicts.decide(conflict, state, by=signed_in(request), note=request.POST.get("note", ""))
    except conflicts.ConflictRefused as refused:
        raise Http404 from refused
    messages.success(request, _("Your decision is kept, also for later versions that say the same."))
    return redirect(f"{document_url(document.pk)}?tab=quality")


def document_url(pk: UUID) -> str:
    """Where the document's page is."""
    return redirect("documents:document", pk)["Location"]


def _csv(rows: list[Quality], name: str) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{name} quality.csv") or "attachment"
    response["Cache-Control"] = "private, no-store"
    writer = csv.writer(response)
    writer.writerow([*FIELDS, "advice"])
    for row in rows:
        cells = [getattr(row, field) for field in FIELDS] + [" ".join(row.advice)]
        writer.writerow([f"'{cell}" if str(cell).startswith(_FORMULA) else cell for cell in cells])
    return response
