"""Tokens before a call, money after it."""

import json
from decimal import Decimal

import httpx2
import pytest

from ragapp.llm import pricing
from ragapp.llm.translation import retry_after_s

OPENAI = "https://api.openai.com/v1"


def test_a_known_model_has_a_cost_and_the_row_it_was_computed_with():
    cost, price = pricing.cost(
        base_url=OPENAI, model="gpt-4o-mini", tokens_in=1_000_000, tokens_out=1_000_000, cached_tokens_in=0
    )

    assert cost == Decimal(price["usd"]["input_mtok"]) + Decimal(price["usd"]["output_mtok"])
    assert price["model"] == "gpt-4o-mini"
    assert json.loads(json.dumps(price)) == price


def test_cached_tokens_cost_less():
    full, _ = pricing.cost(base_url=OPENAI, model="gpt-4o-mini", tokens_in=1000, tokens_out=10)
    cached, _ = pricing.cost(base_url=OPENAI, model="gpt-4o-mini", tokens_in=1000, tokens_out=10, cached_tokens_in=900)

    assert cached < full


@pytest.mark.parametrize(
    ("base_url", "model"),
    [("http://127.0.0.1:11434/v1", "gpt-4o-mini"), (OPENAI, "no-such-model"), ("https://llm.example.org", "gpt-4o")],
)
def test_a_price_that_is_not_known_is_none(base_url, model):
    assert pricing.cost(base_url=base_url, model=model, tokens_in=10, tokens_out=10) == (None, {})


def test_counts_that_make_no_sense_have_no_price():
    cost, _ = pricing.cost(base_url=OPENAI, model="gpt-4o", tokens_in=10, tokens_out=1, cached_tokens_in=50)

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
