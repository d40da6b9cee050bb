"""What people miss in a collection: said by those who read it, seen and settled by those who own it."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from documents import access
from documents.models import Collection, Level, Wish
from ragapp.accounts.models import User
from ragapp.audit import log

CHARS = 1000
OPEN_SHOWN = 100


def collections_of(user: User) -> QuerySet[Collection]:
    """The collections that `user` can miss something in: those they may read, without private files."""
    return access.collections_for(user).filter(is_private=False).order_by("name")


@transaction.atomic
def suggest(collection: Collection, *, by: User, text: str, question: str = "") -> Wish:
    """Keeps what `by` misses. Said again in the same words while it is open, it is the same wish."""
    text, question = text.strip()[:CHARS], question.strip()[:CHARS]
    known = Wish.objects.filter(collection=collection, user=by, text=text, state=Wish.State.OPEN).first()
    if known is not None:
        return known
    wish = Wish.objects.create(collection=collection, user=by, text=text, question=question)
    log.record("document_suggested", by=by, target_kind="wish", target_id=wish.pk, collection=collection.pk)
    return wish


def open_in(collection: Collection, *, reader: User) -> list[Wish]:
    """The open wishes of `collection`, the latest first; none for who does not own it."""
    if not access.collections_for(reader, Level.OWNER).filter(pk=collection.pk).exists():
        return []
    return list(collection.wishes.filter(state=Wish.State.OPEN).select_related("user")[:OPEN_SHOWN])


@transaction.atomic
def settle(wish: Wish, state: str, *, by: User) -> None:
    """Says that it was added, or will not be."""
    wish.state, wish.closed_at, wish.closed_by = state, timezone.now(), by
    wish.save(update_fields=["state", "closed_at", "closed_by"])
    log.record("wish_settled", by=by, target_kind="wish", target_id=wish.pk, state=state)
