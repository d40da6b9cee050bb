"""Forms for what people state about money and time, and for targets."""

from django import forms

from evaluation.models import Objective, Stated


class StatedForm(forms.ModelForm[Stated]):
    """All assumptions at once: a new row each time."""

    class Meta:
        model = Stated
        fields = ("infrastructure_usd_month", "invested_usd", "hour_usd", "minutes_low", "minutes_high", "source")


class ObjectiveForm(forms.ModelForm[Objective]):
    """One target for each figure."""

    class Meta:
        model = Objective
        fields = ("figure", "target", "due")
        widgets = {"due": forms.DateInput(attrs={"type": "date"})}
