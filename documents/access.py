"""Who may read what. The truth is the lists above a document; nothing else grants anything, roles included.

A level counts for a document when every list above it gives at least that level: the list of its collection, its
own where it has one, and those above the e-mail it was attached to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, Group
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Exists, F, Func, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext as _

from documents.models import AccessEntry, AccessList, Collection, Document
from documents.models import Level as Level
from ragapp.accounts.models import Role, User
from ragapp.audit import log
from ragapp.lib import prepared
from ragapp.lib.compiled import Compiled, compiled

# An attachment of an attachment of an e-mail: deeper ones are not unpacked, so no list above is overlooked.
ATTACHMENT_DEPTH = 2


class AccessRefused(Exception):
    """`message` says what was refused, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a person may do at one level, resolved once per request: which collections, and which lists name them."""

    user_id: int | None
    collection_ids: tuple[int, ...]
    list_ids: tuple[int, ...]


NOTHING = Scope(user_id=None, collection_ids=(), list_ids=())


def scope_of(user: User | AnonymousUser, level: Level = Level.READER, *, private: bool | int = False) -> Scope:
    """The scope of `user` now. People who are not signed in, or whose account is disabled, have none.

    Private collections count only with `private`: the one with that id, or True for all that the person has.
    """
    if not isinstance(user, User) or user.pk is None:
        return NOTHING
    rows = _entries_of(user, level)
    return Scope(
        user_id=user.pk,
        collection_ids=tuple(
            sorted(
                collection
                for collection, is_private in {row[1:] for row in rows}
                if collection is not None and (not is_private or private is True or private == collection)
            )
        ),
        list_ids=tuple(sorted({row[0] for row in rows})),
    )


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Within this block the lists that name somebody are read once: for what is done at once, in one request."""
    moment = _Moment()
    token = _moment.set(moment)
    try:
        yield
    finally:
        # Tasks that were begun meanwhile have a copy of this context, and outlive the moment.
        moment.is_over = True
        _moment.reset(token)


@dataclass(slots=True)
class _Moment:
    """By user and level the entries that name the user, as they were read in it."""

    entries: dict[tuple[int, int], list[Any]] = field(default_factory=dict)
    is_over: bool = False


_moment: ContextVar[_Moment | None] = ContextVar("moment", default=None)


def _entries_of(user: User, level: Level) -> list[Any]:
    query, key = _entries(), (user.pk, int(level))
    moment = _moment.get()
    if moment is None or moment.is_over:
        return prepared.rows(query.sql, query.parameters(*key))
    if key not in moment.entries:
        moment.entries[key] = prepared.rows(query.sql, query.parameters(*key))
    return moment.entries[key]


def scope_of_both(one: Scope, other: Scope) -> Scope:
    """What the persons of both scopes may do, each on their own."""
    return Scope(
        user_id=one.user_id,
        collection_ids=tuple(sorted({*one.collection_ids} & {*other.collection_ids})),
        list_ids=tuple(sorted({*one.list_ids} & {*other.list_ids})),
    )


@cache
def _entries() -> Compiled:
    """The lists that name a user at a level, each with its collection. Asked for every question."""
    user, level = 30_001, 30_002
    # The account's state is read from the database: who asks may have been loaded before it was disabled.
    rows = (
        AccessEntry.objects.filter(Q(user=user) | Q(group__user=user), level__gte=level)
        .filter(Exists(User.objects.filter(pk=user, is_active=True)))
        .values_list("access_list", "access_list__collection", "access_list__collection__is_private")
        .distinct()
    )
    return compiled(rows, (user, level))


def documents_in(scope: Scope) -> QuerySet[Document]:
    """The documents for which every list above is in `scope`."""
    if not scope.collection_ids:
        return Document.objects.none()
    return Document.objects.filter(_EveryListIn(scope))


