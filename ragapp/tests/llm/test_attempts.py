"""One deployment, against a real server that behaves in every way a language model's server was seen to behave."""

import asyncio
import socket
import threading
from contextlib import aclosing

import pytest

from ragapp.llm import attempts, clients, deployments, errors, gateway
from ragapp.llm.types import ChatRequest, Completion, Message

PROMPT = (
    '<sources>\n<source number="1" title="Benefits">\nThe canteen is open at noon. Parental leave is 16 weeks.\n'
    "</source>\n</sources>\n\nQuestion: How long is parental leave?"
)


def request(**changes) -> ChatRequest:
    messages = (Message(role="system", content="Answer from the sources."), Message(role="user", content=PROMPT))
    return ChatRequest(**({"task": "answer", "messages": messages} | changes))


def stream(chat_request: ChatRequest):
    """What the settings point to, asked."""
    target = deployments.from_settings()
    return attempts.stream(target, chat_request, deadline_s=chat_request.deadline_s or target.timeout_s)


async def read(chat_request: ChatRequest) -> list:
    async with aclosing(stream(chat_request)) as deltas:
        return [delta async for delta in deltas]


async def complete(chat_request: ChatRequest) -> Completion:
    deltas = await read(chat_request)
    last = deltas[-1]
    text = "".join(delta.text for delta in deltas)
    return Completion(text=text, usage=last.usage, model=last.model, finish_reason=last.finish_reason)


async def collect(words: list[str]) -> None:
    async with aclosing(stream(request())) as deltas:
        async for delta in deltas:
            words.append(delta.text)


async def test_an_answer_comes_in_pieces_and_ends_with_its_usage(llm):
    deltas = await read(request())

    assert "".join(delta.text for delta in deltas) == "Parental leave is 16 weeks [1]."
    assert len(deltas) > 3
    assert [delta.usage is not None for delta in deltas] == [False] * (len(deltas) - 1) + [True]
    assert deltas[-1].finish_reason == "stop"
    assert deltas[-1].usage.tokens_out == 6
    assert not deltas[-1].usage.is_estimated


async def test_what_is_asked_reaches_the_server_as_it_was_given(llm):
    await read(request(max_output_tokens=77, temperature=0.5, seed=7))

    (call,) = llm.calls
    assert call.headers["authorization"] == "Bearer sk-test"
    assert call.body == {
        "model": "scripted",
        "messages": [
            {"role": "system", "content": "Answer from the sources."},
            {"role": "user", "content": PROMPT},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 77,
        "temperature": 0.5,
        "seed": 7,
    }


async def test_a_whole_answer_is_the_sum_of_its_pieces(llm):
    llm.will("text:Thirty days [2].")

    completion = await complete(request())

    assert completion.text == "Thirty days [2]."
    assert completion.model == "scripted"
    assert completion.finish_reason == "stop"


async def test_usage_is_estimated_when_the_server_does_not_count(llm):
    llm.will("no-usage")

    completion = await complete(request())

    assert completion.usage.is_estimated
    assert completion.usage.tokens_in > 30
    assert completion.usage.tokens_out > 5


async def test_an_unknown_price_is_no_cost_rather_than_nothing(llm):
    completion = await complete(request())

    assert completion.usage.cost_usd is None
    assert completion.usage.price == {}


async def test_a_server_that_refuses_stream_options_is_asked_without_them_from_then_on(llm):
    llm.always("no-stream-options")

    first, second = await complete(request()), await complete(request())

    assert first.text == second.text
    assert ["stream_options" in call.body for call in llm.calls] == [True, False, False]


async def test_a_model_that_knows_only_the_newer_limits_is_asked_in_its_words(llm):
    llm.always("new-limits")

    await complete(request(max_output_tokens=70))

    assert llm.calls[-1].body["max_completion_tokens"] == 70
    assert not {"max_tokens", "temperature"} & set(llm.calls[-1].body)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("bad-key", errors.BadKey),
        ("forbidden", errors.BadKey),
        ("unknown-model", errors.UnknownModel),
        ("too-long", errors.BadRequest),
        ("page", errors.MalformedReply),
        ("garbage", errors.MalformedReply),
        ("strange", errors.MalformedReply),
        ("strange-choices", errors.MalformedReply),
    ],
)
async def test_a_failure_that_would_come_again_is_told_at_once(llm, script, error):
    llm.always(script)

    with pytest.raises(error):
        await read(request())

    assert len(llm.calls) == 1


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("fail", errors.ServerFailed),
        ("error-event", errors.ServerFailed),
        ("overloaded", errors.ServerFailed),
        ("busy-seconds", errors.RateLimited),
        ("empty", errors.EmptyReply),
        ("drop", errors.Unreachable),
        ("cut-at-once", errors.StreamCut),
    ],
)
async def test_a_passing_failure_is_tried_three_times(llm, script, error):
    llm.always(script)

    with pytest.raises(error):
        await read(request())

    assert len(llm.calls) == 3


@pytest.mark.parametrize(
    "script", ["fail", "overloaded", "busy-seconds", "busy-ms", "busy-date", "drop", "empty", "cut-at-once"]
)
async def test_an_answer_after_a_passing_failure_is_whole(llm, script):
    llm.will(script, "text:Here it is.")

    completion = await complete(request())

    assert completion.text == "Here it is."


