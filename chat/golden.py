"""Golden answers: made from what a person has checked, and given only where they answer that very question.

One is given to a reader who may read every source now, while each source still is what its document says, to its
audience and until its day: all of that is decided inside the query. The question must be the same by the rules of
chat.opposites, so that another number, name or a negation never gets it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.dispatch import receiver
from pgvector.django import CosineDistance

from chat import opposites
from chat.models import Answer, Citation, GoldenAnswer, GoldenHit, GoldenSource
from documents import access
from documents.lineage import documents_removed, text_withdrawn
from documents.retrieval.spans import Passage
from ragapp.accounts.models import User
from ragapp.audit import log
from ragapp.lib import prepared
from ragapp.lib.compiled import Compiled, compiled
from ragapp.llm import embedding
from ragapp.llm.errors import EmbeddingModelError

# Cosine from which questions are compared by rules at all.
NEAR_FROM = 0.8
NEAREST = 8
COLUMNS = tuple(field.name for field in GoldenSource._meta.concrete_fields if field.name not in ("id", "golden"))
_MARKER = re.compile(r"\[(\d{1,3})\]")


class NoAudience(Exception):
    """An answer without sources says nothing about who may read it: it needs an audience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A golden answer to the question that was asked. `similarity`: cosine of the questions, 1 for the same words."""

    golden: GoldenAnswer
    sources: Sequence[GoldenSource]
    similarity: float

    @property
    def text(self) -> str:
        """What the person stands for."""
        return self.golden.text

    @property
    def citations(self) -> list[Citation]:
        """Its sources as citations, of no answer yet."""
        return [Citation(**{name: getattr(one, name) for name in COLUMNS}) for one in self.sources]


def find(question: str, *, language: str, reader: User, today: date, collection_id: int | None = None) -> Found | None:
    """The live golden answer to the same question that `reader` may have now; asked in a collection, of that alone."""
    if not prepared.rows(_any_live().sql, _any_live().parameters()):
        return None  # most sites have few, and every question looks for one
    given = _given_to(reader, today, collection_id)
    if same := given.filter(words=words_of(question)).order_by("-checked_at").first():
        return _found(same, 1.0)
    if language not in opposites.LANGUAGES or not given.filter(language=language).exists():
        return None
    try:
        vector = embedding.embed_query(question)
    except EmbeddingModelError:
        return None
    near = given.filter(language=language).annotate(apart=CosineDistance("vector", vector))
    for one in near.filter(apart__lte=1 - NEAR_FROM).order_by("apart")[:NEAREST]:
        if not opposites.difference(question, one.question, language=language):
            return _found(one, 1 - float(one.apart))
    return None


@cache
def _any_live() -> Compiled:
    """Whether there is a live golden answer. Asked for every question."""
    return compiled(GoldenAnswer.objects.filter(is_live=True).order_by().values_list("pk")[:1], ())


def visible_to(reader: User) -> QuerySet[GoldenAnswer]:
    """Those whose every source `reader` may read now, whatever has become of them; with `is_stale`.

    One without sources says nothing about who may read it: its owner sees it, and its audience.
    """
    own = Q(owner=reader) | Q(pk__in=GoldenAnswer.objects.filter(audience__in=reader.groups.all()).values("pk"))
    return GoldenAnswer.objects.filter(
        Exists(_sources()) | own,
        ~Exists(_sources().exclude(document_id__in=access.readable_documents(reader).values("pk"))),
    ).annotate(is_stale=Exists(_fallen(reader)))


def stale_of(owner: User) -> QuerySet[GoldenAnswer]:
    """The live ones of `owner` that nobody is given, since a source has changed."""
    return visible_to(owner).filter(Exists(_fallen(owner)), owner=owner, is_live=True)


def fallen_sources(golden: GoldenAnswer, reader: User) -> list[GoldenSource]:
    """The sources of one answer that `reader` may not read, or whose document says something else by now."""
    return list(_not_standing(golden.sources.all(), reader))


@transaction.atomic
def draft(answer: Answer, *, text: str, by: User, right: Passage | None = None) -> GoldenAnswer:
    """A golden answer made from `answer`, not given to anybody yet: with the sources that `text` names, or all of them
    where it names none, and the passage that answers the question. A draft of `by` for the same question that was
    never given is replaced by it; its audience and last day stay.

    Raises EmbeddingModelError.
    """
    # Not as it was understood, which may name what stood in earlier answers.
    question = answer.turn.question[:1000]
    earlier = GoldenAnswer.objects.select_for_update(of=("self",)).filter(
        owner=by, is_live=False, words=words_of(question), hits__isnull=True
    )
    golden = earlier.order_by("-pk").first() or GoldenAnswer(owner=by)
    golden.question, golden.text, golden.language, golden.made_from = question, text.strip(), answer.language, answer
    _place(golden)
    golden.save()
    golden.sources.all().delete()
    cited = list(answer.citations.filter(is_support=True, removed_at__isnull=True))
    named = {int(marker) for marker in _MARKER.findall(text)}
    kept = [one for one in cited if one.marker in named] if named or right else cited
    sources = [GoldenSource(golden=golden, **{name: getattr(one, name) for name in COLUMNS}) for one in kept]
    if right is not None and not any(_holds(one, right) for one in kept):
        sources.append(_source(golden, right, marker=max((one.marker for one in cited), default=0) + 1))
    GoldenSource.objects.bulk_create(sources)
    log.record("golden_answer_made", by=by, target_kind="golden_answer", target_id=str(golden.pk))
    return golden


@transaction.atomic
def save(golden: GoldenAnswer, *, audience: Sequence[Any], by: User) -> None:
    """Stores what its form says; raises NoAudience for one that would be given to everybody without any source."""
    if golden.is_live and not audience and not golden.sources.exists():
        raise NoAudience
    _place(golden)
    golden.save()
    golden.audience.set(audience)
    log.record(
        "golden_answer_saved", by=by, target_kind="golden_answer", target_id=str(golden.pk), is_live=golden.is_live
    )


def note(found: Found, answer_id: UUID) -> None:
    """Writes down that it was given."""
    GoldenHit.objects.get_or_create(
        answer_id=answer_id, defaults={"golden": found.golden, "similarity": found.similarity}
    )


def words_of(question: str) -> str:
    """A digest of the words; questions that differ in nothing that matters have the same."""
    return hashlib.sha256(opposites.same_words(question).encode()).hexdigest()


@receiver([documents_removed, text_withdrawn])
def forget_documents(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> dict[str, int]:
    """Removes what rests on documents that go; how many."""
    resting = GoldenSource.objects.filter(document_id__in=document_ids).values("golden")
    _rows, by_model = GoldenAnswer.objects.filter(pk__in=resting).delete()
    return {"golden_answers": by_model.get("chat.GoldenAnswer", 0)}


def _given_to(reader: User, today: date, collection_id: int | None) -> QuerySet[GoldenAnswer]:
    in_audience = GoldenAnswer.audience.through.objects.filter(
        goldenanswer=OuterRef("pk"), group__in=reader.groups.values("pk")
    )
    given = GoldenAnswer.objects.filter(
        Q(audience__isnull=True) | Exists(in_audience),
        Q(expires_on__isnull=True) | Q(expires_on__gte=today),
        ~Exists(_fallen(reader)),
        is_live=True,
    ).distinct()
    if collection_id is None:
        return given
    there = access.readable_documents(reader).filter(collection_id=collection_id).values("pk")
    return given.filter(Exists(_sources()), ~Exists(_sources().exclude(document_id__in=there)))


def _sources() -> QuerySet[GoldenSource]:
    return GoldenSource.objects.filter(golden=OuterRef("pk"))


def _fallen(reader: User) -> QuerySet[GoldenSource]:
    return _not_standing(_sources(), reader)


def _not_standing(sources: QuerySet[GoldenSource], reader: User) -> QuerySet[GoldenSource]:
    """Those that `reader` may not read, or whose document says something else by now."""
    standing = access.readable_documents(reader).filter(
        pk=OuterRef("document_id"),
        current_version=OuterRef("version_id"),
        current_version__extractions=OuterRef("extraction_id"),
        current_version__extractions__is_current=True,
    )
    return sources.filter(~Exists(standing))


def _found(golden: GoldenAnswer, similarity: float) -> Found:
    return Found(golden=golden, sources=list(golden.sources.all()), similarity=similarity)


def _place(golden: GoldenAnswer) -> None:
    golden.words = words_of(golden.question)
    golden.vector = embedding.embed_query(golden.question)


def _holds(cited: Citation, right: Passage) -> bool:
    """Whether the citation stands on that passage already."""
    return cited.extraction_id == right.extraction_id and cited.start < right.end and right.start < cited.end


def _source(golden: GoldenAnswer, right: Passage, *, marker: int) -> GoldenSource:
    return GoldenSource(
        golden=golden,
        marker=marker,
        document_id=right.document_id,
        version_id=right.version_id,
        extraction_id=right.extraction_id,
        chunk_id=right.chunk_id,
        start=right.start,
        end=right.end,
        quote_start=right.start,
        quote_end=right.end,
        quote=right.text,
        title=right.title,
        version_number=right.version_number,
        page=right.page,
    )
