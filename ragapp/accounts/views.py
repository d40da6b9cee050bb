"""Signing in and out, passwords, the profile, tokens for programs."""

import math
import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordResetForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ragapp.accounts import tasks, tokens
from ragapp.accounts.forms import LanguageForm, SignInForm, TokenForm
from ragapp.accounts.models import ApiToken, Scope, User
from ragapp.audit.log import record
from ragapp.lib.addresses import client_address
from ragapp.lib.windows import Rate, seconds_to_wait

RESET_RATE = Rate(times=5, seconds=3600)


class SignIn(auth_views.LoginView):
    """One sentence for every refusal: it never says whether the name exists or the account is disabled."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """The pages speak the language that the person has chosen from the next one on."""
        return _speaking(super().form_valid(form), form.get_user().language)


class SignOut(auth_views.LogoutView):
    """POST only, so that no link on another site signs anybody out."""


def locked_out(request: HttpRequest, *args: Any) -> HttpResponse:
    """What django-axes shows after too many wrong passwords, whether the name exists or not."""
    minutes = math.ceil(settings.AXES_COOLOFF_TIME * 60)
    response = render(
        request, "accounts/locked_out.html", {"minutes": minutes}, status=settings.AXES_HTTP_RESPONSE_CODE
    )
    response.headers["Retry-After"] = str(minutes * 60)
    return response


class PasswordChange(auth_views.PasswordChangeView):
    """Ends the person's other sessions, since their hash contains the password's."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        record("password_changed", by=form.user, target=form.user)
        messages.success(self.request, _("Your password is changed. Your other devices are signed out."))
        return response


class PasswordReset(auth_views.PasswordResetView):
    """Shows the same next page whether anybody has this address, and sends at most five mails an hour."""

    template_name = "accounts/password_reset.html"
    success_url = reverse_lazy("accounts:password_reset_done")

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Queues a message for unknown addresses too: the time until the next page tells nothing."""
        who = client_address(self.request)
        if not seconds_to_wait("password_reset", who, RESET_RATE, now=time.time()):
            tasks.send_password_resets.delay_or_run([user.pk for user in form.get_users(form.cleaned_data["email"])])
        return redirect(self.get_success_url())


class PasswordResetDone(auth_views.PasswordResetDoneView):
    template_name = "accounts/password_reset_done.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """`is_mail_printed`: no mail server is configured, so the message stands in a worker's log."""
        printed = settings.EMAIL_BACKEND.endswith("console.EmailBackend")
        return super().get_context_data(is_mail_printed=printed, **kwargs)


class PasswordResetConfirm(auth_views.PasswordResetConfirmView):
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:password_reset_complete")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        record("password_changed", by=form.user, target=form.user, by_mail=True)
        return response


class PasswordResetComplete(auth_views.PasswordResetCompleteView):
    template_name = "accounts/password_reset_complete.html"


@login_required
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Who I am here, what I may do, my tokens, and the way to another password."""
    return _profile(request, TokenForm())


@login_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keeps the language for the person, wherever they sign in, and for this browser."""
    form, me = LanguageForm(request.POST), _me(request)
    if form.is_valid():
        me.language = form.cleaned_data["language"]
        me.save(update_fields=["language"])
    return _speaking(redirect("accounts:profile"), me.language)


@login_required
@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    """Shows the new token in this very answer, since it is stored nowhere."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _profile(request, form, status=422)
    wanted = form.cleaned_data
    scopes = [Scope(scope) for scope in wanted["scopes"]]
    try:
        issued = tokens.issue(
            _me(request), name=wanted["name"], scopes=scopes, now=timezone.now(), days=int(wanted["days"]) or None
        )
    except tokens.TooManyTokens:
        form.add_error(None, _("You have as many tokens as one person may have. Revoke one first."))
        return _profile(request, form, status=422)
    return _profile(request, TokenForm(), issued=issued)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends one of one's own tokens."""
    found = get_object_or_404(ApiToken, pk=pk, owner=_me(request))
    tokens.revoke(found, by=_me(request), now=timezone.now())
    messages.success(request, _("“%(name)s” is revoked. Programs that use it are refused from now on.") % vars(found))
    return redirect("accounts:profile")


def _profile(
    request: HttpRequest, form: TokenForm, *, issued: tokens.Issued | None = None, status: int = 200
) -> HttpResponse:
    languages = LanguageForm(initial={"language": _me(request).language})
    context = {
        "form": form,
        "languages": languages,
        "issued": issued,
        "tokens": tokens.with_uses(_me(request), now=timezone.now()),
    }
    return render(request, "accounts/profile.html", context, status=status)


def _speaking(response: HttpResponse, language: str) -> HttpResponse:
    """The cookie that says in which language the pages are; without a language the browser decides."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return response
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
