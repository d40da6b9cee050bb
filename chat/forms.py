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


class RenameForm(forms.Form):
    """A conversation's new title."""

    title = forms.CharField(max_length=200)
