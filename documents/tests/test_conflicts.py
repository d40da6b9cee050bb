"""Documents that contradict each other: found after indexing, seen by who may read both, decided once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from documents import conflicts, private_files, uploads
from documents.access import restrict, share
from documents.models import Collection, Conflict, Document, Extraction, Level
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)
HANDBOOK = """# Handbook

## Leave
Employees receive 30 days of annual leave per calendar year. Leave is requested in the staff portal.

## Security
Passwords must be changed every 90 days. Visitors may take photographs in the production hall.
"""
POLICY = """# Leave and access policy

## Annual leave
Employees receive 27 days of annual leave per calendar year. Managers approve it within a week.

## Access
Visitors may not take photographs in the production hall. Passwords must be changed every 90 days.
"""


@pytest.fixture
def shared(collection: Callable[..., Collection], owner: User, contributor: User, reader: User) -> Collection:
    return collection(owners=[owner], contributors=[contributor], readers=[reader])


@pytest.fixture
def handbook(shared: Collection, owner: User, add: Callable[..., Document]) -> Document:
    return add(shared, "handbook.md", HANDBOOK, by=owner)


@pytest.fixture
def policy(handbook: Document, shared: Collection, owner: User, add: Callable[..., Document]) -> Document:
    document = add(shared, "policy.md", POLICY, by=owner)
    compare_waiting()
    return document


def compare_waiting() -> None:
    while found := conflicts.waiting():
        for extraction in found:
            conflicts.compare(extraction)


def test_what_two_documents_state_differently_is_found_once(handbook: Document, policy: Document, reader: User) -> None:
    pairs = conflicts.of_document(policy, reader=reader)

    assert {(pair.mine.quote, pair.other.quote) for pair in pairs} == {
        (
            "Employees receive 27 days of annual leave per calendar year.",
            "Employees receive 30 days of annual leave per calendar year.",
        ),
        (
            "Visitors may not take photographs in the production hall.",
            "Visitors may take photographs in the production hall.",
        ),
    }
    assert {(pair.mine.value, pair.other.value) for pair in pairs} == {("27 days", "30 days"), ("", "")}
    assert Conflict.objects.count() == 2
    assert len(conflicts.between([handbook.pk, policy.pk], reader)) == 2
    assert conflicts.between([policy.pk], reader) == []


def test_only_changed_documents_are_compared(policy: Document) -> None:
    extraction = Extraction.objects.filter(version__document=policy).get()

    assert conflicts.waiting() == []
    assert conflicts.compare(extraction.pk) == 0
    assert Conflict.objects.count() == 2


def test_a_conflict_is_shown_to_who_may_read_both(
    handbook: Document, policy: Document, owner: User, reader: User, stranger: User
) -> None:
    assert conflicts.of_document(policy, reader=stranger) == []
    restrict(handbook, by=owner)
    assert conflicts.of_document(policy, reader=reader) == []
    assert len(conflicts.of_document(policy, reader=owner)) == 2


def test_what_is_dismissed_stays_dismissed_when_the_sentence_stays(
    policy: Document, shared: Collection, contributor: User, add: Callable[..., Document]
) -> None:
    conflict = Conflict.objects.get(left_value__contains="days")
    conflicts.decide(conflict, Conflict.State.DISMISSED, by=contributor, note="Two sites.")
    changed = add(shared, "policy.md", POLICY + "\nMore to come, in spring.\n", by=contributor)
    compare_waiting()

    again = Conflict.objects.get(left_value__contains="days")
    assert (again.pk, again.state, again.note) == (conflict.pk, "dismissed", "Two sites.")
    assert changed.current_version is not None
    assert {again.left_extraction.version_id, again.right_extraction.version_id} >= {changed.current_version.pk}
    assert AuditEvent.objects.filter(event="conflict_decided", target_id=str(conflict.pk)).exists()


def test_a_conflict_goes_when_the_document_changes_or_is_removed(
    handbook: Document,
    policy: Document,
    shared: Collection,
    owner: User,
    reader: User,
    add: Callable[..., Document],
) -> None:
    add(shared, "policy.md", POLICY.replace("27 days", "30 days"), by=owner)
    assert conflicts.of_document(policy, reader=reader) == []
    compare_waiting()
    assert [pair.conflict.kind for pair in conflicts.of_document(policy, reader=reader)] == ["negation"]
    uploads.remove(handbook, by=owner)
    assert not Conflict.objects.exists()


def test_readers_decide_nothing(policy: Document, owner: User, reader: User, contributor: User) -> None:
    conflict = Conflict.objects.first()
    assert conflict is not None
    with pytest.raises(conflicts.ConflictRefused):
        conflicts.decide(conflict, Conflict.State.DISMISSED, by=reader)
    restrict(conflict.left_document, by=owner)
    with pytest.raises(conflicts.ConflictRefused):
        conflicts.decide(conflict, Conflict.State.DISMISSED, by=contributor)
    conflicts.decide(conflict, Conflict.State.RESOLVED, by=owner)


def test_a_form_that_many_documents_fill_in_is_no_conflict(
    shared: Collection, owner: User, add: Callable[..., Document]
) -> None:
    for number, team in enumerate(("red", "blue", "green", "white")):
        add(shared, f"{team}.md", f"# Team page\n\nThis team page lists {number + 4} members of staff.\n", by=owner)
        # Compared together, as after an import.
    compare_waiting()

    assert Conflict.objects.count() == 0


def test_documents_of_another_collection_count_too(
    policy: Document, collection: Callable[..., Collection], owner: User, reader: User, add: Callable[..., Document]
) -> None:
    other = collection("Elsewhere", owners=[owner])
    add(other, "leave.md", "# Leave\n\nEmployees receive 25 days of annual leave per calendar year.\n", by=owner)
    compare_waiting()

    assert len(conflicts.of_document(policy, reader=reader)) == 2
    share(other.access_list, user=reader, level=Level.READER, by=owner)
    assert len(conflicts.of_document(policy, reader=reader)) == 3


def test_one_sentence_in_a_long_passage_is_found_by_its_words(
    shared: Collection, owner: User, reader: User, add: Callable[..., Document]
) -> None:
    filler = " ".join(f"The {thing} of the garden is watered by the neighbours." for thing in "rose oak fern".split())
    add(
        shared, "garden.md", f"# Garden\n\n{filler} Orders over €2,500 require three written quotes. {filler}", by=owner
    )
    pumps = " ".join(f"Pump {kind} is greased by the night shift." for kind in "alpha beta gamma".split())
    add(shared, "pumps.md", f"# Pumps\n\n{pumps} Three written quotes are required for orders over €1,000.", by=owner)
    compare_waiting()

    found = conflicts.of_document(Document.objects.get(path="pumps.md"), reader=reader)
    assert [{pair.mine.value, pair.other.value} for pair in found] == [{"€1,000", "€2,500"}]


def test_two_places_of_one_kind_do_not_contradict_each_other(
    shared: Collection, owner: User, reader: User, add: Callable[..., Document]
) -> None:
    for place, hours in (("Leeds", "6 am to 6 pm"), ("Bristol", "9 am to 4 pm")):
        text = f"# {place}\n\nThe office in {place} is new. During business hours, {hours}, show your badge visibly."
        add(shared, f"{place}.md", text, by=owner)
    compare_waiting()

    assert conflicts.of_document(Document.objects.get(path="Leeds.md"), reader=reader) == []


def test_private_files_contradict_nobody_and_keep_no_document_out(
    handbook: Document, shared: Collection, owner: User, reader: User, add: Callable[..., Document]
) -> None:
    for number in range(5):
        attached = Collection.objects.get(pk=private_files.create(f"Attached to {number}", by=reader))
        add(attached, "notes.md", POLICY.replace("27 days", f"{20 + number} days"), by=reader)
    policy = add(shared, "policy.md", POLICY, by=owner)
    compare_waiting()

    assert len(conflicts.of_document(policy, reader=reader)) == 2
    assert Conflict.objects.count() == 2
