"""What people send to the corpus pages."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from documents import indexes, lineage, wishes
from documents.comparing import Offered
from documents.ingestion.chunk import TARGET
from documents.models import Collection, IndexVersion, Level
from documents.retrieval.types import TOP_K, Query
from ragapp.accounts.models import User
from ragapp.llm.embedding import Embedder
from ragapp.privacy.personal_data.types import Kind


def people() -> QuerySet[User]:
    """Those who can be chosen: active, and not the accounts that evaluation runs ask with."""
    return User.objects.filter(is_active=True).exclude(username__startswith="evaluation-").order_by("username")


def groups() -> QuerySet[Group]:
    """Those that can be chosen: not the ones of whose members nobody can sign in, as those of simulated people."""
    members = User.objects.filter(groups=OuterRef("pk"))
    return Group.objects.filter(Exists(members.filter(is_active=True)) | ~Exists(members)).order_by("name")


def ways(asker: User) -> dict[str, lineage.Way]:
    """The ways in which questions are answered here, by name; the one that answers `asker` first."""
    replies: Iterable[tuple[Any, Any]] = lineage.answering_ways.send(sender=IndexVersion, asker=asker)
    return {way.name: way for _receiver, found in replies for way in found}


def called(person: User) -> str:
    """A person's name, with the one they sign in with where that differs."""
    return person.name if person.name == person.username else f"{person.name} ({person.username})"


class PersonField(forms.ModelChoiceField[User]):
    """One person, by name."""

    def label_from_instance(self, person: User) -> str:
        """What the list shows."""
        return called(person)


class PeopleField(forms.ModelMultipleChoiceField[User]):
    """Several people, by name."""

    def label_from_instance(self, person: User) -> str:
        """What the list shows."""
        return called(person)


