"""A conversation to take along: Markdown and JSON, with sources and the label of each answer."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.template.defaultfilters import slugify
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chat import announcing, branches, labels
from chat.models import Answer, Conversation
from chat.places import place
from chat.views.showing import ShownAnswer, ShownSource, show_all
from ragapp.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSource:
    """What a marker stands for; of a removed source nothing but that it was removed."""

    marker: int
    title: str
    path: str
    version: int
    place: str
    quote: str
    is_removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTurn:
    """A question and the answer that is shown; `is_withheld`: its sources may not all be read now."""

    question: str
    asked_at: datetime
    status: str
    text: str
    label: str
    is_withheld: bool
    sources: tuple[ExportedSource, ...]
    reply: announcing.PersonsReply | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The branch of a conversation that is shown, as its reader may read it now."""

    conversation: UUID
    title: str
    exported_at: datetime
    turns: tuple[ExportedTurn, ...]


def export(conversation: Conversation, *, reader: User) -> Exported:
    """The conversation as `reader` may see it now; answers in the making are left out."""
    turns = branches.shown_path(conversation.turns.prefetch_related("answers__citations", "answers__release"))
    answers = {turn.pk: answer for turn in turns if (answer := branches.shown_answer(turn)) is not None}
    shown = show_all([answer for answer in answers.values() if not answer.is_running], reader=reader)
    replies = announcing.replies(answers, reader=reader)
    return Exported(
        conversation=conversation.pk,
        title=conversation.title,
        exported_at=timezone.now(),
        turns=tuple(
            _turn(turn.question, turn.asked_at, answer, shown[answer.pk], replies.get(turn.pk))
            for turn in turns
            if (answer := answers.get(turn.pk)) is not None and answer.pk in shown
        ),
    )


def _turn(
    question: str, asked_at: datetime, answer: Answer, shown: ShownAnswer, reply: announcing.PersonsReply | None
) -> ExportedTurn:
    return ExportedTurn(
        question=question,
        asked_at=asked_at,
        status=answer.status or answer.state,
        text="" if shown.is_withheld else answer.text or answer.failure,
        label=labels.label_of(answer),
        is_withheld=shown.is_withheld,
        sources=tuple(_source(source) for source in shown.sources),
        reply=reply,
    )


def _source(source: ShownSource) -> ExportedSource:
    is_removed = source.removed_at is not None
    return ExportedSource(
        marker=source.marker,
        title="" if is_removed else source.title,
        path=source.path,
        version=source.version_number,
        place="" if is_removed else place(source),
        quote=source.quote,
        is_removed=is_removed,
    )


def as_json(exported: Exported) -> str:
    """One object; names are those of the dataclasses, moments in ISO 8601."""
    return json.dumps(asdict(exported), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2) + "\n"


def as_markdown(exported: Exported) -> str:
    """A document to read: questions as headings, answers, and under each its sources and its label."""
    day = date_format(timezone.localtime(exported.exported_at), "DATETIME_FORMAT")
    lines = [f"# {_one_line(exported.title)}", "", _("Exported on %(day)s from ragapp.") % {"day": day}, ""]
    for number, turn in enumerate(exported.turns, 1):
        lines += [
            "## " + _("Question %(n)d") % {"n": number},
            "",
            *(f"> {line}" for line in turn.question.splitlines()),
        ]
        lines += ["", *_answer_lines(turn), *_reply_lines(turn.reply)]
    return "\n".join(lines).rstrip() + "\n"


def file_name(exported: Exported, ending: str) -> str:
    """From the title, safe on every system."""
    return f"{slugify(exported.title)[:60] or 'conversation'}.{ending}"


def _answer_lines(turn: ExportedTurn) -> Iterable[str]:
    if turn.is_withheld:
        yield from (_("This answer is withheld: it rests on documents that you may no longer read."), "")
        return
    yield from (turn.text, "")
    for source in turn.sources:
        if source.is_removed:
            yield f"- [{source.marker}] " + _("Source removed")
            continue
        version = _("version %(n)d") % {"n": source.version}
        where = ", ".join(filter(None, (_one_line(source.title), _one_line(source.path), version, source.place)))
        yield f"- [{source.marker}] {where}"
    if turn.sources:
        yield ""
    if turn.label:
        yield from (f"*{turn.label}*", "")


def _reply_lines(reply: announcing.PersonsReply | None) -> Iterable[str]:
    if reply is None:
        return
    day = date_format(timezone.localtime(reply.at), "DATETIME_FORMAT")
    yield from ("### " + _("%(name)s replied on %(day)s") % {"name": _one_line(reply.by) or "–", "day": day}, "")
    yield from (reply.text or _("This reply is withheld: it rests on documents that you may no longer read."), "")


def _one_line(text: str) -> str:
    return " ".join(text.split())