class _EveryListIn(Func):
    """The condition that every list above a document is in a scope, as SQL.

    It stands in nearly every query. Built of Q objects, building took longer than the query ran.
    """

    def __init__(self, scope: Scope) -> None:
        super().__init__(F("collection"), F("access_list"), F("parent"), output_field=BooleanField())
        self.lists = (list(scope.collection_ids), list(scope.list_ids))

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *parts: Any, **extra_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """The condition and its parameters: the two lists for the document, and for each that may stand above it."""
        collection, access_list, parent = (compiler.compile(at)[0] for at in self.get_source_expressions())
        return _listed(collection, access_list, parent, ATTACHMENT_DEPTH), self.lists * (ATTACHMENT_DEPTH + 1)


def _listed(collection: str, access_list: str, parent: str, depth: int) -> str:
    own = f"{collection} = ANY(%s::bigint[]) AND ({access_list} IS NULL OR {access_list} = ANY(%s::bigint[]))"
    if not depth:
        return f"{own} AND {parent} IS NULL"
    # Looked up for attachments alone: a join would read all documents again for the few that have one above.
    above = f"above_{depth}"
    allowed = _listed(f"{above}.collection_id", f"{above}.access_list_id", f"{above}.parent_id", depth - 1)
    document = f"SELECT 1 FROM documents_document AS {above} WHERE {above}.id = {parent} AND {allowed}"  # noqa: S608 - names of columns
    return f"({own} AND ({parent} IS NULL OR EXISTS ({document})))"


def readable_documents(user: User | AnonymousUser) -> QuerySet[Document]:
    """The documents that `user` may read now, their private files among them."""
    return documents_in(scope_of(user, private=True))


def listed_documents(user: User | AnonymousUser) -> QuerySet[Document]:
    """The same without private files: what may stand in lists and suggestions."""
    return documents_in(scope_of(user))


def documents_for(user: User | AnonymousUser, level: Level) -> QuerySet[Document]:
    """The documents for which `user` has at least `level` in every list above."""
    return documents_in(scope_of(user, level, private=True))


def collections_for(user: User | AnonymousUser, level: Level = Level.READER) -> QuerySet[Collection]:
    """The collections whose list gives `user` at least `level`; private ones are in no list."""
    return Collection.objects.filter(pk__in=scope_of(user, level).collection_ids)


def may_create_collections(user: User | AnonymousUser) -> bool:
    """Whether the person may make collections."""
    return isinstance(user, User) and user.has_role(Role.CORPUS_ADMIN, Role.ADMIN)


def shared_collection_ids() -> list[int]:
    """All collections but private ones, whoever reads them: for totals, which show no name."""
    return list(Collection.objects.filter(is_private=False).order_by("pk").values_list("pk", flat=True))


def has_level(user: User, collection: Collection, level: Level) -> bool:
    """Whether `user` has at least `level` in `collection`, also in a private one."""
    return collection.pk in scope_of(user, level, private=True).collection_ids


def may_read_all(user: User | AnonymousUser, document_ids: Iterable[UUID]) -> bool:
    """True when `user` may read every one of these documents now; one that is gone cannot be read."""
    wanted = set(document_ids)
    return readable_documents(user).filter(pk__in=wanted).count() == len(wanted) if wanted else True


def readers_preview(collection: Collection) -> list[User]:
    """The active people who may read `collection` at this moment, by name."""
    entries = AccessEntry.objects.filter(access_list=collection.access_list_id)
    return list(
        User.objects.filter(is_active=True)
        .filter(Q(pk__in=entries.values("user")) | Q(groups__in=entries.values("group")))
        .distinct()
        .order_by("username")
    )


def create_list(owner: User | None) -> AccessList:
    """A new list that names `owner`, who may then share; without an owner it names nobody."""
    created = AccessList.objects.create()
    if owner is not None:
        AccessEntry.objects.create(access_list=created, user=owner, level=Level.OWNER)
    return created


