"""What a check makes of pages that are gone, and of sites in trouble."""

import pytest

from documents.models import Document, SourcePage, SyncRun
from documents.sources import actions, runs, sync
from documents.tests.sources.conftest import checked, page
from ragapp.audit.models import AuditEvent
from ragapp.tests.web_server import Answer

pytestmark = pytest.mark.django_db

XML = {"Content-Type": "application/xml"}


def gone_twice(source):
    checked(source)
    return checked(source)


def test_a_page_that_is_gone_is_removed_after_the_second_check(source, site):
    site.pages |= {"/a": page("A"), "/b": page("B"), "/c": page("C")}
    web = source("pages", "/a", "/b", "/c")
    checked(web)
    site.pages["/a"] = Answer("gone", status=410)

    first = checked(web)
    web.refresh_from_db()

    assert (first.counts, Document.objects.count()) == ({"missing": 1, "unchanged": 2}, 3)
    assert web.next_check_at - web.last_checked_at == runs.CONFIRM_AFTER
    second = checked(web)
    assert second.counts == {"removed": 1, "unchanged": 2}
    assert "versions 1" in second.items.get(outcome="removed").reason
    assert not Document.objects.filter(source_url=site.url("/a")).exists()
    assert AuditEvent.objects.filter(event="document_deleted").count() == 1


def test_a_page_that_comes_back_is_not_removed_later(source, site):
    site.pages |= {"/a": page("A"), "/b": page("B"), "/c": page("C")}
    web = source("pages", "/a", "/b", "/c")
    checked(web)
    for status in (404, 200, 404):
        site.pages["/a"] = Answer(page("A"), status=status)
        checked(web)

    assert Document.objects.count() == 3


@pytest.mark.parametrize("status", [500, 502, 503, 429, 403, 401])
def test_a_site_in_trouble_loses_no_document(source, site, status):
    site.pages |= {"/a": page("A"), "/b": page("B"), "/c": page("C")}
    web = source("pages", "/a", "/b", "/c")
    checked(web)
    site.pages["/a"] = Answer("trouble", status=status)

    assert gone_twice(web).counts == {"failed": 1, "unchanged": 2}
    assert Document.objects.count() == 3


def test_a_site_that_cannot_be_reached_loses_no_document(source, site, settings):
    site.pages["/"] = page("A")
    web = source("pages", "/")
    checked(web)
    settings.OUTBOUND_ALLOW = []

    run = gone_twice(web)

    assert (run.state, Document.objects.count()) == (SyncRun.State.FAILED, 1)
    assert "Nothing could be read" in run.failure


def test_a_sitemap_that_fails_or_breaks_off_loses_no_document(source, site):
    listed = "".join(f"<url><loc>{site.url(f'/{name}')}</loc></url>" for name in "abc")
    site.pages |= {"/s.xml": Answer(f"<urlset>{listed}</urlset>", headers=XML)} | {f"/{n}": page(n) for n in "abc"}
    web = source("sitemap", "/s.xml")
    checked(web)
    for broken in (Answer("", status=500), Answer(f"<urlset>{listed[:60]}", headers=XML)):
        site.pages["/s.xml"] = broken
        gone_twice(web)

    assert Document.objects.count() == 3


def test_what_a_sitemap_no_longer_lists_goes_after_the_second_check(source, site):
    listed = [f"<url><loc>{site.url(f'/{name}')}</loc></url>" for name in "abc"]
    site.pages |= {"/s.xml": Answer(f"<urlset>{''.join(listed)}</urlset>", headers=XML)}
    site.pages |= {f"/{n}": page(n) for n in "abc"}
    web = source("sitemap", "/s.xml")
    checked(web)
    site.pages["/s.xml"] = Answer(f"<urlset>{''.join(listed[:2])}</urlset>", headers=XML)

    assert gone_twice(web).counts == {"removed": 1, "unchanged": 2}


def test_a_page_that_nothing_leads_to_any_more_stays_while_it_is_there(source, site):
    site.pages |= {"/": page("Start", links=("/a",)), "/a": page("A")}
    web = source("crawl", "/")
    checked(web)
    site.pages["/"] = page("Start", "Nothing leads on from here.")

    assert gone_twice(web).counts == {"unchanged": 2}


def test_a_check_that_would_remove_more_than_half_asks(source, site, owner):
    site.pages |= {"/a": page("A"), "/b": page("B"), "/c": page("C")}
    web = source("pages", "/a", "/b", "/c")
    checked(web)
    site.pages |= {"/a": Answer(status=404), "/b": Answer(status=404)}

    run = gone_twice(web)

    assert (run.state, Document.objects.count()) == (SyncRun.State.ASKS, 3)
    assert runs.start(web, by=owner) is None
    actions.decide(run, removes=True, by=owner)
    sync.advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.counts, Document.objects.count()) == ("done", {"removed": 2, "unchanged": 1}, 1)


def test_an_owner_can_keep_what_could_not_be_found(source, site, owner):
    site.pages["/a"] = page("A")
    web = source("pages", "/a")
    checked(web)
    site.pages["/a"] = Answer(status=404)
    run = gone_twice(web)

    assert actions.decide(run, removes=False, by=owner)
    assert not actions.decide(run, removes=True, by=owner)
    run.refresh_from_db()
    assert (run.state, Document.objects.count(), SourcePage.objects.get().missed_times) == ("done", 1, 0)


def test_a_dry_run_says_what_would_change_and_changes_nothing(source, site):
    site.pages |= {"/a": page("A"), "/b": page("B"), "/c": page("C")}
    web = source("pages", "/a", "/b", "/c")
    assert checked(web, is_dry=True).counts == {"added": 3}
    assert not Document.objects.exists()
    checked(web)
    site.pages |= {"/a": page("A", "Something else altogether stands here now."), "/b": Answer(status=404)}
    before = web.pages.get(address=site.url("/b")).missed_times

    run = checked(web, is_dry=True)

    assert run.counts == {"changed": 1, "missing": 1, "unchanged": 1}
    assert Document.objects.get(title="A").versions.count() == 1
    assert web.pages.get(address=site.url("/b")).missed_times == before
