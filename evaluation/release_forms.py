"""Forms of releases and of the plans of canaries."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_origin

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.guardrails import policy
from chat.models import PromptVersion, Release
from chat.releases import compose
from chat.releases.settings import AnswerSettings, usual
from documents.retrieval.search import searchable_indexes
from evaluation.canaries import PLAN, NotStarted, check_plan
from ragapp.accounts.models import User
from ragapp.llm import deployments

Task = PromptVersion.Task
NO_MODEL = "-"
LABELS: Mapping[str, Any] = {
    "top_k": gettext_lazy("Passages for the answer"),
    "candidate_sentences": gettext_lazy("Sentences that are weighed"),
    "embedded_sentences": gettext_lazy("Of these, compared by meaning"),
    "answer_sentences": gettext_lazy("Sentences of an answer without a model, at most"),
    "sentence_margin": gettext_lazy("How far below the best sentence others are shown"),
    "row_margin": gettext_lazy("The same for rows of tables"),
    "refuse_below": gettext_lazy("Without a model: no answer below this sufficiency"),
    "refuse_below_with_model": gettext_lazy("With a model: not asked below this sufficiency"),
    "caveat_below": gettext_lazy("A word of caution below this sufficiency"),
    "supported_from": gettext_lazy("A sentence counts as supported from"),
    "nearest_shown": gettext_lazy("Nearest passages under a refusal"),
    "history_turns": gettext_lazy("Turns before that the model is shown"),
    "section_tokens": gettext_lazy("Tokens for the whole sections of passages, shown to a model"),
    "reuse": gettext_lazy("Give checked answers again: off, exact or semantic"),
    "reuse_from": gettext_lazy("Likeness of two questions from which they are compared"),
    "reuse_compared": gettext_lazy("Share of answers given again that are made anew and compared"),
    "sentence_weights": gettext_lazy("Weights of sentences (JSON)"),
    "sufficiency_weights": gettext_lazy("Weights of sufficiency (JSON)"),
}
ACTIONS: Mapping[str, Any] = {
    "off": gettext_lazy("Off"),
    "log": gettext_lazy("Write down"),
    "warn": gettext_lazy("Warn"),
    "mask": gettext_lazy("Leave out"),
    "block": gettext_lazy("Block"),
}
GUARDS: Mapping[str, Any] = {
    "question.length": gettext_lazy("Questions that are too long"),
    "question.orders": gettext_lazy("Questions that give orders to the model"),
    "question.secrets": gettext_lazy("Keys in questions"),
    "question.personal_data": gettext_lazy("Personal data in questions"),
    "question.abuse": gettext_lazy("Abuse in questions"),
    "question.language": gettext_lazy("Questions in other languages"),
    "answer.system_prompt": gettext_lazy("Words of the prompt in answers"),
    "answer.secrets": gettext_lazy("Keys in answers"),
    "answer.addresses": gettext_lazy("Addresses that no source has"),
    "answer.personal_data": gettext_lazy("Personal data that no source has"),
    "answer.harmful": gettext_lazy("Harmful answers"),
    "answer.beside_the_question": gettext_lazy("What is beside the question"),
    "answer.unsupported": gettext_lazy("Sentences without support"),
}


class PlanForm(forms.Form):
    """The shares of a canary: a line a step, with its hours and answers at least."""

    plan = forms.CharField(
        label=gettext_lazy("Plan"),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=gettext_lazy("A line for each share: percent of the people, hours, answers of the release at least."),
        initial=lambda: "\n".join(f"{step['percent']}, {step['hours']}, {step['answers']}" for step in PLAN),
    )

    def clean_plan(self) -> list[dict[str, Any]]:
        """As canaries.start takes it."""
        steps = []
        for line in str(self.cleaned_data["plan"]).splitlines():
            numbers = [part.strip() for part in line.split(",")]
            if not line.strip():
                continue
            try:
                percent, hours, answers = int(numbers[0]), float(numbers[1]), int(numbers[2])
            except (ValueError, IndexError) as error:
                raise forms.ValidationError(_("“%(line)s” is not three numbers.") % {"line": line}) from error
            steps.append({"percent": percent, "hours": hours, "answers": answers})
        try:
            check_plan(steps)
        except NotStarted as error:
            raise forms.ValidationError(str(error)) from error
        return steps


class ReleaseForm(forms.Form):
    """Everything that decides how a question is answered."""

    name = forms.CharField(max_length=60, label=gettext_lazy("Name"))
    note = forms.CharField(
        max_length=500, label=gettext_lazy("Why"), help_text=gettext_lazy("What it should do better.")
    )

    def __init__(self, *args: Any, start: Release, **kwargs: Any) -> None:
        """`start`: the release whose values the empty form shows."""
        initial = _values_of(start)
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.known = [target.name for target in deployments.usable()]
        for task in Task:
            needed = task.value in compose.NEEDED
            self.fields[f"prompt_{task.value}"] = forms.ModelChoiceField(
                PromptVersion.objects.filter(task=task.value), required=needed, label=task.label, empty_label="–"
            )
        for task in Task:
            self.fields[f"route_{task.value}"] = forms.CharField(
                required=False,
                strip=True,
                label=task.label,
                widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
            )
        for setting in fields(AnswerSettings):
            self.fields[f"set_{setting.name}"] = _setting_field(setting.name, setting.type, initial)
        for side, guards in (("question", policy.QUESTION), ("answer", policy.ANSWER)):
            for guard, actions in guards.items():
                self.fields[f"guard_{side}.{guard}"] = forms.ChoiceField(
                    choices=[(action, ACTIONS[action]) for action in actions],
                    label=GUARDS.get(f"{side}.{guard}", f"{side}: {guard}"),
                )
        self.fields["languages"] = forms.CharField(
            required=False,
            label=gettext_lazy("Languages that the language guard takes"),
            help_text=gettext_lazy("Two letters each, with commas: en, de."),
        )
        self.fields["index"] = forms.ChoiceField(
            required=False,
            label=gettext_lazy("Index"),
            choices=[("", _("The live one")), *((str(pk), name) for pk, name in searchable_indexes())],
        )

    def parts(self, prefix: str) -> list[forms.BoundField]:
        """The fields of one part of the page."""
        return [self[name] for name in self.fields if name.startswith(prefix)]

    @property
    def prompts_part(self) -> list[forms.BoundField]:
        """One wording for each task."""
        return self.parts("prompt_")

    @property
    def routes_part(self) -> list[forms.BoundField]:
        """Who does each task."""
        return self.parts("route_")

    @property
    def settings_part(self) -> list[forms.BoundField]:
        """How passages are found and weighed, without the weights."""
        return [each for each in self.parts("set_") if not each.name.endswith("_weights")]

    @property
    def weights_part(self) -> list[forms.BoundField]:
        """The weights."""
        return [each for each in self.parts("set_") if each.name.endswith("_weights")]

    @property
    def guards_part(self) -> list[forms.BoundField]:
        """What is done about what."""
        return [*self.parts("guard_"), self["languages"]]

    def clean(self) -> dict[str, Any]:
        """Routes name deployments that there are."""
        cleaned = super().clean() or self.cleaned_data
        for task in Task:
            name = f"route_{task.value}"
            try:
                cleaned[name] = _route(cleaned.get(name, ""), self.known)
            except forms.ValidationError as error:
                self.add_error(name, error)
        codes = [code.strip().lower() for code in cleaned.get("languages", "").split(",") if code.strip()]
        if any(len(code) != 2 or not code.isalpha() for code in codes):
            self.add_error("languages", _("Write two letters for each language, with commas between them."))
        cleaned["languages"] = codes
        return cleaned

    def save(self, *, by: User, cloned_from: Release | None) -> Release | None:
        """The release; None, with the field's error, where it cannot be made."""
        values = self.cleaned_data
        try:
            return compose.compose(
                name=values["name"],
                note=values["note"],
                prompts=[values[name] for name in values if name.startswith("prompt_") and values[name]],
                route={task.value: route for task in Task if (route := values[f"route_{task.value}"])},
                retrieval={name[4:]: value for name, value in values.items() if name.startswith("set_")},
                guards={side: self._guards(side) for side in ("question", "answer")}
                | {"languages": values["languages"]},
                index_version_id=int(values["index"]) if values["index"] else None,
                by=by,
                cloned_from=cloned_from,
            )
        except compose.NotComposed as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))
            return None

    def _guards(self, side: str) -> dict[str, str]:
        start = f"guard_{side}."
        return {name[len(start) :]: value for name, value in self.cleaned_data.items() if name.startswith(start)}


