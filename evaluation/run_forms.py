"""Forms of datasets, runs and gates."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from chat.models import Release
from documents import access
from evaluation import gates, runs
from evaluation.datasets import folder, store
from evaluation.datasets.corpus import Corpus
from evaluation.metrics.catalogue import ALSO_CALLED, METRICS
from evaluation.models import Dataset, DatasetVersion, GateStage
from ragapp.accounts.models import Role, User

QUESTIONS_MAX_MB = 20


def _choose_from(field: forms.Field, rows: QuerySet[Release]) -> None:
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


class RunForm(forms.Form):
    """Which dataset to ask of which release."""

    dataset = forms.ModelChoiceField(Dataset.objects.filter(versions__isnull=False).distinct(), label=_("Dataset"))
    release = forms.ModelChoiceField(Release.objects.none(), label=_("Release"))
    repeats = forms.IntegerField(
        min_value=1,
        max_value=runs.REPEATS_MAX,
        initial=1,
        label=_("Times each question is asked"),
        help_text=_("Models do not always say the same: more than once shows how far the figures spread."),
    )
    is_judged = forms.BooleanField(
        required=False,
        label=_("Let a language model judge, too"),
        help_text=_("Costs a call for each answer. The run says how far it agrees with reviewers and can be swayed."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_from(self.fields["release"], gates.releases())


class ImportForm(forms.Form):
    """The folder form of a dataset, without its documents: those are in a collection."""

    name = forms.CharField(max_length=200, label=_("Name"), help_text=_("A name that is there gets a new version."))
    questions = forms.FileField(
        label="questions.jsonl",
        help_text=_("A line for each question: id, question, and if you have them answer, doc, answerable, category."),
    )
    grades = forms.FileField(
        required=False, label="qrels.tsv", help_text=_("May be left out: question id, document, grade.")
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["collection"] = forms.ModelChoiceField(
            access.collections_for(person).order_by("name"),
            required=False,
            label=_("Collection that holds the documents"),
            empty_label=_("Whatever the asker may read"),
        )

    def clean(self) -> dict[str, Any]:
        """Reads the files, so that what is wrong in them is said beside the form."""
        cleaned = super().clean() or {}
        questions, grades = cleaned.get("questions"), cleaned.get("grades")
        if questions is None:
            return cleaned
        if questions.size > QUESTIONS_MAX_MB * 2**20:
            raise forms.ValidationError(
                _("The file is larger than %(n)s MB. Take fewer questions.") % {"n": QUESTIONS_MAX_MB}
            )
        try:
            cleaned["cases"] = folder.read(questions.read(), grades.read() if grades else b"")
        except folder.DatasetError as error:
            raise forms.ValidationError(str(error)) from error
        cleaned["askers"] = self._askers({case.asker for case in cleaned["cases"]} or {""})
        return cleaned

    def _askers(self, names: set[str]) -> dict[str, User]:
        """Only an admin has questions asked with the rights of somebody else."""
        others = sorted(names - {"", self.person.username})
        if others and not self.person.has_role(Role.ADMIN):
            raise forms.ValidationError(
                _("The questions name %(name)s under “as”. Only an admin may ask with the rights of others.")
                % {"name": others[0]}
            )
        known = {person.username: person for person in User.objects.filter(username__in=others, is_active=True)}
        if unknown := [name for name in others if name not in known]:
            raise forms.ValidationError(
                _("Nobody with the sign-in name %(name)s exists. Nothing was kept.") % {"name": unknown[0]}
            )
        return {name: known.get(name, self.person) for name in names}

    def save(self) -> DatasetVersion:
        """The version, new or the same as before. Raises DatasetError."""
        cleaned = self.cleaned_data
        collection = cleaned.get("collection")
        dataset = folder.Dataset(name=cleaned["name"], sha256="", cases=cleaned["cases"], documents=None, readers={})
        corpus = Corpus(folders={collection.pk: ""} if collection else {}, askers=cleaned["askers"])
        return store.take_in(dataset, corpus, by=self.person)


AXIS_TITLES = {
    "name": _("Name"),
    "gender": _("Gender"),
    "age": _("Age"),
    "dialect": _("Way of speaking"),
    "language": _("Language"),
}


class BiasForm(forms.Form):
    """What pairs to ask, and of which release."""

    release = forms.ModelChoiceField(Release.objects.none(), label=_("Release"))
    axes = forms.MultipleChoiceField(
        choices=list(AXIS_TITLES.items()),
        initial=list(AXIS_TITLES),
        widget=forms.CheckboxSelectMultiple,
        label=_("What differs"),
    )
    templates = forms.ModelChoiceField(
        Dataset.objects.filter(versions__cases__pair="").distinct().order_by("name"),
        required=False,
        label=_("Questions"),
        empty_label=_("The shipped ones, about work"),
        help_text=_(
            "Of a dataset of yours: with its expected answers and rights. Ways of speaking and languages need wordings "
            "of their own and keep the shipped ones."
        ),
    )
    each = forms.IntegerField(
        min_value=8,
        max_value=1200,
        initial=600,
        label=_("Pairs of each kind"),
        help_text=_(
            "Each pair asks two questions. 600 find 10 points more refusals about 8 times of 10, also of a model that "
            "refuses by chance now and then; 200 do for one that always says the same; 48 find gross differences only."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_from(self.fields["release"], gates.releases())


class GateForm(forms.Form):
    """What a release has to reach before a stage."""

    dataset = forms.ModelChoiceField(Dataset.objects.all(), label=_("Dataset"))
    metric = forms.ChoiceField(
        choices=[(name, metric.title) for name, metric in METRICS.items() if name not in ALSO_CALLED], label=_("Metric")
    )
    bound = forms.FloatField(
        label=_("Bound"),
        help_text=_("The worse end of the interval (95 %) has to reach it: at least, or at most where less is better."),
    )
    stage = forms.ChoiceField(choices=GateStage.choices, label=_("Before it becomes"))
