"""Gives the answer that a person has checked, where there is one to this very question."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from chat import announcing, golden
from chat.answering.types import Order, Verdict
from chat.models import Answer, Citation

# What stands for the model and the layer of such an answer.
GOLDEN = "golden"


def run(order: Order) -> golden.Found | None:
    """The golden answer that the reader may have; None for follow-ups, for days past, and where files are attached."""
    stands_alone = order.as_of is None and order.private_collection_id is None and not order.history
    if not order.may_reuse or not stands_alone:
        return None
    return golden.find(
        order.question,
        language=order.language,
        reader=order.asker,
        today=order.today,
        collection_id=order.collection_id,
    )


@transaction.atomic(savepoint=False)
def give(order: Order, found: golden.Found, *, verdicts: Sequence[Verdict], stage_ms: Mapping[str, float]) -> bool:
    """Stores it as the answer to this question. False when that was ended elsewhere meanwhile."""
    text = found.text
    unfinished = Answer.objects.filter(pk=order.answer_id, finished_at__isnull=True)
    stored = unfinished.update(
        state=Answer.State.DONE,
        status=Answer.Status.ANSWERED,
        text=text,
        model=GOLDEN,
        cache_layer=GOLDEN,
        cost_usd=0,
        stage_ms=dict(stage_ms),
        # Nobody measured its support: a person stands for it.
        sentences=[
            {
                "text": text,
                "markers": [source.marker for source in found.sources],
                "support": None,
                "is_supported": True,
            }
        ],
        guard_verdicts=[verdict.as_json() for verdict in verdicts],
        decision={"status": "answered", "reason": GOLDEN, "golden": found.golden.pk},
        question_as_understood=order.question,
        finished_at=timezone.now(),
        heartbeat_at=timezone.now(),
    )
    if stored:
        cited = found.citations
        for one in cited:
            one.answer_id = order.answer_id
        Citation.objects.bulk_create(cited)
        golden.note(found, order.answer_id)
        announcing.finished([order.answer_id])
    return bool(stored)
