"""Forms of the account pages."""

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from ragapp.accounts.models import Scope


class SignInForm(AuthenticationForm):
    """Name and password; every refusal reads alike."""

    error_messages = {
        "invalid_login": _("This name and password do not belong together. Check both, then try again."),
        "inactive": _("This name and password do not belong together. Check both, then try again."),
    }


class LanguageForm(forms.Form):
    """The language of the pages; empty: as the browser asks."""

    language = forms.ChoiceField(
        choices=[("", _("As my browser says")), *settings.LANGUAGES], required=False, label=_("Language of the pages")
    )


class TokenForm(forms.Form):
    """A new token: what it is for, what it may do, how long."""

    DAYS = [("30", _("30 days")), ("90", _("90 days")), ("365", _("a year")), ("0", _("until it is revoked"))]

    name = forms.CharField(max_length=80, label=_("What it is for"))
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, label=_("It may"), error_messages={"required": _("Choose at least one.")}
    )
    days = forms.ChoiceField(choices=DAYS, initial="90", label=_("It works for"))
