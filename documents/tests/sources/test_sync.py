"""Checks of web sources, against a site that is served here."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from documents import access, uploads
from documents.models import AccessEntry, Document, IngestionRun, Level, Source, SourcePage, SyncItem, SyncRun
from documents.sources import actions, runs, sync, tasks
from documents.sources.sync import Clock
from documents.tests.sources.conftest import checked, outcomes, page
from ragapp.audit.models import AuditEvent
from ragapp.privacy import vault
from ragapp.tests.web_server import Answer

pytestmark = pytest.mark.django_db

XML = {"Content-Type": "application/xml"}


def gone_twice(source):
    checked(source)
    return checked(source)


def test_listed_pages_become_documents_that_know_their_address(source, site, owner, handbook):
    site.pages |= {"/travel": page("Travel"), "/leave": page("Leave")}

    run = checked(source("pages", "/travel", "/leave", "/travel#again"))

    assert run.state == SyncRun.State.DONE
    assert run.counts == {"added": 2}
    travel = Document.objects.get(source_url=site.url("/travel"))
    assert (travel.title, travel.path) == ("Travel", "127.0.0.1/travel.html")
    assert (travel.collection, travel.created_by) == (handbook, owner)
    assert IngestionRun.objects.filter(version__document=travel, state=IngestionRun.State.QUEUED).exists()
    assert all(request.headers["user-agent"].startswith("ragapp/") for request in site.asked)


def test_a_crawl_stays_within_its_part_of_the_site(source, site):
    site.pages |= {
        "/docs/": page("Docs", links=("a", "/docs/b?utm_source=x", "/blog", "https://other.example/docs/", "pic.png")),
        "/docs/a": page("A", links=("/docs/deep/c", "/docs/guide.pdf", "/docs-old")),
        "/docs/b": page("B"),
        "/docs/deep/c": page("C", links=("/docs/deep/d",)),
        "/docs/deep/d": page("D"),
        "/docs/guide.pdf": Answer(b"%PDF-1.4 not really", headers={"Content-Type": "application/pdf"}),
        "/blog": page("Blog"),
        "/docs-old": page("Old"),
    }

    run = checked(source("crawl", "/docs/", prefix="/docs/", depth=2))

    assert outcomes(run) == dict.fromkeys(("docs/", "docs/a", "docs/b", "docs/deep/c", "docs/guide.pdf"), "added")
    assert not {"/blog", "/docs-old", "/docs/pic.png", "/docs/deep/d"} & set(site.paths())


def test_patterns_may_leave_out_the_page_that_a_crawl_starts_from(source, site):
    site.pages |= {
        "/": page("Start", links=("/guide/a", "/news/b")),
        "/guide/a": page("A"),
        "/news/b": page("B"),
    }

    run = checked(source("crawl", "/", include="/guide/*"))

    assert outcomes(run) == {"": "skipped", "guide/a": "added"}
    assert checked(run.source).counts == {"skipped": 1, "unchanged": 1}


def test_a_crawl_takes_as_many_pages_as_it_may(source, site):
    site.pages["/"] = page("Start", links=tuple(f"/p{n}" for n in range(9)))
    site.pages |= {f"/p{n}": page(f"P{n}") for n in range(9)}

    assert checked(source("crawl", "/", pages_max=4)).counts == {"added": 4}


def test_redirects_out_of_the_part_of_the_site_are_not_taken(source, site):
    site.pages |= {
        "/docs/": page("Docs", links=("out", "within", "private")),
        "/docs/out": Answer(status=302, headers={"Location": "/blog"}),
        "/docs/within": Answer(status=301, headers={"Location": "/docs/new"}),
        "/docs/private": Answer(status=302, headers={"Location": "http://169.254.169.254/latest/"}),
        "/docs/new": page("New"),
        "/blog": page("Blog"),
    }

    run = checked(source("crawl", "/docs/", prefix="/docs/"))

    assert outcomes(run) == {
        "docs/": "added", "docs/out": "skipped", "docs/within": "skipped", "docs/private": "skipped",
        "docs/new": "added",
    }  # fmt: skip
    assert "/blog" not in site.paths()


def test_a_listed_page_follows_redirects_within_its_site_alone(source, site):
    site.pages |= {
        "/a": Answer(status=302, headers={"Location": "/b"}),
        "/b": page("B"),
        "/login": Answer(status=302, headers={"Location": "http://login.example/"}),
    }

    assert outcomes(checked(source("pages", "/a", "/login"))) == {"a": "added", "login": "failed"}


def test_what_robots_and_pages_ask_is_respected(source, site):
    site.pages |= {
        "/robots.txt": Answer("User-agent: *\nDisallow: /private"),
        "/": page("Start", links=("/private/a", "/noindex", "/nofollow", "/header")),
        "/private/a": page("Private"),
        "/noindex": page("Noindex", head='<meta name="robots" content="noindex">', links=("/from-noindex",)),
        "/nofollow": page("Nofollow", head='<meta name="robots" content="nofollow">', links=("/from-nofollow",)),
        "/header": Answer(page("Header"), headers={"Content-Type": "text/html", "X-Robots-Tag": "noindex"}),
        "/from-noindex": page("From noindex"),
        "/from-nofollow": page("From nofollow"),
    }

    found = outcomes(checked(source("crawl", "/")))

    assert [path for path, outcome in found.items() if outcome == "added"] == ["", "nofollow", "from-noindex"]
    assert {"/private/a", "/from-nofollow"}.isdisjoint(site.paths())


def test_nothing_is_read_while_robots_cannot_be_had(source, site):
    site.pages |= {"/robots.txt": Answer("busy", status=503), "/": page("Start")}

    run = checked(source("pages", "/"))

    assert run.state == SyncRun.State.FAILED
    assert "robots.txt" in run.failure
    assert site.paths() == ["/robots.txt"]


def test_a_page_that_names_another_as_its_address_is_taken_there(source, site):
    head = '<link rel="canonical" href="/travel">'
    site.pages |= {
        "/": page("Start", links=("/travel?print=1",)),
        "/travel?print=1": page("Travel", head=head),
        "/travel": page("Travel", head=head),
    }

    assert outcomes(checked(source("crawl", "/"))) == {"": "added", "travel?print=1": "skipped", "travel": "added"}


def test_a_sitemap_and_those_it_names_are_read(source, site):
    site.pages |= {
        "/sitemap.xml": Answer(f"<sitemapindex><sitemap><loc>{site.url('/s.xml')}</loc></sitemap>"
                               "<sitemap><loc>http://other.example/s.xml</loc></sitemap></sitemapindex>", headers=XML),
        "/s.xml": Answer(f"<urlset><url><loc>{site.url('/a')}</loc></url>"
                         "<url><loc>http://10.0.0.1/</loc></url></urlset>", headers=XML),
        "/a": page("A"),
    }  # fmt: skip

    run = checked(source("sitemap", "/sitemap.xml"))

    assert outcomes(run) == {"a": "added"}
    assert run.counts == {"added": 1}


def test_an_unchanged_page_costs_nothing(source, site):
    def answer(request):
        if request.headers.get("if-none-match") == '"1"':
            return Answer(status=304, headers={"ETag": '"1"'})
        return Answer(page("Start", links=("/plain",)), headers={"Content-Type": "text/html", "ETag": '"1"'})

    visits = iter(range(9))
    site.pages |= {"/": answer, "/plain": lambda request: Answer(page("Plain", head=f"<meta name=n{next(visits)}>"))}
    web = source("crawl", "/")
    checked(web)
    before = SourcePage.objects.get(address=site.url("/")).checked_at

    run = checked(web)

    assert run.counts == {"unchanged": 2}
    assert IngestionRun.objects.count() == 2
    assert SourcePage.objects.get(address=site.url("/")).checked_at > before


def test_a_changed_page_becomes_the_next_version_of_its_document(source, site):
    site.pages["/"] = page("Travel", "Trains come first, and planes only above 500 km.")
    web = source("pages", "/")
    checked(web)
    site.pages["/"] = page("Travel", "Trains come first, and planes only above 800 km.")

    assert checked(web).counts == {"changed": 1}
    assert [version.number for version in Document.objects.get().versions.all()] == [2, 1]


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
    assert "1 versions" in second.items.get(outcome="removed").reason
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
