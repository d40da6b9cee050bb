"""Whether a deployment answers, in one sentence for an admin."""

import asyncio
import re
import time
from collections.abc import Sequence
from contextlib import aclosing

import httpx2
import openai

from ragapp.llm import attempts, clients, errors
from ragapp.llm.translation import translate
from ragapp.llm.types import FROM_SETTINGS, ChatRequest, Message, ProbeResult, Target

TRY_S = 30.0
TRY_TOKENS = 64


async def probe(targets: Sequence[Target], *, timeout_s: float) -> list[ProbeResult]:
    """Asks each for its list of models, which costs nothing. A server without such a list is taken to work."""
    return await asyncio.gather(*(_probe(target, timeout_s) for target in targets))


async def _probe(target: Target, timeout_s: float) -> ProbeResult:
    where = _where(target)
    try:
        client = await clients.client(target)
        async with asyncio.timeout(timeout_s):
            names = [model.id for model in (await client.with_options(timeout=timeout_s).models.list()).data or ()]
    except (AttributeError, TypeError):
        # The client trusts the server to send a list.
        return ProbeResult(
            ok=False,
            sentence=f"{where} sends something that is no list of models. {_correct(target, 'OPENAI_BASE_URL')}",
        )
    except (
        openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError, errors.LLMError,
    ) as error:  # fmt: skip
        found = translate(error, during="opening")
        if isinstance(found, errors.UnknownModel):
            return ProbeResult(ok=True, sentence=f"{where} answers, but has no list of models.")
        return _finding(target, found)
    # Ollama lists "llama3:latest" for what is asked for as "llama3", Google "models/gemini-…" for "gemini-…".
    if names and not any(_is(name, target.model) for name in names):
        listed = ", ".join(sorted(names)[:5])
        return ProbeResult(
            ok=False,
            sentence=f"{where} does not list {target.model}. {_correct(target, 'RAGAPP_LLM_MODEL')} It lists {listed}.",
        )
    return ProbeResult(ok=True, sentence=f"{where} answers.")


async def try_it(target: Target) -> ProbeResult:
    """Has it write a word, which costs next to nothing: speed, the model's own name and the cost in one sentence."""
    request = ChatRequest(
        task="judge",
        messages=(Message(role="user", content="Answer with the single word: ready"),),
        max_output_tokens=TRY_TOKENS,
    )
    started, first_s, usage, model = time.monotonic(), 0.0, None, target.model
    try:
        async with aclosing(attempts.stream(target, request, deadline_s=min(TRY_S, target.timeout_s))) as deltas:
            async for delta in deltas:
                first_s = first_s or time.monotonic() - started
                usage, model = delta.usage or usage, delta.model or model
    except errors.LLMError as error:
        return _finding(target, error)
    took_s = time.monotonic() - started
    cost = "Its price is not known; enter it below to see costs."
    if usage is not None and usage.cost_usd is not None:
        cost = f"This cost US$ {usage.cost_usd:.6f}."
    speed = f"first word after {first_s:.1f} s, all after {took_s:.1f} s"
    return ProbeResult(ok=True, sentence=f"{_where(target)} answers as {model}: {speed}. {cost}")


def _is(listed: str, wanted: str) -> bool:
    return listed == wanted or listed.startswith(f"{wanted}:") or listed.rpartition("/")[2] == wanted.rpartition("/")[2]


def _where(target: Target) -> str:
    # An address may hold a name and password.
    at = re.sub(r"//[^/@]*@", "//", target.base_url)
    return f"The language model at {at}" if target.name == FROM_SETTINGS else f"{target.name} at {at}"


def _correct(target: Target, setting: str) -> str:
    """Where what is wrong is put right."""
    if target.deployment_id is None:
        return f"Check {setting}."
    return {
        "OPENAI_BASE_URL": "Check its address.",
        "OPENAI_API_KEY": "Enter its key anew.",
        "RAGAPP_LLM_MODEL": "Correct its model.",
    }[setting]


def _finding(target: Target, error: errors.LLMError) -> ProbeResult:
    where = _where(target)
    match error:
        case errors.BadKey():
            return ProbeResult(ok=False, sentence=f"{where} refuses the key. {_correct(target, 'OPENAI_API_KEY')}")
        case errors.Unreachable() | errors.TimedOut():
            return ProbeResult(
                ok=False,
                sentence=f"{where} cannot be reached ({error}). {_correct(target, 'OPENAI_BASE_URL')} Is it running?",
            )
        case errors.UnknownModel():
            return ProbeResult(
                ok=False,
                sentence=f"{where} does not know {target.model}. {_correct(target, 'RAGAPP_LLM_MODEL')} ({error})",
            )
        case errors.NotAllowed():
            return ProbeResult(ok=False, sentence=f"{where} may not be called. {error}")
    return ProbeResult(ok=False, sentence=f"{where} does not work: {error}")
