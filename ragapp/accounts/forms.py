"""Forms of the account pages."""

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Name and password; every refusal reads alike."""

    error_messages = {
        "invalid_login": _("This name and password do not belong together. Check both, then try again."),
        "inactive": _("This name and password do not belong together. Check both, then try again."),
    }
