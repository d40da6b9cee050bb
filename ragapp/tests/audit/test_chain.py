"""The audit log: written with what it records, sealed without gaps, and a change is found."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.utils import timezone

from ragapp.audit import chain
from ragapp.audit.log import record
from ragapp.audit.models import AuditEvent, AuditSeal

pytestmark = pytest.mark.django_db


def later():
    return timezone.now() + timedelta(minutes=1)


def seal_all():
    while chain.seal_batch(later()):
        pass


def tamper(statement: str, *parameters: object) -> None:
    """What only somebody with the owner's password to the database could do."""
    with connection.cursor() as cursor:
        for what in ("DISABLE", "ENABLE"):
            if what == "ENABLE":
                cursor.execute(statement, parameters)
            for table in ("audit_auditevent", "audit_auditseal"):
                cursor.execute(f"ALTER TABLE {table} {what} TRIGGER USER")


def test_an_event_is_undone_with_what_it_records():
    @transaction.atomic
    def undone():
        record("collection_created", by=None, target_kind="collection", target_id=1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()

    assert not AuditEvent.objects.exists()


def test_values_too_long_or_of_other_types_are_written_all_the_same():
    record("document_uploaded", by=None, target_name="n" * 500, target_id=7, moment=timezone.now())

    event = AuditEvent.objects.get()
    assert len(event.target) == 300
    assert event.target_id == "7"
    assert isinstance(event.details["moment"], str)


@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["audit_auditevent", "audit_auditseal"])
def test_the_database_refuses_to_change_the_log(statement, table):
    record("sign_in", by=None)
    seal_all()

    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="append-only"):
        cursor.execute(statement.format(table))


def test_every_event_is_sealed_once_and_the_chain_holds(capsys):
    for number in range(5):
        record("question_asked", by=None, number=number)
    seal_all()
    seal_all()

    call_command("verify_audit")

    assert AuditSeal.objects.count() == 5
    assert "5 sealed events, every link holds" in capsys.readouterr().out


def test_events_that_are_too_young_wait():
    record("sign_in", by=None)

    assert chain.seal_batch(timezone.now()) == 0
    assert chain.walk().unsealed == 1


def test_an_event_with_a_lower_id_that_commits_late_is_sealed_all_the_same():
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('audit_auditevent_id_seq', 5000)")
        record("sign_in", by=None)
        seal_all()
        cursor.execute("SELECT setval('audit_auditevent_id_seq', 4000)")
        record("document_uploaded", by=None)
        seal_all()

    walk = chain.walk()
    assert (walk.links, walk.unsealed, walk.broken) == (2, 0, None)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE audit_auditevent SET actor = 'somebody else' WHERE id = %s", "was changed"),
        ("UPDATE audit_auditevent SET details = '{\"n\": 2}' WHERE id = %s", "was changed"),
        ("UPDATE audit_auditevent SET at = at + interval '1 second' WHERE id = %s", "was changed"),
        ("DELETE FROM audit_auditevent WHERE id = %s", "is gone"),
        ("DELETE FROM audit_auditseal WHERE event_id = %s", "removed"),
        ("UPDATE audit_auditseal SET hash = repeat('a', 64) WHERE event_id = %s", "was changed"),
    ],
)
def test_tampering_is_found_at_its_link(statement, reason):
    for _ in range(3):
        record("role_given", by=None, n=1)
    seal_all()
    victim = AuditEvent.objects.order_by("pk")[1]

    tamper(statement, victim.pk)

    walk = chain.walk()
    assert walk.links == 1
    assert walk.broken is not None
    assert reason in walk.broken.reason
    with pytest.raises(CommandError, match="is broken"):
        call_command("verify_audit")


def test_a_chain_cut_off_at_its_end_lacks_the_hash_that_was_noted(capsys):
    record("sign_in", by=None)
    record("sign_out", by=None)
    seal_all()
    noted = chain.walk().head
    last = AuditSeal.objects.order_by("-pk")[0]

    call_command("verify_audit", contains=noted)
    tamper("DELETE FROM audit_auditevent WHERE id = %s", last.event_id)
    tamper("DELETE FROM audit_auditseal WHERE id = %s", last.pk)

    assert chain.walk().broken is None
    with pytest.raises(CommandError, match="cut off"):
        call_command("verify_audit", contains=noted)


def test_a_link_is_never_continued_twice():
    record("sign_in", by=None)
    record("sign_in", by=None)
    one, two = AuditEvent.objects.order_by("pk")
    AuditSeal.objects.create(event_id=one.pk, previous_hash=chain.FIRST, hash="a" * 64)

    with pytest.raises(IntegrityError, match="a_link_is_continued_once"):
        AuditSeal.objects.create(event_id=two.pk, previous_hash=chain.FIRST, hash="b" * 64)


def test_events_left_unsealed_for_long_are_pointed_out(capsys):
    record("sign_in", by=None)
    tamper("UPDATE audit_auditevent SET at = at - interval '1 hour'")

    call_command("verify_audit")

    assert "sealing does not run" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_only_one_process_seals_at_a_time():
    record("sign_in", by=None)
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [chain._LOCK])

        assert chain.seal_batch(later()) == 0
        other.rollback()
        assert chain.seal_batch(later()) == 1
    finally:
        other.close()


def test_an_event_gets_its_time_and_number_from_the_database():
    long_ago = timezone.now() - timedelta(days=400)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditevent (id, at, event, actor_id, actor, address, target_kind, target_id, target,"
            " details) VALUES (9000000, %s, 'sign_in', '', '', '', '', '', '', '{}')",
            [long_ago],
        )

    event = AuditEvent.objects.get()
    assert event.pk < 9000000
    assert event.at > timezone.now() - timedelta(minutes=5)


def test_a_link_for_an_event_that_is_not_there_is_refused():
    with pytest.raises(IntegrityError, match="does not exist"):
        AuditSeal.objects.create(event_id=10**12, previous_hash=chain.FIRST, hash="a" * 64)


def test_a_link_gets_its_time_from_the_database():
    record("sign_in", by=None)
    event = AuditEvent.objects.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditseal (id, event_id, previous_hash, hash, sealed_at)"
            " VALUES (9000000, %s, %s, %s, '2001-01-01')",
            [event.pk, chain.FIRST, "a" * 64],
        )

    link = AuditSeal.objects.get()
    assert link.pk < 9000000
    assert link.sealed_at > timezone.now() - timedelta(minutes=5)


@pytest.mark.parametrize("sequence", ["audit_auditevent_id_seq", "audit_auditseal_id_seq"])
def test_the_role_that_serves_requests_may_use_the_sequences_but_not_set_them(sequence):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_sequence_privilege(%(role)s, %(name)s, 'USAGE'),"
            " has_sequence_privilege(%(role)s, %(name)s, 'UPDATE')",
            {"role": settings.DATABASE_APP_ROLE, "name": sequence},
        )
        assert cursor.fetchone() == (True, False)
