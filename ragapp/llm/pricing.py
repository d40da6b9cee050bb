"""Tokens before a call and money after it. Prices come with the genai-prices package; nothing is fetched."""

import math
from collections.abc import Mapping
from decimal import Decimal
from importlib.metadata import version

CHARACTERS_PER_TOKEN = 3.5  # English and German; rather too many tokens than too few


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` has for a language model: a guess before the call, never what is billed."""
    plain = sum(character.isascii() for character in text)
    # Other scripts take about a token a character.
    return math.ceil(plain / CHARACTERS_PER_TOKEN + (len(text) - plain))


def cost(
    *, base_url: str, model: str, tokens_in: int, tokens_out: int, cached_tokens_in: int = 0
) -> tuple[Decimal | None, Mapping[str, object]]:
    """US dollars and the price row used, ready for JSON; (None, {}) when this provider's price is not known.

    A model of the same name elsewhere does not count: who serves it sets the price.
    """
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=cached_tokens_in)
    try:
        priced = calc_price(usage, model, provider_api_url=base_url)
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
