"""Forms of feedback, of asking a person, and of reviewing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.models import Cause, Reason
from evaluation.reviews.judging import RUBRIC


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


class ReviewForm(forms.Form):
    """A judgement by the rubric, and what should have been said."""

    MET = (("yes", _("Yes")), ("no", _("No")), ("", _("Does not apply")))

    correct = forms.ChoiceField(label=_("Correct"), choices=MET, required=False)
    complete = forms.ChoiceField(label=_("Complete"), choices=MET, required=False)
    supported = forms.ChoiceField(label=_("Supported by the sources"), choices=MET, required=False)
    safe = forms.ChoiceField(label=_("Safe"), choices=MET, required=False)
    tone = forms.ChoiceField(label=_("Tone"), choices=MET, required=False)
    corrected_answer = forms.CharField(max_length=20_000, required=False, strip=True)
    # The id of a passage, or "kept" for the one that was named before.
    passage = forms.RegexField(r"^(kept|\d{1,18})?$", required=False)
    cause = forms.ChoiceField(choices=[("", "–"), *Cause.choices], required=False)
    note = forms.CharField(max_length=2000, required=False, strip=True)
    decides = forms.BooleanField(required=False)
    find = forms.CharField(max_length=400, required=False, strip=True)

    def rubric(self) -> dict[str, bool | None]:
        """What was said of each point; None: does not apply."""
        return {name: {"yes": True, "no": False}.get(self.cleaned_data[name]) for name in RUBRIC}

    def clean(self) -> dict[str, Any]:
        """At least one point must be judged, to be saved."""
        said = super().clean() or {}
        if "search" not in self.data and not any(said.get(name) for name in RUBRIC):
            raise forms.ValidationError(_("Judge at least one point of the rubric."))
        return said
