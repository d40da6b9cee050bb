"""A request on its way through the deployments of its route, and what the ledger says of it."""

import asyncio
from contextlib import aclosing, suppress
from decimal import Decimal
from uuid import uuid4

import django.db
import pytest
import redis
from asgiref.sync import async_to_sync

from ragapp.accounts.models import ApiToken
from ragapp.lib import redis_connection
from ragapp.lib.offload import to_caller
from ragapp.limits.models import Budget, Reservation, Spending
from ragapp.llm import errors, gateway, health, tasks
from ragapp.llm.models import Call, RouteStep
from ragapp.llm.types import Caller, ChatRequest, Message

pytestmark = pytest.mark.django_db


def request(**changes) -> ChatRequest:
    messages = (Message(role="user", content="How long is parental leave?"),)
    return ChatRequest(**({"task": "answer", "messages": messages} | changes))


def asked(**changes):
    return async_to_sync(gateway.complete)(request(**changes), offload=to_caller)


def streamed(**changes):
    async def read():
        async with aclosing(gateway.stream(request(**changes), offload=to_caller)) as deltas:
            return [delta async for delta in deltas]

    return async_to_sync(read)()


def route(*steps, task="answer"):
    for number, rows in enumerate(steps, start=1):
        for row in rows if isinstance(rows, list) else [rows]:
            RouteStep.objects.create(task=task, step=number, deployment=row)


def outcomes():
    return [(call.deployment, call.outcome, call.fallback_step) for call in Call.objects.order_by("id")]


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("fail", "ServerFailed"),
        ("busy-long", "RateLimited"),
        ("bad-key", "BadKey"),
        ("unknown-model", "UnknownModel"),
        ("too-long", "BadRequest"),
        ("page", "MalformedReply"),
        ("empty", "EmptyReply"),
        ("drop", "Unreachable"),
        ("cut-at-once", "StreamCut"),
    ],
)
def test_when_a_deployment_fails_the_next_one_answers(deployment, script, outcome):
    route(deployment("a", model=script), deployment("b", model="text:From b."))

    deltas = streamed()

    assert "".join(delta.text for delta in deltas) == "From b."
    assert deltas[-1].fallback_step == 1
    assert outcomes() == [("a", outcome, 0), ("b", "answered", 1)]


def test_one_that_says_nothing_for_too_long_is_left_for_the_next(deployment):
    route(deployment("a", model="hang", first_token_timeout_s=0.2), deployment("b", model="text:From b."))

    assert asked().text == "From b."
    assert outcomes()[0][1] == "TimedOut"


def test_after_the_last_step_a_smaller_model_stands_in(deployment):
    route(deployment("a", model="fail"))
    deployment("tiny", model="text:From the small one.", tier="small")
    deployment("huge", model="text:From the large one.", tier="large")

    assert asked().text == "From the small one."


def test_without_a_route_the_usual_tier_answers_and_titles_take_the_small_one(deployment):
    deployment("a", model="text:Standard.")
    deployment("b", model="text:Small.", tier="small")
    deployment("c", model="text:Large.", tier="large")

    assert asked().text == "Standard."
    assert asked(task="title").text == "Small."


def test_a_release_names_its_deployments_and_old_names_are_passed_by(deployment):
    route(deployment("a", model="text:From a."))
    deployment("b", model="text:From b.")

    assert asked(route={"answer": {"deployments": ["gone", "b"]}}).text == "From b."
    assert asked(route={"answer": {"deployments": [{"b": 3}]}}).text == "From b."
    assert asked(route={"answer": {"deployments": ["gone"]}}).text == "From a."
    assert asked(route={"answer": {"model": "text:From b.", "temperature": 0}}).text == "From b."
    assert asked(route={"rewrite": {"deployments": ["b"]}}).text == "From a."


def test_a_release_without_a_model_has_none(deployment):
    deployment("a")

    with pytest.raises(errors.NotConfigured):
        asked(route={"answer": {"extractive": True}})
    assert gateway.room("answer", {"answer": {"extractive": True}}) is None


