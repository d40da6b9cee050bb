"""Tokens before a call and money after it. Prices are entered by admins or come with genai-prices, unfetched."""

import math
from collections.abc import Mapping
from decimal import Decimal
from importlib.metadata import version

from ragapp.llm.models import Deployment, Kind
from ragapp.llm.types import Price, Target

MILLION = 1_000_000
# Kinds of server whose provider is known whatever the address, as genai-prices names it.
PROVIDERS = {"azure": "azure", "bedrock": "aws", "vertex": "google"}
# What a batch costs of the usual price, where the provider's price list says so.
BATCHED_SHARES = {"openai": Decimal("0.5"), "azure": Decimal("0.5")}
OPENAI_HOST = "https://api.openai.com/"
CHARACTERS_PER_TOKEN = 3.5  # English and German; rather too many tokens than too few


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` has for a language model: a guess before the call, never what is billed."""
    plain = len(text.encode("ascii", "ignore"))
    # Other scripts take about a token a character.
    return math.ceil(plain / CHARACTERS_PER_TOKEN + (len(text) - plain))


def batched(target: Target, *, tokens_in: int, tokens_out: int) -> tuple[Decimal | None, Mapping[str, object]]:
    """As `cost`, for a request in a batch. Where the price of batches is not known, neither is the cost."""
    share = BATCHED_SHARES.get("openai" if target.base_url.startswith(OPENAI_HOST) else target.kind)
    usual, row = cost(target, tokens_in=tokens_in, tokens_out=tokens_out)
    if share is None or usual is None:
        return None, {}
    return usual * share, {**row, "batched_share": str(share)}


def cost(
    target: Target, *, tokens_in: int, tokens_out: int, cached_tokens_in: int = 0
) -> tuple[Decimal | None, Mapping[str, object]]:
    """US dollars and the price row used, ready for JSON; (None, {}) when this provider's price is not known.

    What an admin entered comes first. A model of the same name elsewhere does not count: who serves it sets the price.
    """
    if target.price is not None:
        return _entered(target.price, target.model, tokens_in, tokens_out, cached_tokens_in)
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=cached_tokens_in)
    try:
        if provider := PROVIDERS.get(target.kind):
            priced = calc_price(usage, target.model, provider_id=provider)
        else:
            priced = calc_price(usage, target.model, provider_api_url=target.base_url)
    # It raises LookupError for what it does not know and ValueError for impossible counts.
    except (LookupError, ValueError):
        return None, {}
    row = {
        "source": f"genai-prices {version('genai-prices')}",
        "provider": priced.provider.id,
        "model": priced.model.id,
        "usd": {name: str(price) for name, price in vars(priced.model_price).items() if price is not None},
    }
    return priced.total_price, row


def is_deprecated(row: Deployment) -> bool:
    """Whether the list of prices says that the provider calls the model deprecated. False for what it does not know."""
    from genai_prices.data import providers

    wanted = PROVIDERS.get(row.kind) or ("openai" if row.kind == Kind.OPENAI and not row.base_url else "")
    model = next((one.find_model(row.model) for one in providers if one.id == wanted), None)
    return bool(model and model.deprecated)


def _entered(
    price: Price, model: str, tokens_in: int, tokens_out: int, cached_tokens_in: int
) -> tuple[Decimal | None, Mapping[str, object]]:
    if min(tokens_in, tokens_out, cached_tokens_in) < 0 or cached_tokens_in > tokens_in:
        return None, {}
    total = (
        price.in_usd * (tokens_in - cached_tokens_in)
        + price.cached_in_usd * cached_tokens_in
        + price.out_usd * tokens_out
    ) / MILLION
    row = {
        "source": "entered",
        "model": model,
        "usd": {
            "input_mtok": str(price.in_usd),
            "output_mtok": str(price.out_usd),
            "cache_read_mtok": str(price.cached_in_usd),
        },
    }
    return total, row
