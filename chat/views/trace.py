"""Why an answer is as it is, in plain words, from what was stored with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.models import Answer
from documents import access
from ragapp.accounts.models import User


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

    passages: tuple[Passage, ...]
    withheld: int
    times: tuple[StageTime, ...]
    total_ms: float
    decision: str


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
        passages=passages,
        withheld=len(candidates) - len(passages),
        times=times,
        total_ms=sum(time.ms for time in times),
        decision=_decision(answer),
    )


def _reason(candidate: Mapping[str, Any]) -> str:
    ranks: Mapping[str, int] = candidate.get("ranks") or {}
    found = [
        phrase % {"rank": rank}
        for leg, phrase in (("dense", _("no. %(rank)d by meaning")), ("lexical", _("no. %(rank)d by words")))
        if (rank := ranks.get(leg))
    ]
    fate = _("used") if candidate.get("used") else _("cut: others fit the question better")
    return ", ".join([*found, fate])


def _decision(answer: Answer) -> str:
    count = len(answer.candidates or ())
    if answer.status == Answer.Status.NOT_FOUND:
        return _("No passage was close enough to the question to answer from it.")
    if answer.status == Answer.Status.BLOCKED:
        return _("A rule of this site stopped the question before anything was searched.")
    if answer.status == Answer.Status.FAILED:
        return _("Something failed before the answer was complete.")
    return ngettext(
        "%(n)d passage was close enough to be considered.",
        "%(n)d passages were close enough to be considered.",
        count,
    ) % {"n": count}


def _times(stage_ms: Mapping[str, Any]) -> Iterable[StageTime]:
    stages = [(name, float(ms)) for name, ms in stage_ms.items() if isinstance(ms, int | float) and name != "total"]
    total = sum(ms for _name, ms in stages) or 1.0
    start = 0.0
    for place, (name, ms) in enumerate(stages):
        width = 1000 * ms / total
        yield StageTime(name=name, ms=ms, start=round(start, 1), width=round(width, 1), shade=place % 6)
        start += width
