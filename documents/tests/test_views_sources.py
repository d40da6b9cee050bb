"""The pages of sources: owners set them up, look at what they would bring, and answer them."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from documents.models import AccessList, Document, Source, SourcePage, SyncItem, SyncRun
from documents.sources import tasks
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def handbook(collection, owner, contributor, reader):
    return collection("Handbook", owners=[owner], contributors=[contributor], readers=[reader])


@pytest.fixture
def queued(monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.check, "delay_on_commit", sent.append)
    return sent


@pytest.fixture
def source(handbook, owner):
    return Source.objects.create(
        collection=handbook, addresses="https://example.com/a", owner=owner, is_enabled=True, last_checked_at=NOW
    )


def act(client, source, action):
    return client.post(reverse("documents:source_act", args=[source.collection_id, source.pk]), {"action": action})


def test_trying_a_source_keeps_it_off_and_shows_what_it_would_bring(handbook, owner, client_for, queued):
    client, url = client_for(owner), reverse("documents:source_new", args=[handbook.pk])

    response = client.post(
        f"{url}?kind=crawl",
        {
            "addresses": "https://example.com/docs/start",
            "schedule": "daily",
            "depth": 3,
            "pages_max": 90,
            "then": "try",
        },
    )

    made = Source.objects.get()
    run = made.runs.get()
    assert response["Location"] == reverse("documents:source_run", args=[handbook.pk, made.pk, run.pk])
    assert (made.is_enabled, made.prefix, made.owner) == (False, "https://example.com/docs/", owner)
    assert (run.is_dry, run.pages_max, queued) == (True, 50, [run.pk])
    assert b"Looks right" not in client.get(response["Location"]).content
    SyncRun.objects.update(state="done", finished_at=NOW)
    assert b"Looks right" in client.get(response["Location"]).content
    act(client, made, "start")
    made.refresh_from_db()
    assert made.is_enabled
    assert made.next_check_at is not None
    assert not made.runs.first().is_dry


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("pages", {"addresses": "http://127.0.0.1/"}, "addresses"),
        ("pages", {"addresses": "https://example.com/\nfile:///etc/passwd"}, "addresses"),
        ("pages", {"addresses": "https://example.com:22/"}, "addresses"),
        ("pages", {"addresses": "https://example.com/", "secret_header": "Host", "secret": "x"}, "secret_header"),
        ("pages", {"addresses": "https://example.com/", "secret": "x"}, "secret_header"),
        ("pages", {"addresses": "https://example.com/", "secret_header": "X-Key", "secret": "a\nb"}, "secret"),
        ("crawl", {"addresses": "https://example.com/a", "below": "https://example.com/b/"}, "below"),
        ("crawl", {"addresses": "https://example.com/a", "pages_max": 10**6}, "pages_max"),
        ("sitemap", {"addresses": "https://example.com/s.xml", "include": "x" * 300}, "include"),
    ],
)
def test_what_cannot_work_is_said_before_it_is_saved(handbook, owner, client_for, queued, kind, data, field):
    usual = {"schedule": "daily", "depth": 3, "pages_max": 90}

    url = reverse("documents:source_new", args=[handbook.pk])
    response = client_for(owner).post(f"{url}?kind={kind}", {**usual, **data})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Source.objects.exists()


def test_fields_are_checked_while_they_are_filled_in(handbook, owner, client_for):
    url = reverse("documents:source_validate", args=[handbook.pk])

    content = client_for(owner).post(f"{url}?kind=pages", {"addresses": "http://10.0.0.1/"}).content.decode()

    assert 'id="errors-addresses"' in content
    assert "not on the public internet" in content
    assert "errors-secret" not in content


def test_folders_are_offered_to_corpus_admins_where_some_are_named(handbook, owner, client_for, settings, tmp_path):
    url = reverse("documents:source_new", args=[handbook.pk])
    assert client_for(owner).get(f"{url}?kind=folder").status_code == 404
    settings.SYNC_FOLDERS = [str(tmp_path)]

    assert str(tmp_path) in client_for(owner).get(f"{url}?kind=folder").content.decode()
    response = client_for(owner).post(f"{url}?kind=folder", {"addresses": "/etc", "schedule": "off", "pages_max": 9})
    assert response.status_code == 422


def test_the_secret_is_written_once_and_never_shown(handbook, owner, client_for, queued):
    client, url = client_for(owner), reverse("documents:source_new", args=[handbook.pk])
    given = {"addresses": "https://example.com/", "schedule": "off", "secret_header": "X-Key", "secret": "open sesame"}
    client.post(f"{url}?kind=pages", given)
    made = Source.objects.get()
    edit = reverse("documents:source_edit", args=[handbook.pk, made.pk])

    assert b"sesame" not in client.get(edit).content
    client.post(edit, {**given, "secret": ""})
    made.refresh_from_db()
    assert made.secret_key
    client.post(edit, {**given, "secret": "", "addresses": "https://thief.example/"})
    made.refresh_from_db()
    assert (made.secret_key, made.secret_header) == ("", "")
    assert "sesame" not in str(list(AuditEvent.objects.values()))


def test_a_source_is_paused_resumed_and_taken_away(source, owner, client_for):
    client = client_for(owner)
    for action, on in (("pause", False), ("resume", True)):
        act(client, source, action)
        source.refresh_from_db()
        assert source.is_enabled == on
        assert (source.next_check_at is not None) == on
    document = Document.objects.create(collection=source.collection, path="a.html", title="A")
    SourcePage.objects.create(source=source, address="https://example.com/a", document=document, checked_at=NOW)

    assert act(client, source, "delete").status_code == 302
    assert not Source.objects.exists()
    assert Document.objects.exists()
    assert {"source_paused", "source_resumed", "source_removed"} <= set(
        AuditEvent.objects.values_list("event", flat=True)
    )


def test_a_source_that_goes_with_its_documents_takes_only_its_own(source, owner, client_for):
    for name in "ab":
        Document.objects.create(collection=source.collection, path=f"{name}.html", title=name)
    theirs = Document.objects.get(path="a.html")
    SourcePage.objects.create(source=source, address="https://example.com/a", document=theirs, checked_at=NOW)

    act(client_for(owner), source, "delete_all")

    assert list(Document.objects.values_list("path", flat=True)) == ["b.html"]


def test_only_one_check_is_under_way(source, owner, client_for, queued):
    client = client_for(owner)
    act(client, source, "check")
    act(client, source, "check")

    assert source.runs.count() == len(queued) == 1
    act(client, source, "cancel")
    assert source.runs.get().state == SyncRun.State.CANCELLED
    assert act(client, source, "nonsense").status_code == 404


def test_a_check_that_asks_gets_its_answer(source, owner, client_for, queued):
    run = SyncRun.objects.create(source=source, state="asks", pages_max=9, failure="More than half", finished_at=NOW)
    page = reverse("documents:source_run", args=[source.collection_id, source.pk, run.pk])

    assert b"Remove what is missing" in client_for(owner).get(page).content
    act(client_for(owner), source, "remove")
    run.refresh_from_db()
    assert (run.state, run.may_remove_many, queued) == ("queued", True, [run.pk])


def test_a_document_that_was_narrowed_is_not_named_to_other_owners(source, owner, client_for):
    hidden = Document.objects.create(
        collection=source.collection, path="h.html", title="Hidden", access_list=AccessList.objects.create()
    )
    run = SyncRun.objects.create(source=source, state="done", pages_max=9, finished_at=NOW)
    SyncItem.objects.create(run=run, address="https://example.com/hidden-plan", outcome="added", document=hidden)
    SyncItem.objects.create(run=run, address="https://example.com/open", outcome="skipped", reason="It is a picture.")
    page = reverse("documents:source_run", args=[source.collection_id, source.pk, run.pk])

    content = client_for(owner).get(page).content

    assert b"example.com/open" in content
    assert b"hidden-plan" not in content


def test_contributors_and_readers_find_no_sources(source, contributor, reader, client_for):
    for person in (contributor, reader):
        client = client_for(person)
        assert client.get(reverse("documents:sources", args=[source.collection_id])).status_code == 404
        assert act(client, source, "check").status_code == 404
        tabs = client.get(reverse("documents:collection", args=[source.collection_id])).content
        assert b"/sources/" not in tabs


def test_a_source_is_found_in_its_own_collection_only(source, collection, owner, client_for):
    other = collection("Other", owners=[owner])

    assert client_for(owner).get(reverse("documents:source", args=[other.pk, source.pk])).status_code == 404


def test_a_document_from_the_web_leads_to_its_page(source, owner, client_for):
    document = Document.objects.create(
        collection=source.collection, path="a.html", title="A", source_url="https://example.com/a"
    )
    SourcePage.objects.create(source=source, address="https://example.com/a", document=document, checked_at=NOW)

    content = client_for(owner).get(reverse("documents:document", args=[document.pk])).content.decode()

    assert 'href="https://example.com/a" rel="noopener noreferrer"' in content
    assert "checked" in content
