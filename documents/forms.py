"""What people send to the corpus pages."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from documents.models import Collection, Level
from ragapp.accounts.models import User


class CollectionForm(forms.ModelForm[Collection]):
    """A new collection, and who may read it from the start."""

    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Groups that may read it"),
    )
    people = forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True).order_by("username"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        label=_("People who may read it"),
        help_text=_("You own it in any case. Hold Ctrl or ⌘ to choose several."),
    )

    class Meta:
        model = Collection
        fields = ["name", "description"]
        widgets = {
            "name": forms.TextInput(attrs={"autofocus": True, "maxlength": 120}),
            "description": forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
        }
        error_messages = {"name": {"unique": _("There is a collection with this name already. Choose another name.")}}

    def clean_name(self) -> str:
        """Names that differ only in their spaces are the same name."""
        return " ".join(str(self.cleaned_data["name"]).split())


class ShareForm(forms.Form):
    """One change of an access list: a group or a person gets a level, or none."""

    REMOVE = 0

    group = forms.ModelChoiceField(Group.objects.order_by("name"), required=False, empty_label="–")
    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("username"), required=False, empty_label="–"
    )
    level = forms.TypedChoiceField(
        coerce=int, choices=[(REMOVE, _("Remove")), *((level.value, level.label) for level in Level)]
    )

    def clean(self) -> dict[str, Any]:
        """Exactly one of group and person."""
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("group")) == bool(cleaned.get("user")):
            raise forms.ValidationError(_("Choose a group or a person."))
        return cleaned


class FilterForm(forms.Form):
    """What the rows of a collection are narrowed to; stands in the address."""

    STATES = [("", _("All")), ("ready", _("Ready")), ("working", _("In progress")), ("failed", _("Failed"))]

    q = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(required=False, choices=STATES)
