"""Golden answers whose sources have changed: what the document said, what it says now, and what a person decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db import transaction
from django.utils import timezone

from chat import golden
from chat.models import GoldenAnswer, GoldenSource
from documents.retrieval import spans
from documents.retrieval.spans import Passage
from evaluation import alerts
from evaluation.models import Alert
from evaluation.reviews.upkeep import STALE, page_of
from ragapp.accounts.models import User
from ragapp.audit import log

# Words, and whether the other side has them not.
Marked = Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A source, and the passage of its document today that is most like it; None: there is none to be read."""

    source: GoldenSource
    now: Passage | None
    before: Marked
    after: Marked


def changed(one: GoldenAnswer, *, reader: User) -> list[Changed]:
    """The sources that no longer are what their documents say, in the order of their markers."""
    found = []
    for source in golden.fallen_sources(one, reader):
        now = spans.likest(source.document_id, source.quote, reader=reader)
        before, after = _marked(source.quote, now.text if now else "")
        found.append(Changed(source=source, now=now, before=before, after=after))
    return found


def shown(sources: Sequence[Changed]) -> str:
    """Says exactly which passages a person was shown; "" where one of them has none, so that nothing can be bound."""
    if not sources or any(each.now is None for each in sources):
        return ""
    return " ".join(f"{each.source.marker}:{each.now.chunk_id}" for each in sources if each.now)


@transaction.atomic
def rebind(one: GoldenAnswer, *, seen: str, by: User) -> bool:
    """Binds every changed source to its passage of today, if those are the ones `seen` says; False else."""
    GoldenAnswer.objects.select_for_update().get(pk=one.pk)
    sources = changed(one, reader=by)
    if not seen or shown(sources) != seen:
        return False
    for each in sources:
        if each.now is None:
            return False
        GoldenSource.objects.filter(pk=each.source.pk).update(
            version_id=each.now.version_id,
            version_number=each.now.version_number,
            extraction_id=each.now.extraction_id,
            chunk_id=each.now.chunk_id,
            start=each.now.start,
            end=each.now.end,
            quote_start=each.now.start,
            quote_end=each.now.end,
            quote=each.now.text,
            title=each.now.title,
            page=each.now.page,
        )
    GoldenAnswer.objects.filter(pk=one.pk).update(checked_at=timezone.now())
    _ended(one, by)
    versions = ", ".join(f"[{each.source.marker}] v{each.source.version_number}→v{each.now.version_number}"
                         for each in sources if each.now)  # fmt: skip
    log.record("golden_answer_rebound", by=by, target_kind="golden_answer", target_id=str(one.pk), sources=versions)
    return True


@transaction.atomic
def retire(one: GoldenAnswer, *, by: User) -> None:
    """Nobody is given it any more."""
    GoldenAnswer.objects.filter(pk=one.pk).update(is_live=False)
    _ended(one, by)
    log.record("golden_answer_retired", by=by, target_kind="golden_answer", target_id=str(one.pk))


def _ended(one: GoldenAnswer, by: User) -> None:
    for alert in Alert.objects.filter(kind=STALE, link=page_of(one.pk), ended_at=None):
        alerts.end(alert, by=by)


def _marked(before: str, after: str) -> tuple[Marked, Marked]:
    old, new = before.split(), after.split()
    sides: tuple[list[tuple[str, bool]], list[tuple[str, bool]]] = ([], [])
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        is_other = what != "equal"
        if a < b:
            sides[0].append((" ".join(old[a:b]), is_other))
        if c < d:
            sides[1].append((" ".join(new[c:d]), is_other))
    return sides
