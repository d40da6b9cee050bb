"""Answers given again to the same question, where nothing that decides about them is another.

The key stands for all of that but the words: release, index version, the versions of documents that the asker may read
and what they say, filters, language, day, and the models that may write. A kept answer is the row of an answer, so
what takes text out of that, or removes it, takes it from here too; and the asker's rights are asked again for every
passage that it rests on.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.dispatch import receiver
from django.utils import timezone
from pgvector.django import CosineDistance

from chat import opposites
from chat.models import Answer, CachedAnswer, CacheLookup, Citation, Layer
from documents.lineage import documents_removed, text_withdrawn
from documents.retrieval.standing import standing_of, stands
from documents.retrieval.types import Query
from ragapp.accounts.models import User
from ragapp.llm import embedding, gateway

# The day is part of the key.
KEPT_FOR = timedelta(days=1)
NEAREST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that stands alone: without history, attached files or a day in the past."""

    text: str
    language: str
    reader: User
    collection_id: int | None
    release_id: int
    index_version_id: int | None
    route: Any
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer that may be given again, with the citations that it rests on."""

    answer: Answer
    citations: Sequence[Citation]
    layer: Layer
    similarity: float

    @property
    def text(self) -> str:
        """What was said."""
        return self.answer.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What keeping answers brought. Shares are None where nothing was counted; `compared` hits were made anew."""

    lookups: int
    hits: int
    exact: int
    semantic: int
    saved_usd: Decimal
    saved_s: float
    compared: int
    wrong: int

    @property
    def hit_rate(self) -> float | None:
        """The share of the questions looked for that were answered from here."""
        return self.hits / self.lookups if self.lookups else None

    @property
    def wrong_rate(self) -> float | None:
        """The share of the compared hits whose new answer says something else."""
        return self.wrong / self.compared if self.compared else None


def key_of(asked: Asked) -> str:
    """What has to be equal for two people to get the same answer; "" when the asker can read nothing."""
    chosen = None if asked.collection_id is None else (asked.collection_id,)
    query = Query(text="", collection_ids=chosen, index_version_id=asked.index_version_id)
    standing = standing_of(query, reader=asked.reader)
    if standing is None:
        return ""
    parts = [
        asked.release_id,
        standing.index_version_id,
        standing.digest,
        asked.collection_id,
        asked.language,
        asked.today.isoformat(),
        gateway.writers("answer", asked.route),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def find(asked: Asked, key: str, *, is_exact: bool, nearest_from: float) -> Kept | None:
    """The answer to the same question under `key` whose every passage the asker may read now, if one is kept.

    `is_exact`: asked in the same words. Else also to a question whose cosine is at least `nearest_from`.
    """
    known = CachedAnswer.objects.filter(
        key=key, answer__turn__conversation__deleted_at__isnull=True, kept_at__gt=timezone.now() - KEPT_FOR
    ).select_related("answer__turn", "answer__release")
    if exact := known.filter(words=_words(asked.text)).first():
        return _readable(exact, asked.reader, Layer.EXACT, 1.0)
    if is_exact or asked.language not in opposites.LANGUAGES:
        return None
    vector = embedding.embed_query(asked.text)
    nearest = known.annotate(apart=CosineDistance("vector", vector)).filter(apart__lte=1 - nearest_from)
    for one in nearest.order_by("apart")[:NEAREST]:
        if opposites.difference(asked.text, one.answer.turn.question, language=asked.language):
            continue
        if kept := _readable(one, asked.reader, Layer.SEMANTIC, 1 - float(one.apart)):
            return kept
    return None


def keep(answer_id: UUID, asked: Asked, key: str) -> bool:
    """Keeps the finished answer, unless what it was made from has changed meanwhile; whether it is kept."""
    if key_of(asked) != key:
        return False
    CachedAnswer.objects.filter(kept_at__lt=timezone.now() - KEPT_FOR, key=key).delete()
    CachedAnswer.objects.bulk_create(
        [
            CachedAnswer(
                answer_id=answer_id, key=key, words=_words(asked.text), vector=embedding.embed_query(asked.text)
            )
        ],
        ignore_conflicts=True,
    )
    return True


def note(answer_id: UUID, key: str, kept: Kept | None, *, share_compared: float) -> None:
    """Writes down that a kept answer was looked for, and what came of it."""
    source = kept.answer if kept else None
    is_sampled = source is not None and answer_id.int % 10_000 < share_compared * 10_000
    CacheLookup.objects.create(
        answer_id=answer_id,
        key=key,
        layer=kept.layer if kept else "",
        source_id=source.pk if source else None,
        similarity=kept.similarity if kept else None,
        saved_usd=_cost(source) if source else None,
        saved_ms=sum(source.stage_ms.values()) if source else None,
        is_sampled=is_sampled,
    )


def forget(answer_id: UUID) -> None:
    """The answer, or the one that it was taken from, is not given again: somebody found it wrong."""
    sources = CacheLookup.objects.filter(answer_id=answer_id, source_id__isnull=False).values("source_id")
    CachedAnswer.objects.filter(Q(answer=answer_id) | Q(answer__in=sources)).delete()


def forget_old() -> int:
    """Removes what cannot be found any more; how many."""
    return CachedAnswer.objects.filter(kept_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def figures(*, since: datetime, until: datetime | None = None) -> Figures:
    """What came of looking for kept answers from `since` up to `until`, or now."""
    rows = CacheLookup.objects.filter(looked_at__gte=since)
    counted = (rows if until is None else rows.filter(looked_at__lt=until)).aggregate(
        lookups=Count("pk"),
        exact=Count("pk", filter=Q(layer=Layer.EXACT)),
        semantic=Count("pk", filter=Q(layer=Layer.SEMANTIC)),
        saved_usd=Sum("saved_usd"),
        saved_ms=Sum("saved_ms"),
        compared=Count("pk", filter=Q(is_wrong__isnull=False)),
        wrong=Count("pk", filter=Q(is_wrong=True)),
    )
    return Figures(
        lookups=counted["lookups"],
        hits=counted["exact"] + counted["semantic"],
        exact=counted["exact"],
        semantic=counted["semantic"],
        saved_usd=counted["saved_usd"] or Decimal(0),
        saved_s=(counted["saved_ms"] or 0.0) / 1000,
        compared=counted["compared"],
        wrong=counted["wrong"],
    )


@receiver([documents_removed, text_withdrawn])
def forget_documents(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> dict[str, int]:
    """Removes what rests on documents that go; how many, for the receipt."""
    resting = Citation.objects.filter(document_id__in=document_ids, is_support=True).values("answer")
    return {"kept_answers": CachedAnswer.objects.filter(answer__in=resting).delete()[0]}


def _readable(one: CachedAnswer, reader: User, layer: Layer, similarity: float) -> Kept | None:
    citations = list(one.answer.citations.filter(is_support=True))
    places = [(each.document_id, each.version_id, each.extraction_id) for each in citations]
    is_whole = bool(one.answer.text) and bool(citations) and all(each.removed_at is None for each in citations)
    if not is_whole or not stands(places, reader=reader):
        return None
    return Kept(answer=one.answer, citations=citations, layer=layer, similarity=similarity)


def _cost(answer: Answer) -> Decimal | None:
    """What it cost; nothing where no model wrote it."""
    return answer.cost_usd if answer.tokens_in is not None else Decimal(0)


def _words(text: str) -> str:
    return hashlib.sha256(opposites.same_words(text).encode()).hexdigest()
