"""What was deleted or moved, for who did it: on a page, and as a file."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from documents.models import Document
from documents.views.requests import signed_in
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent, AuditSeal

SHOWN = 100
EVENTS = {
    "document_deleted": gettext_lazy("Deleted document"),
    "collection_deleted": gettext_lazy("Deleted collection"),
    "documents_moved": gettext_lazy("Moved to collection"),
}
COUNTS = {
    "documents": gettext_lazy("Documents"),
    "versions": gettext_lazy("Versions"),
    "extractions": gettext_lazy("Texts that were read"),
    "passages": gettext_lazy("Passages"),
    "vectors": gettext_lazy("Vectors"),
    "lexical_rows": gettext_lazy("Rows of the word index"),
    "files": gettext_lazy("Original files"),
    "pictures": gettext_lazy("Pictures of pages"),
    "answers": gettext_lazy("Answers that lost what they took from it"),
    "readers_before": gettext_lazy("People who could read the collection before"),
    "readers_after": gettext_lazy("People who can read the collection now"),
}


@login_required
@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """The person's latest receipts."""
    rows = [{"event": event, "what": EVENTS[event.event]} for event in _own(signed_in(request))[:SHOWN]]
    return render(request, "documents/receipts.html", {"rows": rows})


@login_required
@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """One receipt; with `?as=json` as a file, with the seal of the audit log where it has one already."""
    event = get_object_or_404(_own(signed_in(request)), pk=pk)
    counts: dict[str, Any] = event.details.get("receipt", {})
    if request.GET.get("as") == "json":
        seal = AuditSeal.objects.filter(event_id=event.pk).first()
        response = JsonResponse(
            {
                "receipt": event.pk,
                "at": event.at.isoformat(),
                "event": event.event,
                "by": event.actor,
                "target": {"kind": event.target_kind, "id": event.target_id, "name": event.target},
                "counts": counts,
                "seal": seal.hash if seal else None,
            },
            json_dumps_params={"indent": 2},
        )
        response["Content-Disposition"] = f'attachment; filename="receipt-{event.pk}.json"'
        return response
    moved = event.details.get("documents", []) if event.event == "documents_moved" else []
    context = {
        "event": event,
        "what": EVENTS[event.event],
        "counts": [(label, counts[name]) for name, label in COUNTS.items() if name in counts],
        "left": _still_there(event),
        "is_move": bool(moved),
    }
    return render(request, "documents/receipt.html", context)


def _own(user: User) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(event__in=EVENTS, actor_id=str(user.pk)).order_by("-pk")


def _still_there(event: AuditEvent) -> bool:
    """Looked up at this moment, so that the receipt says what is, not only what was done."""
    return event.event == "document_deleted" and Document.objects.filter(pk=event.target_id).exists()
