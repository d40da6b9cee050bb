"""Showing a conversation to colleagues, read-only: its text follows its sources for each of them."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chat import branches, sources
from chat.conversations import answers_visible_to, conversations_of
from chat.models import Answer, Conversation, Share
from documents import access
from ragapp.accounts.models import User
from ragapp.audit import log as audit


class NothingToShare(Exception):
    """No question of the conversation is answered yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a viewer sees under a link: `answers`, with their questions, in the order in which they were asked.

    None stands for a turn whose sources the viewer may not all read. `title` is empty where there is one, since it may
    tell of it.
    """

    share: Share
    title: str
    answers: tuple[Answer | None, ...]


@transaction.atomic
def share(conversation: Conversation, *, user: User, days: int | None) -> Share:
    """A link to what is shown of the conversation now, for `days` or until withdrawn, in place of an earlier link.

    Raises Conversation.DoesNotExist when it is not the person's, NothingToShare.
    """
    own = conversations_of(user).select_for_update().get(pk=conversation.pk)
    path = branches.shown_path(own.turns.prefetch_related("answers"))
    shown = [answer for turn in path if (answer := branches.shown_answer(turn)) is not None and _is_finished(answer)]
    if not shown:
        raise NothingToShare
    _withdraw(own, user=user)
    made = Share.objects.create(
        conversation=own, expires_at=timezone.now() + timedelta(days=days) if days is not None else None
    )
    made.answers.set(shown)
    audit.record("conversation_shared", by=user, target=made, target_name="", answers=len(shown), days=days)
    return made


@transaction.atomic
def withdraw(conversation: Conversation, *, user: User) -> None:
    """Closes the link of the conversation, if there is one. Raises Conversation.DoesNotExist when not theirs."""
    _withdraw(conversations_of(user).select_for_update().get(pk=conversation.pk), user=user)


def link_of(conversation: Conversation) -> Share | None:
    """The link that works now."""
    return Share.open().filter(conversation=conversation).first()


def opened(share_id: UUID, *, viewer: User) -> Shared:
    """What `viewer` may see under the link; opening it is recorded. Raises Share.DoesNotExist."""
    found = Share.open().select_related("conversation__user").get(pk=share_id)
    answers = list(
        found.answers.select_related("turn", "release").prefetch_related("citations").order_by("turn__ordinal")
    )
    closed = sources.closed_among(answers, reader=viewer)
    seen = tuple(
        answer if answer.pk not in closed and _may_read_uncited(answer, viewer) else None for answer in answers
    )
    withheld = seen.count(None)
    audit.record("shared_conversation_opened", by=viewer, target=found, target_name="", withheld=withheld)
    return Shared(share=found, title="" if withheld else found.conversation.title, answers=seen)


def answers_open_to(user: User) -> QuerySet[Answer]:
    """Answers whose sources the person may ask for: their own, and those under links that work."""
    return answers_visible_to(user) | Answer.objects.filter(
        pk__in=Share.answers.through.objects.filter(share__in=Share.open()).values("answer")
    )


def _withdraw(conversation: Conversation, *, user: User) -> None:
    for each in Share.objects.filter(conversation=conversation, withdrawn_at__isnull=True):
        each.withdrawn_at = timezone.now()
        each.save(update_fields=["withdrawn_at"])
        audit.record("share_withdrawn", by=user, target=each, target_name="")


def _is_finished(answer: Answer) -> bool:
    return not answer.is_running and answer.state != Answer.State.FAILED and answer.status != Answer.Status.FAILED


def _may_read_uncited(answer: Answer, viewer: User) -> bool:
    """A sentence that no citation bears out may repeat anything that was read: then all of that has to be readable."""
    if answer.status in (Answer.Status.NOT_FOUND, Answer.Status.BLOCKED):
        return True
    cites = any(citation.is_support for citation in answer.citations.all())
    if cites and all(said.get("markers") and said.get("is_supported") for said in answer.sentences):
        return True
    read = {UUID(str(each["document_id"])) for each in answer.candidates or () if each.get("kept")}
    return access.may_read_all(viewer, read)
