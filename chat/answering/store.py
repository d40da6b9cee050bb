"""The row of an answer: begun with its release, ended with everything that made it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import get_language

from chat import announcing, branches, programs, releases, sources
from chat.answering.errors import AlreadyBegun
from chat.answering.language import language_of
from chat.answering.types import Cited, Decision, Draft, Evidence, Exchange, Order, Said, Verdict
from chat.guardrails import policy
from chat.models import Answer, Citation, Turn
from chat.releases import settings as release_settings
from documents import lineage
from documents.retrieval.types import Results
from ragapp.accounts.models import User
from ragapp.audit import log as audit

UNFINISHED = (Answer.State.PENDING, Answer.State.STREAMING, Answer.State.STOPPED)
TRACED_EVIDENCE = 10
# What the row of an answer holds of the name that a provider reports.
MODEL_CHARS = 120
# A missing support is marked in many answers, and is no incident.
AUDITED = ("mask", "block")


def begin(
    answer_id: UUID,
    *,
    prompts: Mapping[str, str] = MappingProxyType({}),
    is_trial: bool = False,
    just_asked: Answer | None = None,
) -> Order:
    """Takes the pending answer for this process; `prompts` by task replace those of its release. `just_asked`: the
    answer itself, first of its turn, where a person's question was stored a moment ago; it is not read again then.

    Raises AlreadyBegun when another has it or it has ended.
    """
    answer: Any = just_asked or _pending(answer_id)
    if answer is None:
        raise AlreadyBegun
    turn = answer.turn
    # An evaluation run names its release beforehand, and has drawn none.
    named = releases.kept(answer.release_id) if answer.release_id is not None else None
    drawn = releases.Drawn(release=named, by=answer.drawn_by) if named else releases.drawn(turn.conversation.user)
    release = drawn.release
    token_id, told = (None, []) if just_asked else (programs.token_of(turn), programs.told_before(turn))
    read = release_settings.read(release.retrieval)
    language = language_of(turn.question, usual=(get_language() or "en")[:2])
    taken = Answer.objects.filter(pk=answer_id, state=Answer.State.PENDING).update(
        state=Answer.State.STREAMING,
        heartbeat_at=timezone.now(),
        release=release,
        drawn_by=drawn.by,
        language=language,
    )
    if not taken:
        raise AlreadyBegun
    return Order(
        answer_id=answer_id,
        question=turn.question,
        reader_id=turn.conversation.user_id,
        reader=turn.conversation.user,
        token_id=token_id,
        collection_id=turn.collection_id,
        private_collection_id=turn.conversation.files_id,
        as_of=turn.as_of,
        history=_history(turn, told, read.history_turns),
        language=language,
        today=timezone.localdate(),
        release_id=release.pk,
        index_version_id=release.index_version_id,
        prompts={prompt.task: prompt.body for prompt in release.prompts.all()} | dict(prompts),
        route=release.route,
        settings=read,
        policy=policy.read(release.guards),
        is_trial=is_trial,
        may_reuse=bool(just_asked) or not (prompts or is_trial or answer.is_another or _is_examined(answer)),
    )


def _pending(answer_id: UUID) -> Any:
    """The answer with what is asked of it, and `is_another`: its question has one already."""
    again = Answer.objects.filter(turn=OuterRef("turn")).exclude(pk=OuterRef("pk"))
    found = Answer.objects.filter(pk=answer_id, state=Answer.State.PENDING).annotate(is_another=Exists(again))
    return found.select_related("turn__conversation__user", "turn__by_program").first()


def _is_examined(answer: Answer) -> bool:
    """Where a release is to be looked at, nothing that was kept may stand in for it."""
    turn = answer.turn
    return turn.conversation.is_hidden and answer.release_id is not None and programs.token_of(turn) is None


def _history(turn: Turn, told: Sequence[tuple[str, str]], turns: int) -> tuple[Exchange, ...]:
    """What a program `told`; else the turns before on its branch, each with the answer that is shown, or the latest
    that has text. Oldest first.
    """
    if told and turns:
        return tuple(Exchange(question=question, answer=answered, titles=()) for question, answered in told[-turns:])
    exchanges = []
    for before in branches.before(turn)[-turns:] if turns else ():
        answer = branches.shown_answer(before)
        if answer is None or not answer.text:
            answer = before.answers.exclude(text="").order_by("-created_at").first()
        if answer is not None and not sources.all_open([answer], reader=turn.conversation.user):
            # Neither the model nor the rules may repeat what the reader may no longer read.
            exchanges.append(Exchange(question=before.question, answer="", titles=()))
            continue
        titles = answer.citations.filter(is_support=True).values_list("title", flat=True) if answer else ()
        exchanges.append(
            Exchange(
                question=(answer.question_as_understood if answer else "") or before.question,
                answer=answer.text if answer else "",
                titles=tuple(dict.fromkeys(titles)),
            )
        )
    return tuple(exchanges)


def understood(order: Order, text: str) -> None:
    """Keeps the question as it was understood, for the next follow-up, where it is not as it was asked."""
    if text == order.question:
        return
    Answer.objects.filter(pk=order.answer_id).update(question_as_understood=text)


@transaction.atomic
def finish(
    order: Order,
    *,
    status: str,
    draft: Draft,
    understood: str = "",
    said: Sequence[Said],
    cited: Sequence[Cited],
    verdicts: Sequence[Verdict],
    stage_ms: Mapping[str, float],
    results: Results | None = None,
    evidence: Sequence[Evidence] = (),
    decision: Decision | None = None,
) -> bool:
    """Stores the whole answer. False when it was ended elsewhere meanwhile, or its conversation is gone."""
    values: dict[str, Any] = {
        "state": Answer.State.STOPPED if draft.is_stopped else Answer.State.DONE,
        "status": status,
        "text": draft.text,
        "notice": draft.notice,
        "model": draft.model[:MODEL_CHARS],
        "fallback_step": draft.fallback_step,
        "tokens_in": draft.spent.tokens_in,
        "tokens_out": draft.spent.tokens_out,
        "cost_usd": draft.spent.cost_usd,
        "price": dict(draft.spent.price),
        "stage_ms": dict(stage_ms),
        "sentences": [
            {
                "text": sentence.text,
                "markers": list(sentence.markers),
                "support": sentence.support,
                "is_supported": sentence.is_supported,
            }
            for sentence in said
        ],
        "guard_verdicts": [verdict.as_json() for verdict in verdicts],
        "prompt": list(draft.prompt),
        "finished_at": timezone.now(),
        "heartbeat_at": timezone.now(),
    }
    if understood:
        values["question_as_understood"] = understood
    if results is not None:
        values["index_version_id"] = results.index_version_id or None
        values["candidates"] = _candidates(results, cited, draft)
    if decision is not None:
        values["decision"] = _explained(decision, evidence, results)
    stored = Answer.objects.filter(pk=order.answer_id, state__in=UNFINISHED, finished_at__isnull=True).update(**values)
    if stored:
        # A passage may reach over several pages, or sheets; the words stand on one.
        pages = lineage.pages_at((citation.hit.extraction_id, citation.quote_start) for citation in cited)
        Citation.objects.bulk_create(_citation(order.answer_id, citation, pages) for citation in cited)
        announcing.finished([order.answer_id])
        _audit(order, verdicts)
    return bool(stored)


def _audit(order: Order, verdicts: Sequence[Verdict]) -> None:
    """Says which guards found something and what was done, and nothing of what it was."""
    if acted := [f"{one.side}: {one.guard}: {one.verdict}" for one in verdicts if one.verdict in AUDITED]:
        # Who asked may be gone by now.
        asker = User.objects.filter(pk=order.reader_id).first()
        audit.record(
            "guards_acted", by=asker, target_kind="answer", target_id=order.answer_id, guards=sorted(set(acted))
        )


@transaction.atomic
def fail(order: Order, sentence: str, *, stage_ms: Mapping[str, float]) -> None:
    """Ends the answer as failed, with a sentence for the reader."""
    ended = Answer.objects.filter(pk=order.answer_id, finished_at__isnull=True).update(
        state=Answer.State.FAILED,
        status=Answer.Status.FAILED,
        failure=sentence,
        stage_ms=dict(stage_ms),
        finished_at=timezone.now(),
    )
    if ended:
        announcing.finished([order.answer_id])


@transaction.atomic
def break_off(answer_id: UUID, *, text: str, failure: str) -> None:
    """Ends an answer that the stages could not end: stopped, or failed where `failure` says so to the reader."""
    ended = Answer.objects.filter(pk=answer_id, finished_at__isnull=True).update(
        state=Answer.State.FAILED if failure else Answer.State.STOPPED,
        status=Answer.Status.FAILED if failure else "",
        text=text,
        failure=failure,
        finished_at=timezone.now(),
    )
    if ended:
        announcing.finished([answer_id])


def _candidates(results: Results, cited: Sequence[Cited], draft: Draft) -> list[dict[str, Any]]:
    # Without a model all that was kept was read.
    told = {hit.chunk_id for place, hit in enumerate(results.hits) if not draft.prompt or place in draft.told}
    used = {citation.hit.chunk_id for citation in cited if citation.is_support}
    kept = {hit.chunk_id for hit in results.hits}
    return [
        {
            "chunk_id": hit.chunk_id,
            "document_id": str(hit.document_id),
            "page": hit.page,
            "score": round(hit.score, 4),
            "ranks": dict(hit.ranks),
            "scores": {leg: round(score, 4) for leg, score in hit.scores.items()},
            "kept": hit.chunk_id in kept,
            "fate": hit.fate.value,
            "told": hit.chunk_id in told,
            "used": hit.chunk_id in used,
        }
        for hit in results.considered
    ]


def _explained(decision: Decision, evidence: Sequence[Evidence], results: Results | None) -> dict[str, Any]:
    hits = results.hits if results is not None else ()
    return {
        "status": decision.status,
        "reason": decision.reason,
        "missing": list(decision.missing),
        "sufficiency": round(decision.sufficiency, 4),
        "features": {name: round(value, 4) for name, value in decision.features.items()},
        "followed": _chunk(hits, decision.followed),
        "set_aside": _chunk(hits, decision.set_aside),
        "sentences": [
            {
                "chunk_id": hits[piece.hit].chunk_id,
                "start": piece.start,
                "end": piece.end,
                "score": round(piece.score, 3),
                "features": {name: round(value, 3) for name, value in piece.features.items()},
            }
            for piece in evidence[:TRACED_EVIDENCE]
        ],
    }


def _chunk(hits: Sequence[Any], place: int | None) -> int | None:
    return None if place is None else int(hits[place].chunk_id)


def _citation(answer_id: UUID, citation: Cited, pages: Mapping[tuple[int, int], int]) -> Citation:
    hit = citation.hit
    return Citation(
        answer_id=answer_id,
        marker=citation.marker,
        document_id=hit.document_id,
        version_id=hit.version_id,
        extraction_id=hit.extraction_id,
        chunk_id=hit.chunk_id,
        start=hit.start,
        end=hit.end,
        quote_start=citation.quote_start,
        quote_end=citation.quote_end,
        quote=citation.quote,
        title=hit.title,
        version_number=hit.version_number,
        page=pages.get((hit.extraction_id, citation.quote_start), hit.page),
        is_support=citation.is_support,
    )
