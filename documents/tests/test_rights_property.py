"""Whatever is done to rights, in whatever order: nobody gets a word of what the lists do not give them.

Random worlds: people, groups, collections, documents with lists of their own and attachments are shared, moved,
restricted, replaced, removed; after each change everybody looks through some way out. What they may read is worked out
beside the product, in a dozen lines of Python.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents import access, lineage, moving, uploads
from documents.ingestion import index as indexing
from documents.ingestion.types import Passage
from documents.models import Collection, Document, DocumentVersion, Extraction, IndexVersion, IngestionRun, Level
from documents.retrieval.explain import explain
from documents.retrieval.search import search
from documents.retrieval.types import Query
from ragapp.accounts.models import User
from ragapp.llm import embedding

PEOPLE, GROUPS, COLLECTIONS, DOCUMENTS = 4, 2, 3, 7
WORLDS, CHANGES = 20, 25  # and everybody looks after each change: 2,000 cases
TEXT = "The salary of every engineer is written here, in version {} of document {}."
QUESTION = "What is the salary of an engineer?"

Principal = tuple[str, int]  # ("user" or "group", number)


@dataclass(slots=True)
class Model:
    """What the lists say, kept beside the database. Documents and lists are numbers."""

    shared: dict[int, set[Principal]] = field(default_factory=dict)
    own: dict[int, set[Principal] | None] = field(default_factory=dict)
    place: dict[int, int] = field(default_factory=dict)
    parent: dict[int, int] = field(default_factory=dict)
    members: set[tuple[int, int]] = field(default_factory=set)  # (person, group)
    disabled: set[int] = field(default_factory=set)

    def readable(self, person: int) -> set[int]:
        return {at for at in self.place if person not in self.disabled and self._may(person, at)}

    def _may(self, person: int, document: int) -> bool:
        own = self.own[document]
        lists = [self.shared[self.place[document]], *([] if own is None else [own])]
        above = document not in self.parent or self._may(person, self.parent[document])
        return above and all(self._named(person, one) for one in lists)

    def _named(self, person: int, one: set[Principal]) -> bool:
        return ("user", person) in one or any(
            ("group", group) in one for member, group in self.members if member == person
        )


@dataclass(slots=True)
class World:
    people: list[User]
    groups: list[Group]
    collections: list[Collection]
    documents: dict[int, Document]
    root: User
    index: IndexVersion
    model: Model

    def principal(self, one: Principal) -> dict[str, Any]:
        kind, number = one
        return {"user": self.people[number]} if kind == "user" else {"group": self.groups[number]}


@pytest.fixture
def base(db: None) -> World:
    """The world that each walk begins in, in a copy of its own."""
    card = embedding.model_card()
    model = Model(
        shared={number: {("group", 0)} for number in range(COLLECTIONS)},
        own=dict.fromkeys(range(DOCUMENTS)),
        place={number: number % COLLECTIONS for number in range(DOCUMENTS)},
        # An attachment, and one of the attachment.
        parent={3: 0, 6: 3},
        members={(0, 0), (1, 0), (2, 1)},
    )
    root = User.objects.create(username="property-root", email="root@example.org")
    people = [User.objects.create(username=f"property-{n}", email=f"{n}@example.org") for n in range(PEOPLE)]
    groups = [Group.objects.create(name=f"property-{n}") for n in range(GROUPS)]
    for person, group in model.members:
        people[person].groups.add(groups[group])
    collections = [uploads.create_collection(f"property-{n}", by=root) for n in range(COLLECTIONS)]
    for collection in collections:
        access.share(collection.access_list, group=groups[0], level=Level.READER, by=None)
    index = IndexVersion.objects.create(
        name="property", chunker={}, embedding_model=card.name, embedding_revision=card.revision,
        dimensions=card.dimensions, analyser="words-1", is_live=True, languages={"en": DOCUMENTS},
    )  # fmt: skip
    world = World(people, groups, collections, {}, root, index, model)
    for number in range(DOCUMENTS):
        parent = world.documents.get(model.parent.get(number, -1))
        world.documents[number] = Document.objects.create(
            collection=collections[model.place[number]], parent=parent, path=f"{number}.txt", title=f"{number}"
        )
        _publish(world, number)
    return world


def _publish(world: World, number: int) -> None:
    document = world.documents[number]
    version_number = document.versions.count() + 1
    text = TEXT.format(version_number, number)
    version = DocumentVersion.objects.create(
        document=document, number=version_number, sha256=sha256(text.encode()).hexdigest(), size_bytes=len(text),
        filename="f.txt", media_type="text/plain", storage_key=f"none/{number}-{version_number}",
    )  # fmt: skip
    IngestionRun.objects.create(version=version, state=IngestionRun.State.READY)
    extraction = Extraction.objects.create(
        version=version, parser="p", parser_version="1", text=text, layout={}, language="en"
    )
    passage = Passage(
        ordinal=0, start=0, end=len(text), page=1, heading_path="", context="", text=text, tokens=20,
        content_hash=version.sha256,
    )  # fmt: skip
    vector = np.random.default_rng(number).normal(size=(1, world.index.dimensions)).astype(np.float32)
    findable = indexing.Findable(
        index=world.index,
        passages=[passage],
        vectors=vector / np.linalg.norm(vector),
        analysed=indexing.analyse_all([passage], language="en"),
    )
    indexing.publish(document=document, version=version, extraction=extraction, findable=[findable])


principals = st.one_of(
    st.tuples(st.just("user"), st.integers(0, PEOPLE - 1)), st.tuples(st.just("group"), st.integers(0, GROUPS - 1))
)
numbers = st.integers(0, DOCUMENTS - 1)
changes = st.one_of(
    st.tuples(st.sampled_from(["share", "unshare"]), st.integers(0, COLLECTIONS - 1), principals),
    st.tuples(st.sampled_from(["share own", "unshare own"]), numbers, principals),
    st.tuples(st.sampled_from(["restrict", "unrestrict", "replace", "restore", "remove"]), numbers),
    st.tuples(st.just("move"), numbers, st.integers(0, COLLECTIONS - 1)),
    st.tuples(st.sampled_from(["join", "leave"]), st.integers(0, PEOPLE - 1), st.integers(0, GROUPS - 1)),
    st.tuples(st.sampled_from(["disable", "enable"]), st.integers(0, PEOPLE - 1)),
)


def change(world: World, what: str, at: int, *more: Any) -> None:
    """Done to the database and to the model alike."""
    model = world.model
    if what in ("share", "unshare"):
        _list(world, what, world.collections[at].access_list, model.shared[at], more[0])
    elif what in ("join", "leave"):
        getattr(world.people[at].groups, "add" if what == "join" else "remove")(world.groups[more[0]])
        (model.members.add if what == "join" else model.members.discard)((at, more[0]))
    elif what in ("disable", "enable"):
        User.objects.filter(pk=world.people[at].pk).update(is_active=what == "enable")
        (model.disabled.discard if what == "enable" else model.disabled.add)(at)
    elif at in model.place:
        _document(world, what, at, *more)


def _list(world: World, what: str, access_list: Any, named: set[Principal], one: Principal) -> None:
    if what.startswith("share"):
        access.share(access_list, level=Level.READER, by=None, **world.principal(one))
        named.add(one)
    else:
        access.unshare(access_list, by=None, **world.principal(one))
        named.discard(one)


def _document(world: World, what: str, at: int, *more: Any) -> None:
    model, document = world.model, Document.objects.get(pk=world.documents[at].pk)
    own = model.own[at]
    if what == "restrict":
        access.restrict(document, by=world.root)
        model.own[at] = set() if own is None else own
    elif what == "unrestrict":
        access.unrestrict(document, by=world.root)
        model.own[at] = None
    elif what in ("share own", "unshare own") and own is not None:
        _list(world, what, document.access_list, own, more[0])
    elif what == "replace":
        _publish(world, at)
    elif what == "restore":
        first = document.versions.get(number=1)
        indexing.make_current(document, first)
    elif what == "move" and at not in model.parent and at not in model.parent.values():
        moving.move([document], to=world.collections[more[0]], folder=None, by=world.root)
        model.place[at] = more[0]
    elif what == "remove":
        uploads.remove(document, by=world.root)
        gone = {at} | {child for child, parent in model.parent.items() if parent == at}
        gone |= {child for child, parent in model.parent.items() if parent in gone}
        for number in gone:
            model.place.pop(number, None)


def seen_by_listing(world: World, person: User) -> set[Any]:
    return set(access.readable_documents(person).values_list("pk", flat=True))


def seen_by_search(world: World, person: User) -> set[Any]:
    results = search(Query(text=QUESTION, top_k=20), reader=person)
    return {hit.document_id for hit in (*results.hits, *results.considered)}


def seen_by_search_of_a_day(world: World, person: User) -> set[Any]:
    results = search(Query(text=QUESTION, top_k=20, as_of=date(2100, 1, 1)), reader=person)
    return {hit.document_id for hit in (*results.hits, *results.considered)}


def seen_by_source(world: World, person: User) -> set[Any]:
    rows = Extraction.objects.filter(version__document__in=[one.pk for one in world.documents.values()])
    return {
        source.document_id
        for pk in rows.values_list("pk", flat=True)
        if (source := lineage.source_of(pk, 0, 10, reader=person))
    }


def seen_by_explaining(world: World, person: User) -> set[Any]:
    """The person as the viewer of what somebody else finds, who may read everything."""
    seen = explain(Query(text=QUESTION, top_k=20), as_user=world.root, viewer=person)
    return {one.hit.document_id for one in (*seen.candidates, *seen.left_out)}


# The cheap ones are drawn more often.
WAYS = [
    *(6 * [seen_by_listing]),
    *(4 * [seen_by_search]),
    *(2 * [seen_by_search_of_a_day]),
    seen_by_source,
    seen_by_explaining,
]


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=WORLDS, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_no_order_of_changes_shows_anybody_more_or_less_than_the_lists_say(base: World, data: st.DataObject) -> None:
    with transaction.atomic():
        world = deepcopy(base)
        for _ in range(CHANGES):
            change(world, *data.draw(changes))
            way = data.draw(st.sampled_from(WAYS))
            for person in range(PEOPLE):
                expected = {world.documents[at].pk for at in world.model.readable(person)}
                assert way(world, world.people[person]) == expected
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_leaving_a_collection_closes_a_document_whose_own_list_still_names_the_person(
    collection: Callable[..., Collection], owner: User, reader: User
) -> None:
    shared = collection(owners=[owner], readers=[reader])
    document = Document.objects.create(collection=shared, path="a.txt", title="a")
    access.share(access.restrict(document, by=owner), user=reader, level=Level.READER, by=owner)
    assert access.may_read_all(reader, [document.pk])

    access.unshare(shared.access_list, user=reader, by=owner)
    assert not access.may_read_all(reader, [document.pk])


@pytest.mark.django_db
def test_sharing_ten_thousand_passages_again_writes_no_passage(
    collection: Callable[..., Collection], owner: User, reader: User
) -> None:
    document = Document.objects.create(collection=collection(owners=[owner]), path="a.txt", title="a")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _ten_thousand(document)
        before = _written(cursor)
        access.restrict(document, by=owner)
        access.share(document.collection.access_list, user=reader, level=Level.READER, by=owner)
        after = _written(cursor)
    changed = {table: after[table] - before.get(table, 0) for table in after if after[table] != before.get(table, 0)}

    assert {name: count for name, count in changed.items() if name.startswith("documents_")} == {
        "documents_document": 1, "documents_accesslist": 1, "documents_accessentry": 2,
    }  # fmt: skip


def _ten_thousand(document: Document) -> None:
    index = IndexVersion.objects.create(
        name="many", chunker={}, embedding_model="m", embedding_revision="1", dimensions=3, analyser="a"
    )
    version = DocumentVersion.objects.create(
        document=document, number=1, sha256="0" * 64, size_bytes=1, filename="f", media_type="t", storage_key="k"
    )
    extraction = Extraction.objects.create(version=version, parser="p", parser_version="1", text="t", layout={})
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO documents_chunk (index_version_id, extraction_id, version_id, document_id, ordinal, start,
                "end", page, heading_path, text, tokens, content_hash)
            SELECT %s, %s, %s, %s, n, 0, 1, 1, '', 't', 1, '' FROM generate_series(1, 10000) AS n
            """,
            [index.pk, extraction.pk, version.pk, document.pk],
        )


def _written(cursor: Any) -> dict[str, int]:
    """Rows inserted, updated or deleted in this transaction, by table."""
    cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
    return dict(cursor.fetchall())
