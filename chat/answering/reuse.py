"""Looks whether the same question was answered before, and keeps answers that may be given again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from chat import announcing, cache
from chat.answering.types import Decision, Draft, Order, Said, Verdict
from chat.models import Answer, Citation
from ragapp.llm.errors import EmbeddingModelError

UNFINISHED = (Answer.State.PENDING, Answer.State.STREAMING, Answer.State.STOPPED)
_COPIED = tuple(field.name for field in Citation._meta.concrete_fields if field.name not in ("id", "answer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was looked for, under which key, and what was found. `key` is "" for questions that are not looked up."""

    asked: cache.Asked | None = None
    key: str = ""
    kept: cache.Kept | None = None


def run(order: Order, verdicts: Sequence[Verdict]) -> Looked:
    """An answer to the same question that the reader may read now. Nothing is kept of what a guard remarked on."""
    if order.settings.reuse == "off" or not _stands_alone(order) or not _is_clean(verdicts):
        return Looked()
    asked = cache.Asked(
        text=order.question,
        language=order.language,
        reader=order.asker,
        collection_id=order.collection_id,
        release_id=order.release_id,
        index_version_id=order.index_version_id,
        route=order.route,
        today=order.today,
    )
    key = cache.key_of(asked)
    if not key:
        return Looked()
    try:
        kept = cache.find(asked, key, is_exact=order.settings.reuse == "exact", nearest_from=order.settings.reuse_from)
    except EmbeddingModelError:
        kept = None  # the search goes on by words alone
    cache.note(order.answer_id, key, kept, share_compared=order.settings.reuse_compared)
    return Looked(asked=asked, key=key, kept=kept)


def keep(
    order: Order,
    looked: Looked,
    *,
    draft: Draft,
    checked: Sequence[Said],
    verdicts: Sequence[Verdict],
    decision: Decision,
) -> None:
    """Keeps what was answered without any reservation, every sentence of it supported by a source."""
    is_whole = decision.status == "answered" and decision.reason == "answers" and not draft.notice
    is_first_choice = draft.fallback_step == 0 and not draft.is_stopped
    is_supported = all(sentence.is_supported for sentence in checked) and any(sentence.markers for sentence in checked)
    if looked.asked is None or not (is_whole and is_first_choice and is_supported and _is_clean(verdicts)):
        return
    try:
        cache.keep(order.answer_id, looked.asked, looked.key)
    except EmbeddingModelError:
        return  # without a vector it would be found by nobody


@transaction.atomic(savepoint=False)
def give(order: Order, kept: cache.Kept, *, verdicts: Sequence[Verdict], stage_ms: Mapping[str, float]) -> bool:
    """Stores the kept answer as the answer to this question. False when it was ended elsewhere meanwhile."""
    source = kept.answer
    unfinished = Answer.objects.filter(pk=order.answer_id, finished_at__isnull=True, state__in=UNFINISHED)
    stored = unfinished.update(
        state=Answer.State.DONE,
        status=source.status,
        text=source.text,
        model=source.model,
        cache_layer=kept.layer,
        cost_usd=0,
        stage_ms=dict(stage_ms),
        sentences=source.sentences,
        guard_verdicts=[verdict.as_json() for verdict in verdicts],
        index_version_id=source.index_version_id,
        candidates=source.candidates,
        decision=source.decision,
        question_as_understood=order.question,
        finished_at=timezone.now(),
        heartbeat_at=timezone.now(),
    )
    if stored:
        Citation.objects.bulk_create(
            Citation(answer_id=order.answer_id, **{name: getattr(each, name) for name in _COPIED})
            for each in kept.citations
        )
        announcing.finished([order.answer_id])
    return bool(stored)


def _stands_alone(order: Order) -> bool:
    is_of_now = order.as_of is None and order.private_collection_id is None
    return order.may_reuse and is_of_now and not order.history


def _is_clean(verdicts: Sequence[Verdict]) -> bool:
    return all(one.verdict == "pass" for one in verdicts)