@pytest.mark.parametrize(
    ("script", "error"),
    [("cut", errors.StreamCut), ("unfinished", errors.StreamCut), ("malformed", errors.MalformedReply)],
)
async def test_after_the_first_word_nothing_is_tried_again(llm, script, error):
    llm.always(script)
    words: list[str] = []

    with pytest.raises(error):
        await collect(words)

    assert words[0] == "The first "
    assert len(llm.calls) == 1


async def test_a_wait_longer_than_the_deadline_is_not_waited_for(llm):
    llm.always("busy-long")

    with pytest.raises(errors.RateLimited) as caught:
        await read(request(deadline_s=5))

    assert caught.value.retry_after_s == 3600
    assert len(llm.calls) == 1


@pytest.mark.parametrize("script", ["hang", "stall"])
async def test_a_server_that_goes_silent_is_left_at_the_deadline(llm, script):
    llm.always(script)

    with pytest.raises(errors.TimedOut):
        await read(request(deadline_s=0.3))

    assert await asyncio.to_thread(llm.calls[0].gone.wait, 5)


async def test_an_endless_answer_is_cut_and_its_connection_closed(llm):
    llm.always("endless")

    deltas = await read(request(max_output_tokens=50))

    assert deltas[-1].finish_reason == "length"
    assert 300 < sum(len(delta.text) for delta in deltas) < 330
    assert await asyncio.to_thread(llm.calls[0].gone.wait, 5)


async def test_cancelling_the_reader_closes_the_providers_connection(llm):
    llm.always("stall")
    has_started = asyncio.Event()

    async def reader() -> None:
        async with aclosing(stream(request())) as deltas:
            async for _ in deltas:
                has_started.set()

    task = asyncio.create_task(reader())
    await has_started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await asyncio.to_thread(llm.calls[0].gone.wait, 5)


async def test_leaving_in_the_middle_closes_the_providers_connection(llm):
    llm.always("endless")

    async with aclosing(stream(request())) as deltas:
        await anext(deltas)

    assert await asyncio.to_thread(llm.calls[0].gone.wait, 5)


async def test_a_server_that_is_not_there_is_unreachable(settings, llm):
    settings.LLM_BASE_URL = f"http://127.0.0.1:{_free_port()}/v1"

    with pytest.raises(errors.Unreachable):
        await read(request())


@pytest.mark.parametrize("address", ["no-scheme/v1", "http://[", "ftp://127.0.0.1/v1"])
async def test_an_address_that_is_none_is_an_error_of_ours(settings, llm, address):
    settings.LLM_BASE_URL = address

    with pytest.raises(errors.LLMError):
        await read(request())


@pytest.mark.parametrize("key", ["ключ", "two\nlines"])
async def test_a_key_that_cannot_be_sent_is_an_error_of_ours(settings, llm, key):
    settings.LLM_API_KEY = key

    with pytest.raises(errors.LLMError):
        await read(request())


async def test_a_key_in_the_providers_words_is_not_repeated(llm):
    llm.always("bad-key")

    with pytest.raises(errors.BadKey) as caught:
        await read(request())

    assert "secret123" not in str(caught.value)


@pytest.mark.parametrize(("url", "key", "model"), [("", "", "gpt"), ("http://127.0.0.1:1/v1", "", ""), ("", "sk", "")])
def test_without_model_or_address_the_settings_name_no_language_model(settings, url, key, model):
    settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = url, key, model

    assert deployments.from_settings() is None


def test_a_loop_that_ends_closes_its_client(llm):
    async def ask() -> object:
        await complete(request())
        return await clients.client(deployments.from_settings())

    client = asyncio.run(ask())

    assert client.is_closed()


def test_loops_in_several_threads_do_not_share_connections(llm):
    texts = []

    def ask() -> None:
        texts.append(asyncio.run(complete(request())).text)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert texts == ["Parental leave is 16 weeks [1]."] * 4


async def test_twenty_answers_at_once_are_twenty_answers(llm):
    answers = await asyncio.gather(*(complete(request()) for _ in range(20)))

    assert {answer.text for answer in answers} == {"Parental leave is 16 weeks [1]."}


@pytest.mark.parametrize(
    ("script", "ok", "sentence"),
    [
        ("answer", True, "answers."),
        ("unknown-model", True, "has no list of models."),
        ("bad-key", False, "refuses the key. Check OPENAI_API_KEY."),
        ("hang", False, "cannot be reached"),
        ("fail", False, "does not work: HTTP 500"),
        ("page", False, "no list of models. Check OPENAI_BASE_URL."),
        ("garbage", True, "answers."),
    ],
)
def test_a_probe_says_in_one_sentence_how_the_model_is(llm, script, ok, sentence):
    llm.always(script)

    result = probe(0.5)

    assert result.ok is ok
    assert sentence in result.sentence


def test_a_probe_names_a_model_that_is_not_listed(settings, llm):
    settings.LLM_MODEL = "another"

    assert "does not list another" in probe(2).sentence


def test_a_probe_of_a_dead_address_says_so_without_its_password(settings, llm):
    settings.LLM_BASE_URL = f"http://name:secret@127.0.0.1:{_free_port()}/v1"

    result = probe(2)

    assert not result.ok
    assert "cannot be reached" in result.sentence
    assert "secret" not in result.sentence


def probe(timeout_s: float = 3.0):
    (result,) = gateway.probe([deployments.from_settings()], timeout_s)
    return result


def _free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
