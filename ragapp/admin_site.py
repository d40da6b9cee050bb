"""The admin site: one sign-in page for everything, and no page that admits to existing."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import DataError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_noop
from unfold.sites import UnfoldAdminSite

# What django-unfold says in English only; the translation is ours.
UNFOLD = (
    gettext_noop("Filters"),
    gettext_noop("Apply Filters"),
    gettext_noop("Reset filters"),
    gettext_noop("Select value"),
    gettext_noop("No results found"),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
)
View = Callable[..., HttpResponseBase]


class AdminSite(UnfoldAdminSite):
    """Anonymous people are sent to the sign-in page; whoever has no work here gets the same 404 as elsewhere."""

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        guarded: View = super().admin_view(view, cacheable)

        def alike(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise Http404
            try:
                response = guarded(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    # Here and not later: some filters look at their values only while the list is drawn.
                    response.render()
            except PermissionDenied as error:
                raise Http404 from error
            except (DataError, OverflowError, ValueError) as error:
                if request.method == "GET" and request.GET:
                    raise BadRequest("A filter has a value that is none.") from error
                raise
            return response

        return update_wrapper(alike, guarded)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The product's own sign-in page, then back to where the person wanted to go."""
        target = request.GET.get("next") or reverse("admin:index")
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise Http404
            return redirect("admin:index")
        return redirect_to_login(target)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The product's own page."""
        return redirect("accounts:password_change")