def test_deployments_of_one_step_share_the_calls_by_weight(deployment):
    rows = deployment("a", model="text:a"), deployment("b", model="text:b")
    RouteStep.objects.create(task="answer", step=1, deployment=rows[0], weight=1000)
    RouteStep.objects.create(task="answer", step=1, deployment=rows[1], weight=1)

    assert [asked().text for _ in range(6)].count("a") >= 5


def test_a_failure_in_mid_stream_is_told_and_nothing_is_said_twice(deployment, server):
    route(deployment("a", model="cut"), deployment("b", model="text:From b."))

    with pytest.raises(errors.StreamCut):
        streamed()

    assert len(server.calls) == 1


def test_what_nobody_saw_yet_may_begin_anew(deployment):
    route(deployment("a", model="cut"), deployment("b", model="text:From b."))

    deltas = streamed(may_start_over=lambda: True)

    at = next(place for place, delta in enumerate(deltas) if delta.starts_over)
    assert "".join(delta.text for delta in deltas[at:]) == "From b."
    assert asked().text == "From b."


def test_when_all_fail_the_last_error_is_told(deployment):
    route(deployment("a", model="fail"), deployment("b", model="bad-key"))

    with pytest.raises(errors.BadKey):
        asked()


def test_a_deployment_that_fails_again_and_again_is_left_alone(deployment, server, monkeypatch):
    monkeypatch.setattr(health, "FAILURES", 2)
    route(deployment("a", model="page"), deployment("b", model="text:From b."))
    for _ in range(4):
        asked()

    # Also where it was not asked any more, another one stood in for it.
    assert outcomes()[-2:] == [("b", "answered", 1)] * 2
    assert [call.body["model"] for call in server.calls].count("page") == 2


def test_where_everybody_rests_the_refusal_comes_at_once(deployment, server):
    deployment("a", model="bad-key")
    with pytest.raises(errors.BadKey):
        asked()

    with pytest.raises(errors.Resting):
        asked()
    assert len(server.calls) == 1


def test_a_corrected_key_is_tried_at_once(deployment, server):
    row = deployment("a", model="bad-key")
    with pytest.raises(errors.BadKey):
        asked()

    row.model = "text:Here."
    row.save()

    assert asked().text == "Here."


def test_a_deployment_at_its_limit_is_passed_by(deployment):
    row = deployment("a", model="text:a", concurrency=1)
    route(row, deployment("b", model="text:b"))

    async def both():
        async with aclosing(gateway.stream(request(), offload=to_caller)) as first:
            await anext(first)
            return (await gateway.complete(request(), offload=to_caller)).text

    assert async_to_sync(both)() == "b"
    assert asked().text == "a"


def test_where_all_are_at_their_limit_a_call_waits_for_its_place(deployment):
    deployment("a", model="text:a", concurrency=1)

    async def both():
        first = gateway.stream(request(), offload=to_caller)
        await anext(first)
        second = asyncio.ensure_future(gateway.complete(request(), offload=to_caller))
        async for _ in first:
            pass
        return (await second).text

    assert async_to_sync(both)() == "a"


def test_without_redis_calls_go_on(deployment, monkeypatch):
    dead = redis.Redis.from_url("redis://127.0.0.1:1/0", retry=None)
    monkeypatch.setattr(health, "short_commands", lambda: dead)
    route(deployment("a", model="fail"), deployment("b", model="text:From b."))

    assert asked().text == "From b."
    assert redis_connection.short_commands().ping()


def test_a_prompt_that_a_smaller_context_cannot_take_is_not_sent_there(deployment, server):
    route(
        deployment("a", model="fail", context_tokens=32000),
        deployment("b", model="answer", context_tokens=1000, max_output_tokens=500),
        deployment("c", model="text:From c.", context_tokens=32000),
    )
    long = (Message(role="user", content="word " * 2000),)

    assert asked(messages=long).text == "From c."


