"""Limits count per person in Redis, refuse politely, and let everybody through when Redis is dead."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from ragapp.lib.redis_connection import short_commands
from ragapp.lib.windows import Rate, seconds_to_wait
from ragapp.limits import limit, rates

TWICE = Rate(times=2, seconds=60)


@pytest.fixture
def dead_redis(settings):
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    short_commands.cache_clear()
    yield
    short_commands.cache_clear()


def test_the_third_of_two_waits_until_the_window_ends():
    waits = [seconds_to_wait("third", "me", TWICE, now=600.0 + second) for second in (0, 10, 20)]

    assert waits == [0, 0, 41]


def test_the_next_window_starts_anew():
    for _ in range(3):
        seconds_to_wait("anew", "me", TWICE, now=600.0)

    assert seconds_to_wait("anew", "me", TWICE, now=660.0) == 0


def test_people_are_counted_apart():
    for _ in range(3):
        seconds_to_wait("apart", "me", TWICE, now=600.0)

    assert seconds_to_wait("apart", "you", TWICE, now=600.0) == 0


def test_counters_end_by_themselves():
    from ragapp.lib import windows

    seconds_to_wait("ending", "me", TWICE, now=600.0)

    assert 0 < short_commands().ttl(f"{windows.SPACE}:ending:me:10") <= 60


def test_without_redis_everything_is_allowed(dead_redis):
    assert [seconds_to_wait("dead", "me", TWICE, now=600.0) for _ in range(3)] == [0, 0, 0]


@pytest.mark.django_db
def test_a_view_is_refused_with_a_page_and_with_a_sentence_inside_htmx(monkeypatch, reader):
    monkeypatch.setitem(rates.RATES, "once", Rate(times=1, seconds=3600))
    view = limit("once")(lambda request: HttpResponse("done"))

    def call(is_htmx):
        request = RequestFactory().get("/")
        request.user, request.htmx = reader, is_htmx
        return view(request)

    assert call(False).content == b"done"
    page, fragment = call(False), call(True)

    assert page.status_code == fragment.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert b"<html" in page.content
    assert b"<html" not in fragment.content


@pytest.mark.django_db(transaction=True)
async def test_an_async_view_is_refused_too(monkeypatch):
    monkeypatch.setitem(rates.RATES, "once async", Rate(times=1, seconds=3600))

    @limit("once async")
    async def view(request):
        return HttpResponse("done")

    async def call():
        request = AsyncRequestFactory().get("/")

        async def nobody():
            return AnonymousUser()

        request.user, request.auser, request.htmx = AnonymousUser(), nobody, True
        return await view(request)

    assert (await call()).status_code == 200
    assert (await call()).status_code == 429


def test_a_limit_that_is_not_in_the_table_fails_when_the_view_is_declared():
    with pytest.raises(KeyError):
        limit("unheard of")
