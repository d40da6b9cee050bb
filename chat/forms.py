"""What people send to the chat."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class AskForm(forms.Form):
    """A question, what it follows or puts in other words, and the collection it is about (empty: all)."""

    text = forms.CharField(
        max_length=settings.QUESTION_MAX_CHARS,
        error_messages={
            "required": _("Write a question first."),
            "max_length": _(
                "This is longer than %(limit_value)d characters. Shorten it; your text is still in the box."
            ),
        },
    )
    conversation = forms.UUIDField(required=False)
    after = forms.UUIDField(required=False)
    edits = forms.UUIDField(required=False)
    collection = forms.IntegerField(required=False)
    as_of = forms.DateField(required=False)


class RenameForm(forms.Form):
    """A conversation's new title."""

    title = forms.CharField(max_length=200)


class ShareForm(forms.Form):
    """How long a link works."""

    DAYS = [("7", _("7 days")), ("30", _("30 days")), ("", _("until you withdraw it"))]

    days = forms.TypedChoiceField(
        choices=DAYS, coerce=int, empty_value=None, required=False, initial="30", label=_("The link works for")
    )
