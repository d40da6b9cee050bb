"""No way out of the house shows a document to somebody who may not read it. Pages are in test_routes_and_roles."""

import json
import logging

import pytest
from django.core import mail
from django.core.management import call_command, get_commands
from django.db import transaction
from django.urls import reverse

from documents import access
from documents.models import Level
from ragapp.audit.models import AuditEvent
from ragapp.tests import outlets
from ragapp.tests import world as worlds
from ragapp.tests.outlets import Carries
from ragapp.tests.routes import admin_models, named_routes
from ragapp.tests.table import ROUTES as TABLE
from ragapp.tests.table.rows import text_of
from ragapp.tests.world import CANARY, NAME, OUTSIDERS, QUESTION

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_launched")]


def everything_at(name, world, role) -> str:
    """What this role gets from every row of the table for this route."""
    found = []
    with transaction.atomic():
        for row in TABLE[name]:
            found.append(text_of(row.send(world.browser(role), row.url(name, world), world)))
        transaction.set_rollback(True)
    return "\n".join(found)


def test_every_way_out_is_registered():
    assert set(outlets.ROUTES) | outlets.ROUTES_WITHOUT_TEXT == set(named_routes())
    assert not set(outlets.ROUTES) & outlets.ROUTES_WITHOUT_TEXT
    assert admin_models() == outlets.ADMIN | outlets.ADMIN_NAMES_ONLY | outlets.ADMIN_WITHOUT_TEXT
    ours = {
        command
        for command, app in get_commands().items()
        if app.split(".")[0] in {"ragapp", "documents", "chat", "evaluation"}
    }
    assert ours == outlets.COMMANDS | outlets.COMMANDS_WITHOUT_TEXT


@pytest.mark.parametrize("name", outlets.ROUTES)
def test_who_may_read_finds_it_there(world, name):
    carries, role = outlets.ROUTES[name]
    if carries in (Carries.FILE, Carries.IMAGE):
        row = TABLE[name][0]
        response = world.browser(role).get(row.url(name, world))

        assert response.content.startswith(b"%PDF" if carries is Carries.FILE else b"RIFF")
    else:
        assert (CANARY if carries is Carries.TEXT else NAME) in everything_at(name, world, role)


def admin_pages(model, world, role):
    """The list of a model and the pages of its first rows, as this role gets them."""
    browser = world.browser(role)
    pages = [text_of(browser.get(reverse(f"admin:{model}_changelist")))]
    for pk in rows_of(model, world):
        for page in ("change", "history"):
            pages.append(text_of(browser.get(reverse(f"admin:{model}_{page}", args=[pk]))))
    return "\n".join(pages)


def rows_of(model, world):
    known = {
        "chat_answer": [world.answer.pk],
        "evaluation_escalation": [world.escalation.pk],
        "chat_goldenanswer": [world.golden.pk],
        "evaluation_reviewitem": [world.item.pk],
        "accounts_user": [world.people["reader"].pk],
        "documents_collection": [world.collection.pk],
        "documents_ingestionrun": [world.version.run.pk],
        "audit_auditevent": list(AuditEvent.objects.values_list("pk", flat=True)),
    }
    return known.get(model, [])


@pytest.mark.parametrize("role", OUTSIDERS)
@pytest.mark.parametrize("model", sorted(outlets.ADMIN | outlets.ADMIN_WITHOUT_TEXT))
def test_the_admin_shows_no_document_to_who_may_not_read_it(world, model, role):
    found = admin_pages(model, world, role)

    assert CANARY not in found
    assert NAME not in found


@pytest.mark.parametrize("model", sorted(outlets.ADMIN))
def test_a_reviewer_who_may_read_the_sources_sees_the_answer(world, model):
    access.share(
        world.collection.access_list, user=world.people["reviewer"], level=Level.READER, by=world.people["owner"]
    )

    assert CANARY in admin_pages(model, world, "reviewer")


@pytest.mark.parametrize("role", ["auditor", "admin", "superuser"])
def test_the_audit_log_names_documents_and_holds_none_of_their_words(world, role):
    found = admin_pages("audit_auditevent", world, role)
    browser = world.browser(role)
    chosen = list(AuditEvent.objects.values_list("pk", flat=True))
    export = browser.post(
        reverse("admin:audit_auditevent_changelist"), {"action": "export_csv", "_selected_action": chosen}
    )

    exported = text_of(export)
    assert "document_uploaded" in exported
    assert CANARY not in exported
    assert CANARY not in found


@pytest.mark.parametrize("role", OUTSIDERS)
def test_the_dashboard_and_the_pages_around_it_show_no_words_of_answers(world, role):
    browser = world.browser(role)
    pages = [browser.get(url) for url in ("/", "/dashboard/", "/admin/", "/collections/", "/admin/search/?s=zephyr")]

    assert all(CANARY not in text_of(page) and NAME not in text_of(page) for page in pages)


def said_by(capsys, *command, role) -> str:
    call_command(*command, "--as", role, "--json")
    return capsys.readouterr().out.lower()


@pytest.mark.parametrize("role", [role for role in OUTSIDERS if role != "anonymous"])
@pytest.mark.parametrize("command", sorted(outlets.COMMANDS))
def test_a_command_answers_as_the_person_named_and_not_as_its_caller(world, capsys, command, role):
    found = said_by(capsys, command, QUESTION, role=role)

    assert CANARY not in found
    assert NAME not in found


@pytest.mark.parametrize("command", sorted(outlets.COMMANDS))
def test_a_command_answers_who_may_read(world, capsys, command):
    assert CANARY in said_by(capsys, command, QUESTION, role="reader")


def test_a_grant_that_is_withdrawn_closes_every_way_at_once(world, capsys):
    access.unshare(world.collection.access_list, user=world.people["reader"], by=world.people["owner"])

    for name in outlets.ROUTES:
        found = everything_at(name, world, "reader")
        assert CANARY not in found, name
        assert "%pdf" not in found, name
    assert CANARY not in said_by(capsys, "ask", QUESTION, role="reader")


def test_neither_log_lines_nor_metrics_nor_mails_hold_words_of_documents(
    world, capsys, caplog, settings, client, at_once
):
    settings.METRICS_TOKEN = "secret"
    with caplog.at_level(logging.DEBUG):
        said_by(capsys, "ask", QUESTION, role="reader")
        everything_at("chat:conversation", world, "reader")
    client.post(reverse("accounts:password_reset"), {"email": "reader@example.org"})

    lines = [line for record in caplog.records if record.name.startswith(("ragapp", "documents", "chat", "evaluation"))
             for line in [record.getMessage() + json.dumps(vars(record), default=str)]]  # fmt: skip
    metrics = client.get("/metrics", headers={"Authorization": "Bearer secret"}).content.decode()
    texts = [*lines, metrics, *(message.body for message in mail.outbox)]
    assert 'ragapp_ingestion_runs{state="ready"} 1.0' in metrics
    assert 'ragapp_answers_last_hour{status="answered"}' in metrics
    assert len(mail.outbox) == 1
    assert all(CANARY not in text.lower() and NAME not in text.lower() for text in texts)


def test_what_is_stored_on_the_disk_shows_no_words_of_documents(world, settings):
    files = [path.read_bytes().lower() for path in settings.FILES_DIR.rglob("*") if path.is_file()]

    assert files
    assert worlds._pdf()[:5] == b"%PDF-"
    assert all(b"%pdf" not in content and CANARY.encode() not in content for content in files)
