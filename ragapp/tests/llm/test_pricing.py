"""Tokens before a call, money after it."""

import json
from decimal import Decimal

import httpx2
import pytest

from ragapp.llm import pricing
from ragapp.llm.translation import retry_after_s
from ragapp.llm.types import Price, Target

OPENAI = "https://api.openai.com/v1"


def at(base_url, model, **changes):
    return Target(base_url=base_url, api_key="", model=model, timeout_s=5.0, max_output_tokens=100, **changes)


def test_a_known_model_has_a_cost_and_the_row_it_was_computed_with():
    cost, price = pricing.cost(at(OPENAI, "gpt-4o-mini"), tokens_in=1_000_000, tokens_out=1_000_000)

    assert cost == Decimal(price["usd"]["input_mtok"]) + Decimal(price["usd"]["output_mtok"])
    assert price["model"] == "gpt-4o-mini"
    assert json.loads(json.dumps(price)) == price


def test_cached_tokens_cost_less():
    full, _ = pricing.cost(at(OPENAI, "gpt-4o-mini"), tokens_in=1000, tokens_out=10)
    cached, _ = pricing.cost(at(OPENAI, "gpt-4o-mini"), tokens_in=1000, tokens_out=10, cached_tokens_in=900)

    assert cached < full


@pytest.mark.parametrize(
    ("base_url", "model"),
    [("http://127.0.0.1:11434/v1", "gpt-4o-mini"), (OPENAI, "no-such-model"), ("https://llm.example.org", "gpt-4o")],
)
def test_a_price_that_is_not_known_is_none(base_url, model):
    assert pricing.cost(at(base_url, model), tokens_in=10, tokens_out=10) == (None, {})


def test_what_an_admin_entered_counts_before_the_list_of_prices():
    price = Price(in_usd=Decimal(2), out_usd=Decimal(6), cached_in_usd=Decimal("0.5"))

    cost, row = pricing.cost(
        at(OPENAI, "gpt-4o-mini", price=price), tokens_in=1_000_000, tokens_out=500_000, cached_tokens_in=200_000
    )

    assert cost == Decimal("1.6") + Decimal("0.1") + Decimal(3)
    assert row["source"] == "entered"
    assert json.loads(json.dumps(row)) == row


def test_a_server_of_ones_own_may_cost_nothing_which_is_not_the_same_as_unknown():
    free = Price(in_usd=Decimal(0), out_usd=Decimal(0), cached_in_usd=Decimal(0))

    cost, _ = pricing.cost(at("http://10.0.0.5/v1", "llama", price=free), tokens_in=10, tokens_out=10)

    assert cost == Decimal(0)


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("azure", "gpt-4o-mini"),
        ("bedrock", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
        ("vertex", "gemini-2.0-flash"),
    ],
)
def test_the_kind_of_server_tells_whose_price_it_is(kind, model):
    cost, _ = pricing.cost(at("https://gateway.example.org/v1", model, kind=kind), tokens_in=1000, tokens_out=10)

    assert cost > 0


def test_a_fine_tuned_model_has_its_own_price():
    tuned, _ = pricing.cost(at(OPENAI, "ft:gpt-4o-mini-2024-07-18:acme::abc"), tokens_in=1000, tokens_out=10)
    plain, _ = pricing.cost(at(OPENAI, "gpt-4o-mini"), tokens_in=1000, tokens_out=10)

    assert tuned > plain


def test_counts_that_make_no_sense_have_no_price():
    cost, _ = pricing.cost(at(OPENAI, "gpt-4o"), tokens_in=10, tokens_out=1, cached_tokens_in=50)

    assert cost is None


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        ("How many days of parental leave do I get?", 9, 14),
        ("Wie viele Tage Elternzeit stehen mir laut Betriebsvereinbarung zu?", 13, 26),
        ("育児休暇は何日ありますか", 8, 14),
    ],
)
def test_an_estimate_is_near_what_tokenizers_say(text, least, most):
    assert least <= pricing.estimate_tokens(text) <= most


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After-Ms": "250", "Retry-After": "9"}, 0.25),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:01 GMT"}, 0.0),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_providers_wish_to_wait_is_read_in_all_its_forms(headers, seconds):
    assert retry_after_s(httpx2.Headers(headers), now=10.0) == seconds