def _values_of(start: Release) -> dict[str, Any]:
    read = policy.read(start.guards)
    values: dict[str, Any] = {f"prompt_{prompt.task}": prompt.pk for prompt in start.prompts.all()}
    values |= {f"route_{task.value}": _written(start.route.get(task.value) or {}) for task in Task}
    values |= {f"set_{name}": value for name, value in (usual() | start.retrieval).items()}
    values |= {f"guard_question.{guard}": action for guard, action in read.question.items()}
    values |= {f"guard_answer.{guard}": action for guard, action in read.answer.items()}
    return values | {"languages": ", ".join(read.languages), "index": str(start.index_version_id or "")}


def _setting_field(name: str, kind: Any, initial: dict[str, Any]) -> forms.Field:
    label = LABELS.get(name, name)
    if kind is bool:
        return forms.BooleanField(label=label, required=False)
    if kind is int:
        return forms.IntegerField(label=label, min_value=0, max_value=100_000 if name.endswith("_tokens") else 200)
    if kind is float:
        step = forms.NumberInput(attrs={"step": "any"})
        return forms.FloatField(label=label, min_value=0, max_value=100, widget=step)
    if get_origin(kind) is not None and name.endswith("_weights"):
        initial[f"set_{name}"] = dict(initial[f"set_{name}"])
        return WeightsField(label=label, names=frozenset(usual()[name]))
    return forms.CharField(label=label, required=False, max_length=200)


