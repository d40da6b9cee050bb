"""Suggesting a document, and settling what was suggested."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from documents import access, wishes
from documents.forms import WishForm
from documents.models import Level, Wish
from documents.views.requests import is_fragment, signed_in
from ragapp.limits.decorators import limit


@login_required
@require_POST
@limit("feedback")
def suggest(request: HttpRequest) -> HttpResponse:
    """Keeps a wish for a collection that the person may read; 404 for others."""
    user, form = signed_in(request), WishForm(request.POST)
    form.is_valid()
    collection = get_object_or_404(wishes.collections_of(user), pk=form.cleaned_data.get("collection", 0))
    if form.is_valid():
        wishes.suggest(collection, by=user, text=form.cleaned_data["text"], question=form.cleaned_data["question"])
    if not is_fragment(request):
        said = _("Your suggestion is with the owners of “%(name)s”.") % {"name": collection.name}
        messages.add_message(
            request,
            messages.SUCCESS if form.is_valid() else messages.ERROR,
            said if form.is_valid() else " ".join(str(error) for error in form.errors.get("text") or ()),
        )
        back = request.POST.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
        return redirect(back if is_ours else "/")
    context = {
        "form": form,
        "chosen": collection,
        "collections": wishes.collections_of(user),
        "question": form.data.get("question", ""),
        "is_kept": form.is_valid(),
        "number": request.POST.get("number", "")[:40],
    }
    return render(request, "documents/_suggest.html", context, status=200 if form.is_valid() else 422)


@login_required
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponseBase:
    """For owners of its collection; 404 for everybody else."""
    user = signed_in(request)
    owned = access.collections_for(user, Level.OWNER)
    wish = get_object_or_404(Wish.objects.filter(collection__in=owned, state=Wish.State.OPEN), pk=pk)
    state = request.POST.get("state", "")
    if state not in (Wish.State.DONE, Wish.State.DECLINED):
        raise Http404
    wishes.settle(wish, state, by=user)
    messages.success(request, _("The suggestion is settled."))
    return redirect("documents:quality", wish.collection_id)