def test_the_ledger_has_tokens_cost_and_who_asked(deployment):
    deployment("a", model="text:Four words in all.", price_in_usd=Decimal(2), price_out_usd=Decimal(10))
    answer_id = uuid4()

    asked(caller=Caller(user_id=7, answer_id=answer_id))

    call = Call.objects.get()
    assert (call.task, call.model, call.asker_id, call.answer_id) == ("answer", "text:Four words in all.", 7, answer_id)
    assert (call.tokens_in, call.tokens_out, call.is_estimated) == (5, 4, False)
    assert call.cost_usd == Decimal("0.00005")
    assert call.price["usd"]["output_mtok"] == "10.000000"
    assert call.first_token_ms <= call.ms


def test_an_unknown_price_stays_unknown_and_a_refused_call_costs_nothing(deployment):
    route(deployment("a", model="bad-key"), deployment("b"))

    asked()

    refused, answered = Call.objects.order_by("id")
    assert (refused.tokens_in, refused.tokens_out) == (0, 0)
    assert answered.cost_usd is None
    assert answered.tokens_out > 0


def test_a_reader_who_leaves_is_charged_what_was_written_until_then(deployment):
    deployment("a", model="endless", price_in_usd=Decimal(1), price_out_usd=Decimal(1))

    async def leave():
        async with aclosing(gateway.stream(request(), offload=to_caller)) as deltas:
            async for delta in deltas:
                if delta.text:
                    return

    async_to_sync(leave)()

    call = Call.objects.get()
    assert (call.outcome, call.is_estimated) == ("abandoned", True)
    assert call.tokens_out > 0
    assert call.cost_usd > 0


def test_a_reader_who_leaves_while_a_turn_is_prepared_keeps_no_place_and_no_money(deployment):
    deployment("a", model="text:a", concurrency=1, price_in_usd=Decimal(1), price_out_usd=Decimal(1))
    Budget.objects.create(scope="total", per_day_usd=Decimal(1))
    left = asyncio.Event()

    async def offload(work):
        result = await to_caller(work)
        if not left.is_set():
            left.set()
            reading.cancel()
            await asyncio.sleep(0)
        return result

    async def leave():
        nonlocal reading
        reading = asyncio.ensure_future(gateway.complete(request(), offload=offload))
        with suppress(asyncio.CancelledError):
            await reading

    reading = None
    async_to_sync(leave)()

    assert left.is_set()
    assert not Reservation.objects.exists()
    assert not Call.objects.exists()
    assert asked().text == "a"


def test_the_ledger_cannot_be_changed(deployment):
    deployment("a")
    asked(caller=Caller(user_id=7))

    with pytest.raises(django.db.Error, match="append-only"), django.db.transaction.atomic():
        Call.objects.update(cost_usd=0)
    with pytest.raises(django.db.Error, match="append-only"), django.db.transaction.atomic():
        Call.objects.all().delete()
    # Somebody asked to be forgotten.
    assert Call.objects.update(asker_id=None) == 1


def test_rows_of_the_ledger_go_after_their_time(deployment, settings):
    deployment("a")
    for days in (1, 500, 800):
        asked()
        newest = Call.objects.order_by("-id").first()
        with django.db.connection.cursor() as cursor:
            cursor.execute("ALTER TABLE llm_call DISABLE TRIGGER llm_calls_are_append_only")
            cursor.execute(
                "UPDATE llm_call SET at = now() - make_interval(days => %s) WHERE id = %s", [days, newest.pk]
            )
            cursor.execute("ALTER TABLE llm_call ENABLE TRIGGER llm_calls_are_append_only")

    tasks.forget_calls()

    assert Call.objects.count() == 2


def budget(**fields):
    return Budget.objects.create(**({"scope": "total"} | fields))


def test_what_a_call_costs_is_settled_under_its_budget(deployment):
    budget(per_month_usd=Decimal(10))
    deployment("a", model="text:Four words in all.", price_in_usd=Decimal(2), price_out_usd=Decimal(10))

    asked()

    assert Spending.objects.get().spent_usd == Call.objects.get().cost_usd == Decimal("0.00005")