class WeightsField(forms.JSONField):
    """A number for each of `names`, and nothing else."""

    def __init__(self, *, names: frozenset[str], **kwargs: Any) -> None:
        self.names = names
        super().__init__(widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Readable."""
        return json.dumps(value, indent=1) if isinstance(value, dict) else value

    def clean(self, value: Any) -> dict[str, float]:
        """Raises ValidationError for anything but these names with numbers."""
        read = super().clean(value)
        if not isinstance(read, dict) or set(read) != self.names:
            raise forms.ValidationError(_("Give a number for each of: %(names)s.") % {"names": ", ".join(self.names)})
        if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in read.values()):
            raise forms.ValidationError(_("Every weight is a number."))
        return read


def _route(text: str, known: list[str]) -> dict[str, Any]:
    """One step a line: "a 3, b" shares the calls of a step, the next line stands in. "-": no model."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines == [NO_MODEL]:
        return {"extractive": True}
    steps = []
    for line in lines:
        step: dict[str, int] = {}
        for part in line.split(","):
            name, weight = part.strip(), 1
            if name not in known and (pair := name.rsplit(maxsplit=1))[-1].isdecimal() and len(pair) == 2:
                name, weight = pair[0], int(pair[1])
            if name not in known:
                raise forms.ValidationError(
                    _("There is no deployment “%(name)s”. There are: %(known)s.")
                    % {"name": name, "known": ", ".join(known) or _("none")}
                )
            if not 1 <= weight <= 1000:
                raise forms.ValidationError(_("A share is a whole number from 1 to 1000."))
            step[name] = weight
        steps.append(step)
    return {"deployments": steps} if steps else {}


def _written(route: Mapping[str, Any]) -> str:
    if route.get("extractive"):
        return NO_MODEL
    lines = []
    for entry in route.get("deployments") or ():
        step = entry if isinstance(entry, dict) else dict.fromkeys([entry] if isinstance(entry, str) else entry, 1)
        lines.append(", ".join(name if weight == 1 else f"{name} {weight}" for name, weight in step.items()))
    return "\n".join(lines)