@transaction.atomic
def share(
    access_list: AccessList,
    *,
    level: Level,
    by: User | None,
    group: Group | None = None,
    user: User | None = None,
) -> AccessEntry:
    """Give `group` or `user` exactly `level` on `access_list`, in place of any level they had there.

    `by` must own what the list stands above; None is the site itself. Raises AccessRefused, also when nobody
    active would be left as owner.
    """
    _lock_for(access_list, by)
    entry = AccessEntry.objects.filter(access_list=access_list, group=group, user=user).first()
    before = entry.level if entry else None
    if entry is None:
        entry = AccessEntry.objects.create(access_list=access_list, group=group, user=user, level=level)
    elif before == level:
        return entry
    else:
        entry.level = level
        entry.save(update_fields=["level"])
    if before == Level.OWNER:
        _require_an_owner(access_list)
    _record(entry, by, before=before, after=int(level))
    return entry


@transaction.atomic
def unshare(access_list: AccessList, *, by: User | None, group: Group | None = None, user: User | None = None) -> None:
    """Take `group` or `user` off `access_list`; nothing happens when they are not on it.

    Raises AccessRefused when `by` does not own it, or when nobody active would be left as owner.
    """
    _lock_for(access_list, by)
    entry = AccessEntry.objects.filter(access_list=access_list, group=group, user=user).first()
    if entry is None:
        return
    was = entry.level
    _record(entry, by, before=was, after=None)
    entry.delete()
    if was == Level.OWNER:
        _require_an_owner(access_list)


@transaction.atomic
def restrict(document: Document, *, by: User) -> AccessList:
    """Give `document` a list of its own, which names `by`: from now on only who is on both lists reads it.

    A document that has one keeps it. Raises AccessRefused when `by` does not own the document.
    """
    document = Document.objects.select_for_update().get(pk=document.pk)
    if not documents_for(by, Level.OWNER).filter(pk=document.pk).exists():
        raise _not_owner()
    if document.access_list is None:
        document.access_list = create_list(by)
        document.save(update_fields=["access_list"])
        log.record("rights_changed", by=by, target=document, change="restricted")
    return document.access_list


@transaction.atomic
def unrestrict(document: Document, *, by: User) -> None:
    """Remove the list of `document`, so that only its collection's counts. Raises AccessRefused as `restrict`."""
    document = Document.objects.select_for_update().get(pk=document.pk)
    if not documents_for(by, Level.OWNER).filter(pk=document.pk).exists():
        raise _not_owner()
    if document.access_list is not None:
        old, document.access_list = document.access_list, None
        document.save(update_fields=["access_list"])
        old.delete()
        log.record("rights_changed", by=by, target=document, change="unrestricted")


def _lock_for(access_list: AccessList, by: User | None) -> None:
    """Serialise changes of one list, so that two owners cannot remove each other, and check that `by` owns it."""
    AccessList.objects.select_for_update().get(pk=access_list.pk)
    if by is None:
        return
    owned = scope_of(by, Level.OWNER)
    document = Document.objects.filter(access_list=access_list).first()
    allowed = (
        access_list.pk in owned.list_ids if document is None else documents_in(owned).filter(pk=document.pk).exists()
    )
    if not allowed:
        raise _not_owner()


def _not_owner() -> AccessRefused:
    return AccessRefused(_("Only an owner can change who reads this."), _("Ask an owner to share it."))


def _require_an_owner(access_list: AccessList) -> None:
    owners = AccessEntry.objects.filter(access_list=access_list, level=Level.OWNER).filter(
        Q(user__is_active=True) | Q(group__user__is_active=True)
    )
    if not owners.exists():
        raise AccessRefused(
            _("This would leave nobody who can share or delete."), _("Make someone else an owner first.")
        )


def _record(entry: AccessEntry, by: User | None, *, before: int | None, after: int | None) -> None:
    above: Collection | Document | None = (
        Collection.objects.filter(access_list=entry.access_list_id).first()
        or Document.objects.filter(access_list=entry.access_list_id).first()
    )
    log.record(
        "rights_changed",
        by=by,
        target=above,
        access_list=entry.access_list_id,
        group=entry.group_id,
        user=entry.user_id,
        before=before,
        after=after,
    )