class CollectionForm(forms.ModelForm[Collection]):
    """A new collection, and who may read it from the start."""

    groups = forms.ModelMultipleChoiceField(
        groups(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Groups that may read it"),
    )
    people = PeopleField(
        people(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("People who may read it"),
        help_text=_("You own it in any case."),
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
    user = PersonField(people(), required=False, empty_label="–")
    level = forms.TypedChoiceField(
        coerce=int, choices=[(REMOVE, _("Remove")), *((level.value, level.label) for level in Level)]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Any group can be taken off a list; to be put on one, somebody in it must be able to sign in."""
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["group"].queryset = groups()  # type: ignore[attr-defined]  # it is a ModelChoiceField

    def clean(self) -> dict[str, Any]:
        """Exactly one of group and person."""
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("group")) == bool(cleaned.get("user")):
            raise forms.ValidationError(_("Choose a group or a person."))
        return cleaned


class PersonalDataForm(forms.Form):
    """What happens to personal data in a collection, and what counts as such."""

    policy = forms.ChoiceField(
        choices=Collection.PersonalData.choices, widget=forms.RadioSelect, label=_("What happens to it")
    )
    kinds = forms.MultipleChoiceField(
        choices=Kind.choices, widget=forms.CheckboxSelectMultiple, required=False, label=_("What is looked for")
    )
    again = forms.BooleanField(required=False, label=_("Read the documents that are here again, too"))

    def clean(self) -> dict[str, Any]:
        """Every policy but the first needs something to look for."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("policy") != Collection.PersonalData.ALLOW and not cleaned.get("kinds"):
            raise forms.ValidationError(_("Choose at least one kind, or leave personal data alone."))
        return cleaned


class FilterForm(forms.Form):
    """What the rows of a collection are narrowed to; stands in the address."""

    STATES = [
        ("", _("All")),
        ("ready", _("Ready")),
        ("working", _("In progress")),
        ("failed", _("Failed")),
        ("held", _("Held")),
    ]

    q = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(required=False, choices=STATES)
    folder = forms.CharField(required=False, max_length=500)
    tag = forms.CharField(required=False, max_length=60)


class IndexForm(forms.Form):
    """Another index version: who embeds, and how long passages are."""

    model = forms.CharField(
        label=_("Embedding model"),
        max_length=200,
        required=False,
        help_text=_("A model on this machine, or one that the endpoint serves. Empty: the configured one."),
    )
    dimensions = forms.IntegerField(
        label=_("Dimensions to keep"),
        required=False,
        min_value=16,
        max_value=4000,
        help_text=_("Fewer take less room, with models that are trained for it. Empty: all."),
    )
    target = forms.IntegerField(
        label=_("Length of a passage"), initial=TARGET, min_value=80, max_value=2000, help_text=_("In word pieces.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.EMBEDDING_ENDPOINTS:
            known = [(name, name) for name in sorted(settings.EMBEDDING_ENDPOINTS)]
            self.fields["endpoint"] = forms.ChoiceField(
                label=_("Endpoint"), required=False, choices=[("", _("This machine")), *known]
            )

    def embedder(self) -> Embedder:
        """What was chosen; what was left empty is as configured."""
        data = self.cleaned_data
        return indexes.embedder_for(data["model"], data.get("endpoint", ""), data["dimensions"] or 0)


class ValidityForm(forms.Form):
    """From when to when a version holds; an empty field is open."""

    valid_from = forms.DateField(required=False)
    valid_to = forms.DateField(required=False)


class CompareForm(forms.Form):
    """`offered`: a JSON list of at most 500 [path, sha256, size in bytes]."""

    offered = forms.JSONField()

    def clean_offered(self) -> list[Offered]:
        """Raises ValidationError for anything else."""
        sent = self.cleaned_data["offered"]
        if not isinstance(sent, list) or len(sent) > 500 or not all(_is_offer(one) for one in sent):
            raise forms.ValidationError(_("This is no list of files."))
        return [Offered(path=path, sha256=sha256, size_bytes=size) for path, sha256, size in sent]


def _is_offer(one: Any) -> bool:
    match one:
        case [str(), str() as sha256, int() as size]:
            return len(sha256) == 64 and 0 <= size < 2**40
    return False


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


class ExplainForm(forms.Form):
    """A question, who asks it, and what narrows the search."""

    question = forms.CharField(label=_("Question"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    person = PersonField(people(), label=_("As which person"), required=False, empty_label=_("Yourself"))
    collection = forms.ModelChoiceField(
        Collection.objects.none(), label=_("Collection"), required=False, empty_label=_("All")
    )
    folder = forms.CharField(label=_("Folder"), max_length=500, required=False)
    tag = forms.CharField(label=_("Tag"), max_length=60, required=False)
    language = forms.CharField(label=_("Language"), max_length=2, required=False, help_text=_("As en or de."))
    since = _day(_("Holds since, from"))
    until = _day(_("Holds since, until"))
    as_of = _day(_("What held on"))
    release = forms.ChoiceField(
        label=_("Release"), required=False, help_text=_("Looks in its index, for as many passages as it takes.")
    )
    index = forms.ModelChoiceField(
        IndexVersion.objects.filter(collected_at=None).order_by("-pk"),
        label=_("Index"),
        required=False,
        empty_label=_("That of the release"),
    )

    def __init__(
        self, *args: Any, viewer: User, collections: QuerySet[Collection], is_holder: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["collection"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = collections.order_by("name")
        self.viewer = viewer
        if not is_holder:
            chosen.required, chosen.empty_label = True, None
            for name in ("release", "index"):
                self.fields[name].widget = forms.HiddenInput()
                self.fields[name].disabled = True
        releases = self.fields["release"]
        assert isinstance(releases, forms.ChoiceField)
        releases.choices = [("", _("The one that answers this person")), *((name, name) for name in ways(viewer))]

    def as_user(self) -> User:
        """Who asks; for a form that is valid."""
        person: User | None = self.cleaned_data["person"]
        return person or self.viewer

    def way(self) -> lineage.Way | None:
        """How the release that was chosen looks for passages; None where nothing answers questions."""
        known = ways(self.as_user())
        return known.get(self.cleaned_data["release"], next(iter(known.values()), None))

    def query(self) -> Query:
        """What was asked; for a form that is valid."""
        data, way = self.cleaned_data, self.way()
        index_id = data["index"].pk if data["index"] else way.index_version_id if way else None
        return Query(
            text=data["question"],
            top_k=way.top_k if way else TOP_K,
            collection_ids=(data["collection"].pk,) if data["collection"] else None,
            folder=data["folder"],
            tags=(data["tag"],) if data["tag"] else (),
            in_languages=(data["language"].lower(),) if data["language"] else (),
            since=data["since"],
            until=data["until"],
            as_of=data["as_of"],
            index_version_id=index_id,
        )


class WishForm(forms.Form):
    """What is missing, where, and the question that nothing answered."""

    text = forms.CharField(
        max_length=wishes.CHARS,
        error_messages={
            "required": _("Say in a few words what is missing."),
            "max_length": _("This is longer than %(limit_value)d characters. Shorten it."),
        },
    )
    collection = forms.IntegerField()
    question = forms.CharField(required=False)
