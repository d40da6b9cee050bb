"""Mail about passwords, and forgetting attempts to sign in."""

from collections.abc import Iterable
from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from ragapp.accounts import tokens
from ragapp.accounts.models import User
from ragapp.queues import quick_task


@quick_task
def send_password_resets(user_ids: Iterable[int]) -> None:
    """A link for each of these people. Run twice, it sends two mails; both links hold until one is used."""
    for user in User.objects.filter(pk__in=user_ids, is_active=True):
        context = {
            "user": user,
            "uid": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": default_token_generator.make_token(user),
            # Links in mails are made of the configured address, never of what a request says its host is.
            "base_url": settings.BASE_URL,
        }
        with translation.override(user.language or settings.LANGUAGE_CODE):
            PasswordResetForm().send_mail(
                "accounts/mail/password_reset_subject.txt",
                "accounts/mail/password_reset.txt",
                context,
                None,
                user.email,
            )


@quick_task
def forget_attempts() -> None:
    """Deletes attempts to sign in older than settings.SIGN_IN_ATTEMPTS_KEPT_DAYS, and old uses of tokens."""
    until = timezone.now() - timedelta(days=settings.SIGN_IN_ATTEMPTS_KEPT_DAYS)
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(attempt_time__lt=until).delete()
    tokens.forget_uses(now=timezone.now())
