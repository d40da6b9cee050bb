"""Forms of feedback and of asking a person."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.models import Reason


class FeedbackForm(forms.Form):
    """A thumb, and in a second step reasons, a rating and a comment; a rating or a comment alone will do."""

    thumb = forms.TypedChoiceField(
        choices=[("", "–"), (1, _("Helpful")), (-1, _("Not helpful")), (0, _("Undo"))],
        coerce=int,
        required=False,
        empty_value=None,
    )
    reasons = forms.MultipleChoiceField(choices=Reason.choices, required=False)
    rating = forms.TypedChoiceField(
        choices=[("", "–"), *[(n, str(n)) for n in range(1, 6)]], coerce=int, required=False, empty_value=None
    )
    comment = forms.CharField(max_length=2000, required=False, strip=True)

    def clean(self) -> dict[str, Any]:
        """Something must be said."""
        given = super().clean() or {}
        if given.get("thumb") is None and not any(given.get(name) for name in ("rating", "comment", "reasons")):
            raise forms.ValidationError(_("Choose a thumb or a rating, or write a comment."))
        return given


class AskAPersonForm(forms.Form):
    """What the person should know beside the question."""

    note = forms.CharField(max_length=2000, required=False, strip=True)
