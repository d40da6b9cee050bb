"""The branches of a conversation: which questions and answers are shown, and where each stands beside the others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from chat.models import Answer, Conversation, Turn
from ragapp.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which of several this one is, from 1, and its neighbours; None at the ends."""

    number: int
    of: int
    previous: UUID | None
    following: UUID | None


def shown_path(turns: Iterable[Turn], *, through: UUID | None = None) -> list[Turn]:
    """Of all `turns` of a conversation those on the branch that is shown, oldest first.

    That is the one `through` a turn where one is given, else the one chosen last.
    """
    rows = sorted(turns, key=lambda turn: turn.ordinal)
    by_parent: dict[UUID | None, list[Turn]] = {}
    for turn in rows:
        by_parent.setdefault(turn.parent_id, []).append(turn)
    wanted = {turn.pk for turn in _line(rows, through)}
    path: list[Turn] = []
    follow_ups = by_parent.get(None)
    while follow_ups:
        chosen = max(follow_ups, key=lambda turn: (turn.pk in wanted, turn.chosen_at, turn.ordinal))
        path.append(chosen)
        follow_ups = by_parent.get(chosen.pk)
    return path


def before(turn: Turn) -> list[Turn]:
    """The questions that `turn` follows, oldest first."""
    if turn.parent_id is None:
        return []
    rows = Turn.objects.filter(conversation=turn.conversation_id, ordinal__lt=turn.ordinal)
    return _line(list(rows), turn.parent_id)


def shown_answer(turn: Turn) -> Answer | None:
    """Of the answers to `turn` the one that was chosen, else the latest."""
    answers = list(turn.answers.all())
    chosen = [answer for answer in answers if answer.pk == turn.chosen_answer_id]
    return chosen[0] if chosen else max(answers, key=lambda answer: answer.created_at, default=None)


def place_of_turn(turn: Turn, turns: Iterable[Turn]) -> Place:
    """Where `turn` stands among the questions asked in its place."""
    beside = sorted((each for each in turns if each.parent_id == turn.parent_id), key=lambda each: each.ordinal)
    return _place(turn.pk, [each.pk for each in beside])


def place_of_answer(answer: Answer, answers: Iterable[Answer]) -> Place:
    """Where `answer` stands among the answers to its question."""
    return _place(answer.pk, [each.pk for each in sorted(answers, key=lambda each: each.created_at)])


def choose_turn(turn: Turn, *, user: User) -> Turn:
    """Shows the branch of `turn` from now on. Raises Turn.DoesNotExist when it is not the person's."""
    own = _turns_of(user).get(pk=turn.pk)
    Turn.objects.filter(pk__in=[own.pk, *(each.pk for each in before(own))]).update(chosen_at=timezone.now())
    return own


def choose_answer(answer: Answer, *, user: User) -> Answer:
    """Shows `answer` to its question from now on. Raises Answer.DoesNotExist when it is not the person's."""
    own = Answer.objects.select_related("turn__conversation").get(pk=answer.pk, turn__in=_turns_of(user))
    Turn.objects.filter(pk=own.turn_id).update(chosen_answer=own)
    own.turn.chosen_answer = own
    return own


def parent_for(conversation: Conversation, *, after: UUID | None, edits: UUID | None) -> Turn | None:
    """What a new question follows: `after`, what the question that it `edits` follows, or the end of the shown branch.

    An id of another conversation counts as none.
    """
    turns = list(conversation.turns.all())
    by_id = {turn.pk: turn for turn in turns}
    if edits in by_id:
        return by_id[edits].parent
    if after in by_id:
        return by_id[after]
    path = shown_path(turns)
    return path[-1] if path else None


def _turns_of(user: User) -> QuerySet[Turn]:
    return Turn.objects.filter(conversation__user=user, conversation__deleted_at__isnull=True)


def _line(turns: Iterable[Turn], end: UUID | None) -> list[Turn]:
    """From the first question to `end`, which is among `turns`; empty when it is not."""
    by_id = {turn.pk: turn for turn in turns}
    line: list[Turn] = []
    while end is not None and (turn := by_id.get(end)) is not None:
        line.append(turn)
        end = turn.parent_id
    return line[::-1]


def _place(current: UUID, ids: Sequence[UUID]) -> Place:
    at = ids.index(current)
    return Place(
        number=at + 1,
        of=len(ids),
        previous=ids[at - 1] if at else None,
        following=ids[at + 1] if at + 1 < len(ids) else None,
    )
