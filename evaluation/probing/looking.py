"""What the replies of a day say beside those of the days before; an alert where it is another model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray

from evaluation import alerts
from evaluation.models import ModelProbe
from evaluation.probing import deciding, questions
from evaluation.probing.deciding import DAYS_MAX, DAYS_MIN, LATENCY, LENGTH, REFUSALS, TEXT, Finding
from ragapp.accounts.models import User
from ragapp.audit import log as audit
from ragapp.llm import embedding

KIND, GONE = "probe", "model gone"
EXAMPLES = 5
Embed = Callable[[Sequence[str]], NDArray[np.float64]]
LABELS: dict[str, str | Promise] = {
    TEXT: gettext_lazy("What is said"),
    LENGTH: gettext_lazy("Length"),
    REFUSALS: gettext_lazy("Refusals"),
    LATENCY: gettext_lazy("Time"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question, the last reply of the days before, and that of the day."""

    question: str
    before: str
    now: str
    distance: float


def before(row: ModelProbe) -> QuerySet[ModelProbe]:
    """The days that a day is compared with, the newest first: none on which the model was another one, and from the day
    on that somebody accepted."""
    past = ModelProbe.objects.filter(
        deployment=row.deployment, stamp=row.stamp, day__lt=row.day, state=ModelProbe.State.DONE
    )
    accepted = past.exclude(accepted_at=None).order_by("-day").first()
    if accepted is not None:
        past = past.filter(day__gte=accepted.day).exclude(is_changed=True, accepted_at=None)
    else:
        past = past.filter(is_changed=False)
    return past.exclude(replies={}).order_by("-day")


def look(row: ModelProbe, *, embed: Embed | None = None) -> None:
    """Fills in what was found on the row, which is not saved, and raises an alert for a model that is another one.

    `embed` makes unit vectors; by default the site's embedder.
    """
    past = list(before(row)[:DAYS_MAX])[::-1]
    row.compared_with = len(past)
    if len(past) < DAYS_MIN:
        return
    found = _findings(row, past, embed or _embed)
    names = new_names(row, past)
    row.findings = {name: one.as_json() for name, one in found.items()} | ({"names": names} if names else {})
    row.is_changed = deciding.is_changed(found, has_new_name=bool(names))
    moved = [name for name, one in found.items() if one.is_moved]
    if row.is_changed or moved:
        alerts.raise_alert(
            KIND,
            row.deployment,
            partial(_told, row, found, names),
            severity="warning" if row.is_changed else "notice",
            details=_figures(row, found),
            link=reverse("evaluation:probe", args=[row.pk]),
        )


def new_names(row: ModelProbe, past: Sequence[ModelProbe]) -> list[str]:
    """Names that the provider reports of the model and did not on the days before."""
    known = {name for one in past for name in one.models_seen}
    return [name for name in row.models_seen if name not in known]


def new_fingerprints(row: ModelProbe, past: Sequence[ModelProbe]) -> list[str]:
    """Of what runs the model. Providers change that often without changing the model, so by itself it is no alarm."""
    known = {name for one in past for name in one.fingerprints}
    return [name for name in row.fingerprints if name not in known]


def accept(row: ModelProbe, *, by: User) -> None:
    """This is the model from now on: later days are compared with this one and those after it."""
    row.accepted_at, row.accepted_by = timezone.now(), by
    row.save(update_fields=["accepted_at", "accepted_by"])
    audit.record("model_change_accepted", by=by, target=row)


