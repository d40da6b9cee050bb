"""Circuit breakers and places, on a clock of the test's own."""

import pytest

from ragapp.llm import errors, health
from ragapp.llm.types import Target

NOW = 1_000_000.0
TARGET = Target(base_url="http://llm/v1", api_key="", model="m", timeout_s=5, max_output_tokens=100, concurrency=2)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, request):
    monkeypatch.setattr(health, "SPACE", f"{health.SPACE}:{request.node.name}")


def enter(call="c", now=NOW):
    entry = health.enter(TARGET, call, lease_s=60, now=now)
    if entry == "in":
        health.leave(TARGET, call)
    return entry


def fail(times=1, *, now=NOW, error=None):
    for _ in range(times):
        health.failed(TARGET, error or errors.ServerFailed(), now=now)


def test_five_failures_in_a_minute_open_it_and_four_do_not():
    fail(4)
    assert enter() == "in"

    fail()

    assert enter() == "open"
    assert health.standings([TARGET], now=NOW)[TARGET].is_open


def test_failures_that_lie_apart_do_not_add_up():
    for minute in range(8):
        fail(now=NOW + minute * 61)

    assert enter(now=NOW + 500) == "in"


def test_an_answer_in_between_makes_the_failures_forgotten():
    fail(4)
    health.succeeded(TARGET)
    fail(4)

    assert enter() == "in"


def test_after_its_time_one_call_probes_while_the_others_stay_away():
    fail(5)
    later = NOW + health.OPEN_S + 1

    assert health.enter(TARGET, "probe", lease_s=60, now=later) == "in"
    assert health.enter(TARGET, "other", lease_s=60, now=later) == "open"


def test_a_probe_that_answers_closes_it_for_all():
    fail(5)
    later = NOW + health.OPEN_S + 1
    health.enter(TARGET, "probe", lease_s=60, now=later)
    health.succeeded(TARGET)

    assert enter(now=later) == "in"


def test_a_probe_that_fails_opens_it_for_twice_as_long():
    fail(5)
    later = NOW + health.OPEN_S + 1
    health.enter(TARGET, "probe", lease_s=60, now=later)
    fail(now=later)

    assert enter(now=later + health.OPEN_S + 1) == "open"
    assert enter(now=later + 2 * health.OPEN_S + 1) == "in"


def test_a_probe_without_a_verdict_lets_another_try():
    fail(5)
    later = NOW + health.OPEN_S + 1
    health.enter(TARGET, "probe", lease_s=60, now=later)
    health.leave(TARGET, "probe")

    assert health.enter(TARGET, "other", lease_s=60, now=later) == "in"


def test_a_probe_of_a_dead_process_is_given_up_after_its_lease():
    fail(5)
    later = NOW + health.OPEN_S + 1
    health.enter(TARGET, "probe", lease_s=60, now=later)

    assert health.enter(TARGET, "other", lease_s=60, now=later + 61) == "in"


def test_it_never_stays_open_for_longer_than_five_minutes():
    for _ in range(12):
        fail(5)

    assert enter(now=NOW + health.LONGEST_OPEN_S + 1) == "in"


def test_a_wrong_key_opens_it_at_once():
    fail(error=errors.BadKey())

    assert enter() == "open"


def test_a_question_that_was_refused_says_nothing_about_the_deployment():
    fail(20, error=errors.BadRequest())

    assert enter() == "in"


def test_the_pause_that_a_provider_asks_for_is_kept():
    fail(error=errors.RateLimited("", retry_after_s=90))

    assert enter(now=NOW + 89) == "open"
    assert enter(now=NOW + 91) == "in"


def test_places_are_limited_and_come_back():
    assert [health.enter(TARGET, name, lease_s=60, now=NOW) for name in "abc"] == ["in", "in", "full"]
    assert health.standings([TARGET], now=NOW)[TARGET].in_flight == 2

    health.leave(TARGET, "a")

    assert health.enter(TARGET, "c", lease_s=60, now=NOW) == "in"


def test_the_place_of_a_dead_process_comes_back_after_its_lease():
    for name in "ab":
        health.enter(TARGET, name, lease_s=60, now=NOW)

    assert health.enter(TARGET, "c", lease_s=60, now=NOW + 61) == "in"
