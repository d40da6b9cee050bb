"""Which index to compare with the live one, and on which questions."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from documents import access
from documents.indexes import labelled
from documents.indexes.reports import Brought
from documents.models import Collection, IndexVersion
from ragapp.accounts.models import User

FILE_BYTES = 4 * 1024**2


class ComparisonForm(forms.Form):
    """A file of labelled questions about the documents of a collection that `viewer` may read."""

    compared = forms.ModelChoiceField(
        IndexVersion.objects.filter(is_live=False, collected_at=None, ready_at__isnull=False).order_by("-pk"),
        label=_("Index"),
        empty_label=None,
    )
    collection = forms.ModelChoiceField(
        Collection.objects.none(), label=_("Collection that holds their documents"), empty_label="–"
    )
    questions = forms.FileField(
        label=_("Questions"),
        allow_empty_file=True,
        help_text=_('A line each: {"id": 1, "question": "How many days of leave?", "doc": "handbook.pdf"}'),
    )
    grades = forms.FileField(
        label=_("Grades"),
        required=False,
        allow_empty_file=True,
        help_text=_("Where some documents answer better than others: question id, document and grade, tabs between."),
    )

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_compare_%s", **kwargs})
        chosen = self.fields["collection"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = access.collections_for(viewer).order_by("name")

    def clean(self) -> dict[str, Any]:
        """Reads the questions."""
        cleaned = super().clean() or self.cleaned_data
        texts = {name: self._text(name) for name in ("questions", "grades")}
        if not self.errors:
            try:
                cleaned["read"] = labelled.read(texts["questions"], texts["grades"])
            except labelled.NotQuestions as error:
                self.add_error("questions", f"{error} " + _("Nothing was compared."))
        return cleaned

    def brought(self) -> Brought:
        """What was read; for a form that is valid."""
        data = self.cleaned_data
        name = str(data["questions"].name or "")[:200] or "questions"
        return Brought(name=name, collection=data["collection"], questions=data["read"])

    def _text(self, name: str) -> str:
        file = self.cleaned_data.get(name)
        if not isinstance(file, UploadedFile):
            return ""
        if (file.size or 0) > FILE_BYTES:
            self.add_error(name, _("This file is larger than 4 MB. Send fewer questions."))
            return ""
        try:
            text: str = file.read().decode("utf-8")
            return text
        except UnicodeDecodeError:
            self.add_error(name, _("This is no text in UTF-8. Save it as UTF-8, one question a line."))
            return ""