def examples(row: ModelProbe, *, embed: Embed | None = None) -> list[Example]:
    """The replies that are farthest from the last ones before, farthest first."""
    past = before(row).first()
    if past is None:
        return []
    # Of a question with sources above it only the question.
    texts = {one.key: one.text.rsplit("Question: ", 1)[-1] for one in questions.all_questions()}
    both = [
        (texts.get(key, "–"), str(past.replies[key]["text"]), str(said["text"]))
        for key, said in row.replies.items()
        if "text" in said and "text" in past.replies.get(key, {}) and said["text"] != past.replies[key]["text"]
    ]
    if not both:
        return []
    vectors = (embed or _embed)([text for _question, old, new in both for text in (old, new)])
    distances = 1 - (vectors[::2] * vectors[1::2]).sum(axis=1)
    return [
        Example(question=both[n][0], before=both[n][1], now=both[n][2], distance=float(distances[n]))
        for n in np.argsort(-distances)[:EXAMPLES]
    ]


def tell_of_gone(row: ModelProbe) -> None:
    """The provider does not know the model any more."""
    alerts.raise_alert(
        GONE,
        row.deployment,
        partial(gone_sentence, row.deployment),
        severity="critical",
        link=reverse("evaluation:probes"),
    )


def gone_sentence(name: str) -> str:
    """In the language that is active."""
    return _("The provider of %(name)s does not know its model any more. Other models stand in if there are any.") % {
        "name": name
    }


def _findings(row: ModelProbe, past: Sequence[ModelProbe], embed: Embed) -> dict[str, Finding]:
    days = [*past, row]
    keys = [
        key
        for key, said in row.replies.items()
        if "text" in said and sum("text" in one.replies.get(key, {}) for one in past) >= DAYS_MIN
    ]
    if not keys:
        return {}
    replies = [[str(one.replies.get(key, {}).get("text", "")) for one in days] for key in keys]
    vectors = embed([text for one in replies for text in one if text]) if any(map(any, replies)) else np.zeros((0, 1))
    rows = iter(vectors)
    none = np.full(vectors.shape[1], np.nan)
    found = {
        TEXT: deciding.texts(np.array([[next(rows) if text else none for text in one] for one in replies])),
        LENGTH: deciding.numbers(LENGTH, _table(replies, lambda text: float(np.log(1 + len(text.split()))))),
        REFUSALS: deciding.numbers(REFUSALS, _table(replies, lambda text: float(questions.is_refusal(text)))),
    }
    ms = np.array([[one.replies.get(key, {}).get("ms", np.nan) for one in days] for key in keys], dtype=np.float64)
    if (slow := deciding.latency(ms)) is not None:
        found[LATENCY] = slow
    return found


def _figures(row: ModelProbe, found: dict[str, Finding]) -> dict[str, str | int | float | bool | None]:
    effects = {name: round(one.effect, 3) for name, one in found.items()}
    return {"day": row.day.isoformat(), "days before": row.compared_with, **effects}


def _table(replies: Sequence[Sequence[str]], value: Callable[[str], float]) -> NDArray[np.float64]:
    return np.array([[value(text) if text else np.nan for text in one] for one in replies])


def _told(row: ModelProbe, found: dict[str, Finding], names: Sequence[str]) -> str:
    moved = [str(LABELS[name]) for name, one in found.items() if one.is_moved]
    parts = [_("%(name)s no longer is the model that it was on the %(n)d days before.")]
    if not row.is_changed:
        parts = [_("%(name)s takes other times than on the %(n)d days before.")]
    if names:
        parts.append(_("The provider now names it %(names)s."))
    if moved and row.is_changed:
        parts.append(_("Other than before: %(moved)s."))
    parts.append(_("Compare it on a dataset before you trust it as before."))
    values = {
        "name": row.deployment, "n": row.compared_with, "names": ", ".join(names), "moved": ", ".join(moved),
    }  # fmt: skip
    return " ".join(parts) % values


def _embed(texts: Sequence[str]) -> NDArray[np.float64]:
    """Unit vectors; the same words are embedded once."""
    different = list(dict.fromkeys(texts))
    vectors = dict(zip(different, embedding.embed_passages(different, embedding.configured()), strict=True))
    found = np.array([vectors[one] for one in texts], dtype=np.float64)
    unit: NDArray[np.float64] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit
