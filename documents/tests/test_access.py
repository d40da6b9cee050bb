"""Rights come from the lists above a document, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from documents.access import (
    AccessRefused,
    at_one_moment,
    collections_for,
    create_list,
    documents_for,
    may_read_all,
    readable_documents,
    readers_preview,
    restrict,
    share,
    unrestrict,
    unshare,
)
from documents.models import AccessEntry, AccessList, Collection, Document, Level
from ragapp.accounts.models import Role, RoleAssignment, User
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def document_in(collection: Collection, path: str = "a.txt", **fields: Any) -> Document:
    return Document.objects.create(collection=collection, path=path, title=path, **fields)


def test_a_document_is_readable_by_those_on_its_collections_list(
    collection: Callable[..., Collection], reader: User, stranger: User
) -> None:
    document = document_in(collection(readers=[reader]))

    assert list(readable_documents(reader)) == [document]
    assert not readable_documents(stranger).exists()
    assert not readable_documents(AnonymousUser()).exists()


def test_a_group_on_the_list_lets_its_members_read(
    collection: Callable[..., Collection], person: Callable[..., User]
) -> None:
    member = person(groups=["Finance"])
    document = document_in(collection(readers=[Group.objects.get(name="Finance")]))

    assert list(readable_documents(member)) == [document]
    member.groups.clear()
    assert not readable_documents(member).exists()


def test_a_documents_own_list_narrows_and_never_widens(
    collection: Callable[..., Collection], reader: User, owner: User, stranger: User
) -> None:
    document = document_in(collection(readers=[reader], owners=[owner]))
    own = restrict(document, by=owner)
    share(own, user=stranger, level=Level.READER, by=owner)

    assert not readable_documents(reader).exists()
    assert not readable_documents(stranger).exists()
    share(own, user=reader, level=Level.READER, by=owner)
    assert readable_documents(reader).exists()


def test_lifting_a_restriction_gives_the_collections_readers_back(
    collection: Callable[..., Collection], reader: User, owner: User
) -> None:
    document = document_in(collection(readers=[reader], owners=[owner]))
    restrict(document, by=owner)
    unrestrict(document, by=owner)

    assert readable_documents(reader).exists()
    assert AccessList.objects.count() == 1


def test_an_attachment_needs_the_lists_of_its_e_mail_too(
    collection: Callable[..., Collection], reader: User, owner: User
) -> None:
    shared = collection(readers=[reader], owners=[owner])
    mail = document_in(shared, "m.eml")
    attached = document_in(shared, "m.eml/a.txt", parent=mail)
    document_in(shared, "m.eml/a.txt/b.txt", parent=attached)
    restrict(mail, by=owner)

    assert not readable_documents(reader).exists()
    assert readable_documents(owner).count() == 3


@pytest.mark.parametrize("role", list(Role))
def test_no_role_reads_a_document_by_being_a_role(
    collection: Callable[..., Collection], person: Callable[..., User], role: Role
) -> None:
    document_in(collection())
    user = person(roles=[role], is_superuser=role == Role.ADMIN)

    assert not readable_documents(user).exists()
    assert not collections_for(user).exists()


def test_a_disabled_person_reads_nothing_although_the_row_in_hand_is_old(
    collection: Callable[..., Collection], reader: User
) -> None:
    document_in(collection(readers=[reader]))
    User.objects.filter(pk=reader.pk).update(is_active=False)

    assert reader.is_active
    assert not readable_documents(reader).exists()


def test_each_level_includes_those_before_it(
    collection: Callable[..., Collection], reader: User, contributor: User, owner: User
) -> None:
    document_in(collection(readers=[reader], contributors=[contributor], owners=[owner]))

    reach = {
        person.username: [level.name for level in Level if documents_for(person, level).exists()]
        for person in (reader, contributor, owner)
    }
    assert reach == {
        "reader": ["READER"],
        "contributor": ["READER", "CONTRIBUTOR"],
        "owner": ["READER", "CONTRIBUTOR", "OWNER"],
    }


def test_only_owners_share(collection: Callable[..., Collection], contributor: User, stranger: User) -> None:
    shared = collection(contributors=[contributor])

    with pytest.raises(AccessRefused):
        share(shared.access_list, user=stranger, level=Level.READER, by=contributor)
    with pytest.raises(AccessRefused):
        unshare(shared.access_list, user=contributor, by=stranger)


def test_the_last_owner_cannot_be_removed_or_lowered(
    collection: Callable[..., Collection], owner: User, reader: User
) -> None:
    access_list = collection(owners=[owner], readers=[reader]).access_list

    with pytest.raises(AccessRefused):
        unshare(access_list, user=owner, by=owner)
    with pytest.raises(AccessRefused):
        share(access_list, user=owner, level=Level.READER, by=owner)
    share(access_list, user=reader, level=Level.OWNER, by=owner)
    unshare(access_list, user=owner, by=owner)
    assert [entry.user for entry in access_list.entries.all()] == [reader]


def test_an_owner_who_was_disabled_does_not_count_as_one(
    collection: Callable[..., Collection], owner: User, person: Callable[..., User]
) -> None:
    gone = person(is_active=False)
    access_list = collection(owners=[owner, gone]).access_list

    with pytest.raises(AccessRefused):
        unshare(access_list, user=owner, by=owner)


def test_changes_of_rights_are_audited(collection: Callable[..., Collection], owner: User, reader: User) -> None:
    shared = collection(owners=[owner])
    share(shared.access_list, user=reader, level=Level.READER, by=owner)
    share(shared.access_list, user=reader, level=Level.READER, by=owner)
    unshare(shared.access_list, user=reader, by=owner)

    events = AuditEvent.objects.filter(event="rights_changed").order_by("pk")
    assert [(event.details["before"], event.details["after"]) for event in events] == [(None, 1), (1, None)]
    assert {event.target for event in events} == {shared.name}


def test_a_document_that_is_gone_cannot_be_read(collection: Callable[..., Collection], reader: User) -> None:
    document = document_in(collection(readers=[reader]))
    ids = [document.pk]

    assert may_read_all(reader, ids)
    assert may_read_all(reader, [])
    document.delete()
    assert not may_read_all(reader, ids)


def test_what_outlives_the_moment_in_which_rights_were_read_once_reads_them_anew(
    collection: Callable[..., Collection], owner: User, reader: User
) -> None:
    shared = collection(owners=[owner])
    document = document_in(shared)
    share(shared.access_list, by=owner, user=reader, level=Level.READER)

    with at_one_moment():
        assert may_read_all(reader, [document.pk])
        # As a task that is begun in a request takes it along.
        later = copy_context()
    unshare(shared.access_list, by=owner, user=reader)

    assert not later.run(may_read_all, reader, [document.pk])
    assert not may_read_all(reader, [document.pk])


def test_the_preview_names_active_readers_once(
    collection: Callable[..., Collection], person: Callable[..., User], reader: User
) -> None:
    both = person("both", groups=["Finance"])
    person("gone", groups=["Finance"], is_active=False)
    shared = collection(readers=[Group.objects.get(name="Finance"), both, reader])

    assert [user.username for user in readers_preview(shared)] == ["both", "reader"]


PEOPLE, GROUPS, LISTS = 3, 2, 3
entries = st.lists(
    st.tuples(
        st.integers(0, LISTS - 1),
        st.one_of(
            st.tuples(st.just("user"), st.integers(0, PEOPLE - 1)),
            st.tuples(st.just("group"), st.integers(0, GROUPS - 1)),
        ),
        st.sampled_from(list(Level)),
    ),
    max_size=8,
    unique_by=lambda entry: (entry[0], entry[1]),
)
# Each document: its collection, whether it has a list of its own, the number of the one it is attached to.
layouts = st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.integers(-1, 5)), min_size=1, max_size=6)
_number = count()


class RandomRights(TestCase):
    """SQL against a plain reading of the rule."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        entries=entries,
        layout=layouts,
        members=st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, GROUPS - 1)), max_size=5),
        disabled=st.sets(st.integers(0, PEOPLE - 1)),
        superuser=st.integers(0, PEOPLE - 1),
        moves=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), max_size=3),
    )
    def test_sql_agrees_with_the_rule_as_it_is_said(
        self,
        entries: list[Any],
        layout: list[Any],
        members: list[tuple[int, int]],
        disabled: set[int],
        superuser: int,
        moves: list[tuple[int, int]],
    ) -> None:
        serial = next(_number)
        users = [
            User.objects.create(username=f"h{serial}-{at}", is_active=at not in disabled, is_superuser=at == superuser)
            for at in range(PEOPLE)
        ]
        RoleAssignment.objects.create(user=users[superuser], role=Role.ADMIN)
        groups = [Group.objects.create(name=f"h{serial}-{at}") for at in range(GROUPS)]
        for user, group in members:
            users[user].groups.add(groups[group])
        lists = [create_list(None) for _ in range(LISTS)]
        for access_list, (kind, at), level in entries:
            who = {"user": users[at]} if kind == "user" else {"group": groups[at]}
            AccessEntry.objects.create(access_list=lists[access_list], level=level, **who)
        collections = [Collection.objects.create(name=f"h{serial}-{at}", access_list=lists[at]) for at in range(2)]
        documents = self._documents(collections, lists[2], layout)
        for at, to in moves:
            if at < len(documents):
                documents[at].collection = collections[to]
                documents[at].save()

        for user in users:
            for level in Level:
                expected = {d.pk for d in documents if self._may(user, d, level)}
                assert set(documents_for(user, level).values_list("pk", flat=True)) == expected

    def _documents(self, collections: list[Collection], own: AccessList, layout: list[Any]) -> list[Document]:
        documents: list[Document] = []
        for at, (collection, has_own, above) in enumerate(layout):
            parent = documents[above] if 0 <= above < at else None
            if parent is not None and parent.parent is not None and parent.parent.parent is not None:
                parent = None
            # A list stands above one document at most: the first that asks for it.
            listed = own if has_own and all(d.access_list is None for d in documents) else None
            documents.append(
                Document.objects.create(
                    collection=collections[collection], path=str(at), title="t", parent=parent, access_list=listed
                )
            )
        return documents

    def _may(self, user: User, document: Document, level: Level) -> bool:
        if not user.is_active:
            return False
        above = [document.collection.access_list, document.access_list]
        named = all(self._named(user, access_list, level) for access_list in above if access_list is not None)
        return named and (document.parent is None or self._may(user, document.parent, level))

    def _named(self, user: User, access_list: AccessList, level: Level) -> bool:
        mine = set(user.groups.all())
        return any(
            entry.level >= level and (entry.user == user or (entry.group is not None and entry.group in mine))
            for entry in access_list.entries.all()
        )
