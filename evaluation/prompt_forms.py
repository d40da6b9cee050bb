"""Forms of prompts: a new version, its label, a question to try it on."""

from django import forms
from django.utils.translation import gettext_lazy

from chat.models import PromptVersion
from chat.prompts import versions
from ragapp.accounts.models import User


class PromptForm(forms.Form):
    """A new version of a prompt, and why."""

    name = forms.CharField(
        max_length=40, label=gettext_lazy("Name"), help_text=gettext_lazy("Small letters, digits and hyphens.")
    )
    body = forms.CharField(
        max_length=25_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "true", "class": "input wording"}),
        label=gettext_lazy("Wording"),
        help_text=gettext_lazy("What the model is told, a line of three dashes, and what it is asked."),
    )
    note = forms.CharField(max_length=500, label=gettext_lazy("Why"), help_text=gettext_lazy("For who reads it later."))


class LabelForm(forms.Form):
    """A label for one version."""

    label = forms.CharField(max_length=36, label=gettext_lazy("Label"))


class PreviewForm(forms.Form):
    """A real question, asked with the asker's own rights."""

    question = forms.CharField(
        max_length=2000, label=gettext_lazy("Question"), widget=forms.Textarea(attrs={"rows": 2})
    )


def add_version(form: PromptForm, *, task: str, by: User, parent: PromptVersion | None) -> PromptVersion | None:
    """The version that a valid form describes; None, with the field's errors, where it cannot be kept."""
    values = form.cleaned_data
    try:
        return versions.add(
            name=values["name"], task=task, body=values["body"], note=values["note"], by=by, parent=parent
        )
    except versions.VersionInvalid as error:
        for sentence in error.sentences:
            form.add_error(error.field if error.field in form.fields else None, sentence)
        return None
