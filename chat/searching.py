"""A person's own history by its words: titles, questions, and answers whose sources they may read now."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Exists, OuterRef, Q, QuerySet

from chat.conversations import conversations_of
from chat.models import Answer, Citation, Conversation, Turn
from documents import access
from documents.retrieval.analyse import analyse
from ragapp.accounts.models import User

# PostgreSQL's names of the languages whose inflected forms are found, too.
FORMS = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "nl": "dutch"}
WORDS_MOST = 8
TURNS_LOOKED_AT = 200
AROUND_CHARS = 70
SNIPPET_CHARS = 180
_WORD = re.compile(r"[^\W_]+(?:[-.'’/][^\W_]+)*")
_Row = TypeVar("_Row", Turn, Answer)
_PLAIN = re.compile(r"\s*\[\d{1,3}\]|[*`#|]+|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some text of a snippet; `is_found` says that it was searched for."""

    text: str
    is_found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A conversation, the turn in it that fits best, and that turn's words around those searched for."""

    conversation: Conversation
    turn: Turn
    title: tuple[Piece, ...]
    snippet: tuple[Piece, ...]


def search(user: User, text: str, *, limit: int, language: str = "en") -> list[Found]:
    """The conversations of `user` in which one turn, with the title, has all words of `text`, the latest used first.

    Parts of words are found, and the other forms of a word in `language`.
    """
    words = _WORD.findall(text)[:WORDS_MOST]
    if not words:
        return []
    answers = readable_answers(user)
    turns = Turn.objects.filter(conversation__in=conversations_of(user)).select_related("conversation")
    for word in words:
        answered = Exists(_with(answers.filter(turn=OuterRef("pk")), word, language, ("text",)))
        turns = _with(turns, word, language, ("question", "conversation__title"), or_else=Q(answered))
    found: dict[object, Found] = {}
    for turn in turns.order_by("-conversation__updated_at", "-asked_at")[:TURNS_LOOKED_AT]:
        if turn.conversation_id not in found and len(found) >= limit:
            break
        snippet = _snippet(turn, answers, words, language)
        known = found.get(turn.conversation_id)
        if known is None or (snippet and not known.snippet):
            title = tuple(_marked(turn.conversation.title, words, language))
            found[turn.conversation_id] = Found(
                conversation=turn.conversation, turn=turn, title=title, snippet=tuple(snippet)
            )
    return list(found.values())


def readable_answers(user: User) -> QuerySet[Answer]:
    """Answers to the person's own questions all of whose sources they may read now."""
    closed = Citation.objects.filter(answer=OuterRef("pk"), is_support=True, removed_at__isnull=True).exclude(
        document_id__in=access.readable_documents(user).values("pk")
    )
    return Answer.objects.filter(turn__conversation__user=user).filter(~Exists(closed))


def _with(
    rows: QuerySet[_Row], word: str, language: str, fields: tuple[str, ...], *, or_else: Q | None = None
) -> QuerySet[_Row]:
    """Those of `rows` that have `word` in one of `fields`: as a part, or in another form."""
    wanted = or_else if or_else is not None else Q()
    for field in fields:
        wanted |= Q(**{f"{field}__icontains": word})
    if config := FORMS.get(language):
        rows = rows.alias(forms=SearchVector(*fields, config=config))
        wanted |= Q(forms=SearchQuery(word, config=config))
    return rows.filter(wanted)


def _snippet(turn: Turn, answers: QuerySet[Answer], words: list[str], language: str) -> list[Piece]:
    """The words around the first that was found, in the question or else in an answer; empty where there is none."""
    texts = answers.filter(turn=turn).order_by("-created_at").values_list("text", flat=True)
    for text in (turn.question, *texts):
        pieces = list(_marked(_PLAIN.sub(" ", text), words, language))
        first = next((at for at, piece in enumerate(pieces) if piece.is_found), None)
        if first is not None:
            return list(_cut(pieces, first))
    return []


def _marked(text: str, words: list[str], language: str) -> Iterable[Piece]:
    wanted = [word.casefold() for word in words]
    stems = {stem for word in words for stem in analyse(word, language)}
    at = 0
    for match in _WORD.finditer(text):
        folded = match[0].casefold()
        if any(word in folded for word in wanted) or stems.intersection(analyse(match[0], language)):
            if match.start() > at:
                yield Piece(text=text[at : match.start()], is_found=False)
            yield Piece(text=match[0], is_found=True)
            at = match.end()
    if at < len(text):
        yield Piece(text=text[at:], is_found=False)


def _cut(pieces: list[Piece], first: int) -> Iterable[Piece]:
    """From a little before the first found piece, to the usual length."""
    if first:
        lead = pieces[first - 1].text
        short = lead[-AROUND_CHARS:]
        yield Piece(text=short if short == lead and first == 1 else f"…{short}", is_found=False)
    left = SNIPPET_CHARS
    for piece in pieces[first:]:
        if len(piece.text) > left:
            yield Piece(text=f"{piece.text[:left]}…", is_found=piece.is_found)
            return
        yield piece
        left -= len(piece.text)
