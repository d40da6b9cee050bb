"""Whose rights a check works with, and how it ends, goes on, rests and comes due."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from documents import access, uploads
from documents.models import AccessEntry, Document, Level, Source, SyncItem, SyncRun
from documents.sources import actions, runs, sync, tasks
from documents.sources.sync import Clock
from documents.tests.sources.conftest import checked, outcomes, page
from ragapp.privacy import vault
from ragapp.tests.web_server import Answer

pytestmark = pytest.mark.django_db

XML = {"Content-Type": "application/xml"}


def test_a_source_works_with_the_rights_that_its_owner_has_now(source, site, owner, handbook, person):
    site.pages["/"] = page("A")
    web = source("pages", "/")
    access.share(handbook.access_list, user=person("other"), level=Level.OWNER, by=owner)
    AccessEntry.objects.filter(access_list=handbook.access_list, user=owner).delete()

    run = checked(web)

    assert run.state == SyncRun.State.FAILED
    assert "no longer owns" in run.failure
    assert not site.asked


def test_what_a_person_deleted_stays_away(source, site, owner):
    site.pages |= {"/a": page("A"), "/b": page("B")}
    web = source("pages", "/a", "/b")
    checked(web)
    uploads.remove(Document.objects.get(source_url=site.url("/a")), by=owner)

    assert checked(web).counts == {"skipped": 1, "unchanged": 1}
    assert Document.objects.count() == 1


def test_a_document_that_was_uploaded_is_never_overwritten(source, site, owner, handbook):
    mine = uploads.accept(handbook, name="127.0.0.1/a.html", content=b"<p>My own words on this.</p>", by=owner).document
    site.pages["/a"] = page("A")

    checked(source("pages", "/a"))

    assert mine.versions.count() == 1
    assert Document.objects.get(source_url=site.url("/a")).path.startswith("127.0.0.1/a-")


def test_a_source_that_is_set_up_again_takes_its_documents_over(source, site, owner):
    site.pages["/a"] = page("A")
    web = source("pages", "/a")
    checked(web)
    actions.delete(web, with_documents=False, by=owner)

    checked(source("pages", "/a"))

    assert Document.objects.count() == 1


def test_the_secret_is_sent_to_its_own_site_and_kept_encrypted(source, site, owner, django_capture_on_commit_callbacks):
    site.pages["/"] = page("A")
    web = source("pages", "/", secret_header="X-Key", secret="open sesame")
    checked(web)

    assert {request.headers.get("x-key") for request in site.asked} == {"open sesame"}
    assert "sesame" not in str(Source.objects.filter(pk=web.pk).values())
    key = web.secret_key
    with django_capture_on_commit_callbacks(execute=True):
        actions.delete(web, with_documents=True, by=owner)
    assert key not in vault.stored()
    assert not Document.objects.exists()


def test_a_check_goes_on_where_a_worker_was_killed(source, site, settings):
    settings.CRAWL_DELAY_S = 1.0
    site.pages |= {"/a": page("A"), "/b": page("B"), "/c": page("C")}
    web = source("pages", "/a", "/b", "/c")
    run = runs.start(web, by=None)

    def killed(seconds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync.advance(run.pk, clock=Clock(sleep=killed))
    assert outcomes(run) == {"a": "added", "b": "", "c": ""}
    assert runs.claim(run.pk) is None

    settings.CRAWL_DELAY_S = 0.0
    SyncRun.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00Z")
    assert runs.start_due() == [run.pk]
    sync.advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.counts) == ("done", {"added": 3})


def test_a_check_that_stops_its_worker_three_times_is_given_up(source, site):
    run = runs.start(source("pages", "/"), by=None)
    SyncRun.objects.filter(pk=run.pk).update(state="running", attempts=3, worker="x", lease_until="2020-01-01T00:00Z")

    assert runs.start_due() == []
    run.refresh_from_db()
    assert (run.state, run.failure) == ("failed", runs.GAVE_UP)


def test_a_site_that_wants_a_rest_gets_it_without_holding_a_worker(source, site):
    site.pages |= {"/robots.txt": Answer("User-agent: *\nCrawl-delay: 30"), "/a": page("A"), "/b": page("B")}
    run = runs.start(source("pages", "/a", "/b"), by=None)

    assert not sync.advance(run.pk, clock=Clock(sleep=pytest.fail))

    run.refresh_from_db()
    assert outcomes(run) == {"a": "added", "b": ""}
    assert run.worker == ""
    assert runs.rest_s(run.pk) > 0
    assert runs.start_due() == []
    SyncRun.objects.filter(pk=run.pk).update(rests_until="2020-01-01T00:00Z")
    sync.advance(run.pk)
    assert site.paths().count("/robots.txt") == 1
    assert SyncItem.objects.filter(run=run, outcome="added").count() == 2


def test_after_its_rest_a_check_is_taken_up_again(source, site, monkeypatch):
    site.pages |= {"/robots.txt": Answer("User-agent: *\nCrawl-delay: 30"), "/a": page("A"), "/b": page("B")}
    sent = []
    monkeypatch.setattr(tasks.check, "later_on_commit", lambda seconds, pk: sent.append(pk))
    run = runs.start(source("pages", "/a", "/b"), by=None)

    tasks.check(run.pk)

    assert sent == [run.pk]
    assert runs.rest_s(run.pk + 1) == 0


def test_a_cancelled_check_does_nothing_more(source, site, owner):
    run = runs.start(source("pages", "/"), by=owner)

    assert actions.cancel(run, by=owner)
    assert not actions.cancel(run, by=owner)
    assert not sync.advance(run.pk)
    assert not site.asked
    run.source.refresh_from_db()
    assert run.source.next_check_at > run.queued_at


def test_what_is_due_is_started_and_what_is_paused_is_not(source, site, owner):
    due, paused = source("pages", "/a"), source("pages", "/b")
    for each in (due, paused):
        actions.turn(each, on=True, by=owner)
    actions.turn(paused, on=False, by=owner)
    Source.objects.filter(pk=due.pk).update(next_check_at="2020-01-01T00:00Z")

    started = runs.start_due()

    assert [SyncRun.objects.get(pk=pk).source for pk in started] == [due]
    assert runs.start_due() == started


def test_the_command_lists_sources_and_checks_one(source, site, capsys):
    site.pages |= {"/a": page("A"), "/b": Answer(status=404)}
    web = source("pages", "/a", "/b")

    call_command("sync_source")
    call_command("sync_source", str(web.pk))

    said = capsys.readouterr().out
    assert f"{web.pk}\tHandbook\tWeb pages\t{site.url('/a')}" in said
    assert f"added\t{site.url('/a')}" in said
    assert said.endswith(("added 1, missing 1\n", "missing 1, added 1\n"))
    with pytest.raises(CommandError):
        call_command("sync_source", "999999")
