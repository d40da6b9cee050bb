"""Why an answer is as it is, in plain words, from what was stored with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.models import Answer, Layer
from documents import access
from ragapp.accounts.models import User

FLOW = (
    "guard", "golden", "reuse", "rewrite", "retrieve", "weigh", "decide", "refuse", "compose", "generate", "extract",
    "cite", "check", "store",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage that was considered. `reason` says why it was kept or cut."""

    title: str
    document_id: UUID
    page: int | None
    is_used: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """A piece of the time bar: `start` and `width` in thousandths of the whole."""

    name: str
    ms: float
    start: float
    width: float
    shade: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """`withheld`: passages of documents that the reader may no longer read."""

    used: tuple[Passage, ...]
    unused: tuple[Passage, ...]
    withheld: int
    times: tuple[StageTime, ...]
    total_ms: float
    decision: str
    guards: tuple[str, ...] = ()
    given_again: str = ""


def explain(answer: Answer, *, reader: User) -> Why:
    """The trace of `answer`, without what `reader` may not read now."""
    candidates: list[dict[str, Any]] = list(answer.candidates or ())
    ids = [UUID(str(c["document_id"])) for c in candidates]
    titles: dict[UUID, str] = dict(access.readable_documents(reader).filter(pk__in=set(ids)).values_list("pk", "title"))
    passages = tuple(
        Passage(
            title=titles[document_id],
            document_id=document_id,
            page=candidate.get("page"),
            is_used=bool(candidate.get("used")),
            reason=_reason(candidate),
        )
        for document_id, candidate in zip(ids, candidates, strict=True)
        if document_id in titles
    )
    times = tuple(_times(answer.stage_ms))
    return Why(
        used=tuple(passage for passage in passages if passage.is_used),
        unused=tuple(passage for passage in passages if not passage.is_used),
        withheld=len(candidates) - len(passages),
        times=times,
        total_ms=sum(time.ms for time in times),
        decision=_decision(answer),
        guards=tuple(dict.fromkeys(_guards(answer.guard_verdicts))),
        given_again=_given_again(answer),
    )


def _given_again(answer: Answer) -> str:
    """Why nothing was written for this question; "" where the answer was made for it."""
    if answer.cache_layer not in Layer.values:
        return ""
    return _(
        "Yes: the same question was %(how)s, of the same documents. The answer was checked then, and you may read "
        "all of its sources now."
    ) % {"how": Layer(answer.cache_layer).label}


def _guards(verdicts: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """What the guards found and what was done, in words; nothing for those that let pass."""
    guards = {
        "orders": _("orders to the language model"),
        "secrets": _("a key or a password"),
        "personal_data": _("personal data"),
        "abuse": _("abuse"),
        "language": _("a language that is not expected here"),
        "length": _("its length"),
        "system_prompt": _("a piece of the instructions"),
        "addresses": _("a link, an image or HTML"),
        "harmful": _("harmful content"),
        "beside_the_question": _("something beside the question"),
        "unsupported": _("sentences without support"),
    }
    done = {
        "log": _("noted"),
        "flag": _("noted"),
        "warn": _("marked"),
        "mask": _("taken out"),
        "block": _("blocked"),
    }
    for one in verdicts:
        if one.get("guard") in guards and one.get("verdict") in done:
            side = _("Answer") if one.get("side") == "answer" else _("Question")
            yield f"{side}: {guards[one['guard']]} – {done[one['verdict']]}"


def _reason(candidate: Mapping[str, Any]) -> str:
    ranks: Mapping[str, int] = candidate.get("ranks") or {}
    found = [
        phrase % {"rank": rank}
        for leg, phrase in (("dense", _("no. %(rank)d by meaning")), ("lexical", _("no. %(rank)d by words")))
        if (rank := ranks.get(leg))
    ]
    if candidate.get("used"):
        fate = _("used")
    elif candidate.get("kept"):
        fate = _("read, but no sentence of it was needed")
    elif candidate.get("fate") == "joined":
        fate = _("read together with its neighbour")
    elif candidate.get("fate") == "repeats":
        fate = _("cut: it repeats another passage")
    elif candidate.get("fate") == "crowded":
        fate = _("cut: its document has enough passages")
    else:
        fate = _("cut: others fit the question better")
    return ", ".join([*found, fate])


def _decision(answer: Answer) -> str:
    if answer.status == Answer.Status.BLOCKED:
        return _("A rule of this site stopped the question before anything was searched.")
    if answer.status == Answer.Status.FAILED:
        return _("Something failed before the answer was complete.")
    decision: Mapping[str, Any] = answer.decision or {}
    said = _because(str(decision.get("reason", "")), len(answer.candidates or ()), answer.status)
    if words := [str(word) for word in decision.get("missing") or ()]:
        said += " " + _("None of the passages has: %(words)s.") % {"words": ", ".join(words)}
    chance = decision.get("sufficiency")
    if not isinstance(chance, int | float):
        return said
    return f"{said} " + _("Estimated chance that they answer it: %(percent)d %%.") % {"percent": round(100 * chance)}


def _because(reason: str, count: int, status: str) -> str:
    """The reason that was stored with the decision, in words. Answers of earlier versions have none."""
    said = {
        "golden": _(
            "A person has checked this answer to the same question, and you may read all of its sources now. "
            "Nothing was searched."
        ),
        "nothing_found": _("No passage you may read has anything in common with the question."),
        "names_missing": _("The nearest passages do not have the names or codes of the question."),
        "too_far": _("The nearest passages have too little in common with the question to answer from them."),
        "model_found_none": _("The language model read the nearest passages and found no answer in them."),
    }
    if reason in said:
        return said[reason]
    if status == Answer.Status.NOT_FOUND:
        return _("No passage was close enough to the question to answer from it.")
    considered = ngettext("%(n)d passage was considered.", "%(n)d passages were considered.", count) % {"n": count}
    if reason == "in_part":
        return f"{considered} " + _("They may answer the question only in part.")
    if reason == "compared":
        return f"{considered} " + _("What the question compares is shown side by side.")
    if reason == "unsupported":
        return f"{considered} " + _("No sentence of the answer has support in what it cites.")
    if reason == "versions":
        return f"{considered} " + _("Two of their documents are versions of one another.")
    return considered


def _times(stage_ms: Mapping[str, Any]) -> Iterable[StageTime]:
    """The time bar, in the order of the flow; stages of one name count together."""
    spent: dict[str, float] = {}
    # The database sorts the keys of JSON by its own rule.
    for stage in sorted(stage_ms, key=lambda stage: FLOW.index(stage) if stage in FLOW else len(FLOW)):
        if stage != "total" and isinstance(stage_ms[stage], int | float):
            name = _stage_name(stage)
            spent[name] = spent.get(name, 0.0) + float(stage_ms[stage])
    total, start = sum(spent.values()) or 1.0, 0.0
    for place, (name, ms) in enumerate(spent.items()):
        width = 1000 * ms / total
        yield StageTime(name=name, ms=ms, start=round(start, 1), width=round(width, 1), shade=place % 6)
        start += width


def _stage_name(stage: str) -> str:
    names = {
        "guard": _("rules"),
        "golden": _("looking for the same question"),
        "reuse": _("looking for the same question"),
        "rewrite": _("question"),
        "retrieve": _("search"),
        "weigh": _("reading"),
        "decide": _("decision"),
        "refuse": _("writing"),
        "compose": _("writing"),
        "generate": _("writing"),
        "extract": _("writing"),
        "cite": _("checking"),
        "check": _("checking"),
        "store": _("storing"),
    }
    return names.get(stage, stage)
