"""How a document was read: pages that gave no text, and another way to read them."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from documents import reading_again
from documents.models import Level
from documents.uploads import UploadRefused
from documents.views.requests import document_at, is_fragment, level_in, signed_in
from documents.views.rows import row_of
from ragapp.limits import limit


@login_required
@require_POST
@limit("upload")
def recognise(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Has the pages without text of the version that its row shows read by text recognition."""
    document, user = document_at(request, pk, Level.CONTRIBUTOR), signed_in(request)
    version = row_of(document.pk).version
    try:
        if version is not None:
            reading_again.recognise(version, by=user, languages="+".join(request.POST.getlist("languages")))
    except UploadRefused as refused:
        messages.error(request, f"{refused.message} {refused.hint}")
        if is_fragment(request):
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    else:
        if is_fragment(request):
            level = level_in(user, document.collection)
            context = {"row": row_of(document.pk), "is_contributor": True, "is_owner": level == Level.OWNER}
            return render(request, "documents/_row.html", context)
        messages.success(request, _("The pages without text are being read. Answers use what is known meanwhile."))
    return redirect("documents:document", document.pk)