def test_a_call_that_might_cost_more_than_is_left_is_not_made(deployment, server):
    budget(per_month_usd=Decimal("0.005"))
    deployment("a", price_in_usd=Decimal(2), price_out_usd=Decimal(10), concurrency=1)

    for _ in range(2):
        with pytest.raises(errors.LimitReached) as refused:
            asked(max_output_tokens=1000)

    assert (refused.value.kind, refused.value.scope) == ("money", "total")
    assert not server.calls
    assert asked(max_output_tokens=100).text


def test_near_the_limit_the_small_tier_answers_and_says_so(deployment):
    budget(per_month_usd=Decimal(10), soft_percent=80)
    deployment("a", model="text:Standard.", price_in_usd=Decimal(1), price_out_usd=Decimal(1))
    deployment("tiny", model="text:Small.", tier="small", price_in_usd=Decimal(0), price_out_usd=Decimal(0))
    assert asked().text == "Standard."

    Spending.objects.update(spent_usd=Decimal(8))

    deltas = streamed()
    assert "".join(delta.text for delta in deltas) == "Small."
    assert deltas[-1].is_saving


def test_a_failed_call_gives_back_what_it_had_reserved(deployment):
    budget(per_month_usd=Decimal(10))
    deployment("a", model="bad-key", price_in_usd=Decimal(2), price_out_usd=Decimal(10))

    with pytest.raises(errors.BadKey):
        asked()

    assert Spending.objects.get().spent_usd == 0
    assert not Reservation.objects.exists()


def _limited(caller):
    """How long to wait; 0: it was answered."""
    try:
        asked(caller=caller)
    except errors.LimitReached as error:
        return error.wait_s
    return 0


def test_calls_a_minute_are_limited_by_token_too(deployment, person):
    token = ApiToken.objects.create(owner=person("ann"), name="bot", digest="d", beginning="b", scopes=["chat"])
    budget(scope="token", token=token, requests_per_minute=1)
    deployment("a")

    # Another minute may begin once in between.
    outcomes = [_limited(Caller(user_id=token.owner_id, token_id=token.pk)) for _ in range(3)]

    assert sum(wait_s > 0 for wait_s in outcomes) in (1, 2)
    asked(caller=Caller(user_id=token.owner_id))


def test_by_setting_a_second_deployment_is_asked_when_the_first_is_slow(deployment, server, settings):
    settings.LLM_HEDGE_AFTER_S = 0.05
    route(deployment("a", model="hang"), deployment("b", model="text:From b."))

    assert asked().text == "From b."

    assert {(name, outcome) for name, outcome, _ in outcomes()} == {("a", "outrun"), ("b", "answered")}
    assert server.calls[0].gone.wait(5)


def test_a_deployment_that_is_quick_enough_is_asked_alone(deployment, server, settings):
    settings.LLM_HEDGE_AFTER_S = 30
    route(deployment("a", model="text:From a."), deployment("b", model="text:From b."))

    assert asked().text == "From a."
    assert len(server.calls) == 1


def test_in_a_race_the_failure_of_one_leaves_the_other(deployment, settings):
    settings.LLM_HEDGE_AFTER_S = 30
    route(deployment("a", model="bad-key"), deployment("b", model="text:From b."))

    assert asked().text == "From b."


def test_a_reader_who_leaves_ends_the_race(deployment, server, settings):
    settings.LLM_HEDGE_AFTER_S = 0.01
    route(deployment("a", model="hang"), deployment("b", model="hang"))

    async def leave():
        async with asyncio.timeout(0.5):
            await gateway.complete(request(), offload=to_caller)

    with pytest.raises(TimeoutError):
        async_to_sync(leave)()

    assert all(call.gone.wait(5) for call in server.calls)
    assert {outcome for _, outcome, _ in outcomes()} <= {"outrun", "abandoned"}
