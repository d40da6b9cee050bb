"""The form of an experiment."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.models import Experiment, Release
from evaluation.experiments import SHARES, Metric


class ExperimentForm(forms.Form):
    """What is compared, by what, and what difference would matter."""

    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    hypothesis = forms.CharField(
        max_length=500,
        label=gettext_lazy("What you expect, and why"),
        help_text=gettext_lazy("Written down before the first answer, so that nobody finds it afterwards."),
    )
    treatment = forms.ModelChoiceField(
        Release.objects.none(), label=gettext_lazy("Release to try"), help_text=gettext_lazy("Against production.")
    )
    primary = forms.ChoiceField(choices=Metric.choices, label=gettext_lazy("What decides"))
    least_effect = forms.FloatField(
        min_value=0.0001,
        label=gettext_lazy("The smallest difference that would matter"),
        help_text=gettext_lazy("Percentage points for shares (5), else seconds or US$."),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    guards = forms.MultipleChoiceField(
        choices=Metric.choices,
        required=False,
        label=gettext_lazy("What must not get worse"),
        widget=forms.CheckboxSelectMultiple,
        initial=[Metric.FAILED, Metric.SUPPORTED],
    )
    share_percent = forms.IntegerField(
        min_value=1, max_value=100, initial=100, label=gettext_lazy("Percent of the people who take part")
    )

    def __init__(self, *args: Any, production: Release, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Release.objects.exclude(pk=production.pk).order_by("-pk")
        field = self.fields["treatment"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = others

    def clean_name(self) -> str:
        """Names are given once."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        if Experiment.objects.filter(name=name).exists():
            raise forms.ValidationError(_("There is an experiment of this name. Choose another name."))
        return name

    def clean(self) -> dict[str, Any]:
        """Shares are kept between 0 and 1; what decides guards nothing."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("primary") in SHARES and "least_effect" in cleaned:
            cleaned["least_effect"] /= 100
            if cleaned["least_effect"] >= 1:
                self.add_error("least_effect", _("A share changes by less than 100 points."))
        cleaned["guards"] = [metric for metric in cleaned.get("guards", []) if metric != cleaned.get("primary")]
        return cleaned
