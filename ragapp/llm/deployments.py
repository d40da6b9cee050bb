"""Which language models there are: those that admins entered, else the one in the settings."""

import logging
from functools import cache

from django.conf import settings

from ragapp.lib.compiled import Compiled, compiled
from ragapp.llm import secrets
from ragapp.llm.models import Deployment, Kind
from ragapp.llm.types import Price, Target, Tier

log = logging.getLogger(__name__)

OPENAI_URL = "https://api.openai.com/v1"
# Whoever asks for "some model" gets these in this order.
BY_TIER: tuple[Tier, ...] = ("standard", "large", "small")


def from_settings() -> Target | None:
    """The model of the settings, or None: a model name and an address or a key are needed."""
    if not settings.LLM_MODEL or not (settings.LLM_BASE_URL or settings.LLM_API_KEY):
        return None
    return Target(
        base_url=settings.LLM_BASE_URL or OPENAI_URL,
        api_key=settings.LLM_API_KEY,
        model=settings.LLM_MODEL,
        timeout_s=settings.LLM_TIMEOUT_S,
        max_output_tokens=settings.LLM_MAX_OUTPUT_TOKENS,
        context_tokens=settings.LLM_CONTEXT_TOKENS,
    )


def usable() -> list[Target]:
    """Every enabled deployment, the usual tier first; where there is none, the one in the settings. Reads the database.

    A deployment whose key cannot be read is left out: /readyz and doctor name it.
    """
    found = []
    for row in Deployment.objects.raw(_enabled().sql, _enabled().parameters()):
        try:
            found.append(target_of(row))
        except secrets.Unreadable:
            log.warning("llm.key_unreadable", extra={"deployment": row.name})
    found.sort(key=lambda target: BY_TIER.index(target.tier))
    configured = from_settings()
    return found or ([configured] if configured else [])


@cache
def _enabled() -> Compiled:
    """The query for enabled deployments. Asked several times for every question."""
    return compiled(Deployment.objects.filter(is_enabled=True).order_by("name"), ())


def unreadable() -> list[str]:
    """The names of enabled deployments whose key cannot be read."""
    names = []
    for row in Deployment.objects.filter(is_enabled=True).order_by("name"):
        try:
            secrets.load(row)
        except secrets.Unreadable:
            names.append(row.name)
    return names


def are_any() -> bool:
    """Whether there is a language model to ask; says nothing about whether it works. Reads the database."""
    return from_settings() is not None or Deployment.objects.filter(is_enabled=True).exists()


def target_of(row: Deployment) -> Target:
    """What is called, with its key. Raises secrets.Unreadable."""
    return Target(
        base_url=row.base_url or OPENAI_URL,
        api_key=secrets.load(row),
        model=row.model,
        timeout_s=row.timeout_s,
        max_output_tokens=row.max_output_tokens,
        context_tokens=row.context_tokens,
        deployment_id=row.pk,
        name=row.name,
        kind=row.kind,
        tier=row.tier,  # type: ignore[arg-type]  # the choices of the field are those of the type
        connect_timeout_s=row.connect_timeout_s,
        first_token_timeout_s=row.first_token_timeout_s,
        concurrency=row.concurrency,
        region=row.region,
        may_see_personal_data=row.may_see_personal_data,
        only_named=row.only_named,
        # OpenAI's own address is ours and no admin's.
        is_guarded=bool(row.base_url) or row.kind != Kind.OPENAI,
        price=_price(row),
    )


def _price(row: Deployment) -> Price | None:
    if row.price_in_usd is None or row.price_out_usd is None:
        return None
    cached = row.price_in_usd if row.price_cached_usd is None else row.price_cached_usd
    return Price(in_usd=row.price_in_usd, out_usd=row.price_out_usd, cached_in_usd=cached)
