"""What a person does with conversations: ask, ask again, rename, pin, delete, restore; only their own."""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from chat import attachments, branches
from chat.announcing import reacted
from chat.models import Answer, Conversation, Turn
from chat.rephrasing import says_again
from documents import access
from ragapp.accounts.models import User
from ragapp.audit import log as audit

RESTORABLE_FOR = timedelta(days=1)
TITLE_CHARS = 80


class CollectionUnknown(Exception):
    """There is no such collection, or you may not read it."""


def conversations_of(user: User) -> QuerySet[Conversation]:
    """The person's conversations that are shown, the latest used first."""
    return Conversation.objects.filter(user=user, deleted_at__isnull=True, is_hidden=False)


def deleted_of(user: User) -> QuerySet[Conversation]:
    """What the person deleted and can still restore, the latest deleted first."""
    since = timezone.now() - RESTORABLE_FOR
    return Conversation.objects.filter(user=user, deleted_at__gte=since, is_hidden=False).order_by("-deleted_at")


def answers_visible_to(user: User) -> QuerySet[Answer]:
    """Answers the person may see: those in their own conversations that are not deleted."""
    return Answer.objects.filter(turn__conversation__user=user, turn__conversation__deleted_at__isnull=True)


@transaction.atomic(savepoint=False)
def ask(
    *,
    user: User,
    text: str,
    conversation: Conversation | None,
    collection_id: int | None,
    is_hidden: bool = False,
    after: UUID | None = None,
    edits: UUID | None = None,
    as_of: date | None = None,
) -> Answer:
    """The pending answer to a new question, in `conversation` or in a new one.

    It follows the turn `after`, or stands beside the one that it `edits`; else it ends the branch that is shown. The
    documents of the collection, or all, answer as they held on the day `as_of`, else as they hold now.
    Raises CollectionUnknown, and Conversation.DoesNotExist when the conversation is deleted or not theirs.
    """
    if collection_id is not None and not access.collections_for(user).filter(pk=collection_id).exists():
        raise CollectionUnknown
    question = text.replace("\x00", "").strip()
    if conversation is None:
        locked = Conversation.objects.create(user=user, title=title_of(question), is_hidden=is_hidden)
        turn = Turn.objects.create(
            conversation=locked, ordinal=0, question=question, collection_id=collection_id, as_of=as_of
        )
    else:
        # The row lock gives two questions sent at once their places one after the other.
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk, user=user, deleted_at__isnull=True)
        locked.user = user
        turn = _next_turn(
            locked, question, user=user, collection_id=collection_id, after=after, edits=edits, as_of=as_of
        )
    answer = Answer.objects.create(turn=turn, heartbeat_at=timezone.now())
    audit.record(
        "question_asked",
        by=user,
        target_kind="answer",
        target_id=str(answer.pk),
        conversation=str(locked.pk),
        collection=collection_id,
        characters=len(question),
    )
    return answer


def _next_turn(
    locked: Conversation,
    question: str,
    *,
    user: User,
    collection_id: int | None,
    after: UUID | None,
    edits: UUID | None,
    as_of: date | None,
) -> Turn:
    last = locked.turns.aggregate(last=Max("ordinal"))["last"]
    turn = Turn.objects.create(
        conversation=locked,
        ordinal=0 if last is None else last + 1,
        parent=branches.parent_for(locked, after=after, edits=edits),
        question=question,
        collection_id=collection_id,
        as_of=as_of,
    )
    _tell_if_rephrased(turn, edits=edits, user=user)
    branches.choose_turn(turn, user=user)
    if last is None:
        # One that began with a file was named after it.
        locked.title = title_of(question)
    locked.save(update_fields=["updated_at", "title"])
    return turn


@transaction.atomic
def again(answer: Answer, *, user: User) -> Answer:
    """Another pending answer to the same question, shown in place of the earlier one, which stays.

    Raises Answer.DoesNotExist when the answer is not the person's.
    """
    turn = answers_visible_to(user).select_related("turn").get(pk=answer.pk).turn
    fresh = Answer.objects.create(turn=turn, heartbeat_at=timezone.now())
    Turn.objects.filter(pk=turn.pk).update(chosen_answer=None)
    reacted.send(Turn, answer=answer, user=user, kind="again")
    audit.record("question_asked", by=user, target_kind="answer", target_id=str(fresh.pk), again=str(answer.pk))
    return fresh


def _tell_if_rephrased(turn: Turn, *, edits: UUID | None, user: User) -> None:
    """The answer before was not what was wanted when its question was edited, or is asked again in other words."""
    earlier = Turn.objects.filter(pk=edits, conversation=turn.conversation_id).first() if edits else turn.parent
    if earlier is None or not (edits or says_again(turn.question, earlier.question)):
        return
    answer = branches.shown_answer(earlier)
    if answer is not None:
        reacted.send(Turn, answer=answer, user=user, kind="rephrase")


def rename(conversation: Conversation, title: str, *, user: User) -> Conversation:
    """Gives it another title. Raises Conversation.DoesNotExist when it is not the person's."""
    own = conversations_of(user).get(pk=conversation.pk)
    own.title = title_of(title) or own.title
    own.save(update_fields=["title"])
    return own


def pin(conversation: Conversation, *, user: User, is_pinned: bool) -> Conversation:
    """Puts it above the others, or back among them. Raises Conversation.DoesNotExist when it is not the person's."""
    own = conversations_of(user).get(pk=conversation.pk)
    own.pinned_at = timezone.now() if is_pinned else None
    own.save(update_fields=["pinned_at"])
    return own


def delete(conversation: Conversation, *, user: User) -> Conversation:
    """Hides it at once; for a day it can be restored. Raises Conversation.DoesNotExist when not theirs."""
    own = conversations_of(user).get(pk=conversation.pk)
    own.deleted_at = timezone.now()
    own.save(update_fields=["deleted_at"])
    return own


def restore(conversation: Conversation, *, user: User) -> Conversation:
    """Brings it back. Raises Conversation.DoesNotExist after a day, or when it is not the person's."""
    own = Conversation.objects.get(pk=conversation.pk, user=user, deleted_at__gte=timezone.now() - RESTORABLE_FOR)
    own.deleted_at = None
    own.save(update_fields=["deleted_at"])
    return own


def remove_deleted() -> int:
    """Removes conversations whose day has passed, with their answers and attached files. Returns how many."""
    _, by_model = Conversation.objects.filter(deleted_at__lt=timezone.now() - RESTORABLE_FOR).delete()
    attachments.remove_left_over()
    return by_model.get("chat.Conversation", 0)


def title_of(text: str) -> str:
    """The first line of `text`, cut at a word to at most 80 characters."""
    line = " ".join(text.split("\n", 1)[0].split())
    if len(line) <= TITLE_CHARS:
        return line
    cut = line[: TITLE_CHARS - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(",;:.") + "…"
