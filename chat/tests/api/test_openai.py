"""The official client of OpenAI against a server of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from django.utils import timezone

from chat import programs, streaming
from chat.answering import store
from chat.models import Answer, AskedByProgram, Conversation, Release
from chat.tests.conftest import hang_up_while_it_writes
from documents.models import Document
from ragapp.accounts import tokens
from ragapp.accounts.models import ApiToken, Scope, User
from ragapp.lib.windows import Rate
from ragapp.limits import rates
from ragapp.tests.scripted_llm import ScriptedLLM

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "How many days of parental leave do I get?"
Library = dict[str, Document]


@pytest.fixture
def program(site: str, secret_of: Callable[..., str]) -> Callable[..., openai.OpenAI]:
    """program(user): the client with a token of that person, which tries nothing twice."""

    def make(owner: User, **options: Any) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{site}/v1", api_key=secret_of(owner, **options), max_retries=0, timeout=30)

    return make


def ask(client: openai.OpenAI, text: str = QUESTION, **options: Any) -> Any:
    given = {"model": "ragapp", "messages": [{"role": "user", "content": text}]} | options
    return client.chat.completions.create(**given)


def test_a_question_is_answered_with_citations_and_leaves_nothing_in_the_sidebar(
    library: Library, reader: User, program: Callable[..., openai.OpenAI]
) -> None:
    said = ask(program(reader))

    (choice,) = said.choices
    assert "60 days" in choice.message.content
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    assert (said.usage.prompt_tokens, said.usage.total_tokens) == (0, 0)
    ours = said.ragapp
    assert (ours["status"], ours["state"]) == ("answered", "done")
    assert said.model == ours["release"] == Release.objects.get().name
    assert ours["label"].startswith("Put together by a program")
    cited = ours["citations"][0]
    assert (cited["document"], cited["path"]) == (str(library["leave"].pk), "leave.md")
    assert "60 days of paid parental leave" in cited["quote"]
    assert cited["url"].endswith(f"/answers/{ours['answer']}/sources/{cited['marker']}/")
    assert Conversation.objects.get().is_hidden
    assert AskedByProgram.objects.get().token == ApiToken.objects.get()


def test_a_stream_gives_the_same_words_then_the_extension_then_the_usage(
    library: Library, reader: User, program: Callable[..., openai.OpenAI], llm: ScriptedLLM
) -> None:
    pieces = list(ask(program(reader), stream=True, stream_options={"include_usage": True}))

    answer = Answer.objects.get()
    assert "".join(p.choices[0].delta.content or "" for p in pieces if p.choices) == answer.text
    assert pieces[0].choices[0].delta.role == "assistant"
    assert [p.choices[0].finish_reason for p in pieces if p.choices][-1] == "stop"
    assert pieces[-2].ragapp["answer"] == str(answer.pk)
    assert pieces[-1].choices == []
    assert (pieces[-1].usage.prompt_tokens, pieces[-1].usage.completion_tokens) == (answer.tokens_in, answer.tokens_out)
    assert answer.tokens_in
    assert {p.id for p in pieces} == {f"chatcmpl-{answer.pk}"}
    assert {p.model for p in pieces} == {answer.release.name}  # type: ignore[union-attr]


@pytest.mark.parametrize("stream", [False, True])
def test_sentences_come_with_their_support_at_once_and_in_a_stream(
    library: Library, reader: User, program: Callable[..., openai.OpenAI], llm: ScriptedLLM, stream: bool
) -> None:
    llm.always("text:Parental leave is 99 days of paid leave [1].")

    said = ask(program(reader), stream=stream)

    ours = next(piece.ragapp for piece in said if hasattr(piece, "ragapp")) if stream else said.ragapp
    assert [one["is_supported"] for one in ours["sentences"]] == [False]
    assert ours["status"] == "caveat"
    assert "No sentence of this has support" in ours["notice"]


def test_a_stream_says_nothing_of_usage_unasked_and_passes_over_what_tunes_a_model(
    library: Library, reader: User, program: Callable[..., openai.OpenAI]
) -> None:
    tuned = {"temperature": 1.5, "max_tokens": 3, "seed": 1, "user": "ann", "n": 1, "extra_body": {"unheard_of": 1}}

    pieces = list(ask(program(reader), stream=True, **tuned))

    assert "60 days" in "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert all(piece.usage is None and piece.choices for piece in pieces)


def test_who_may_not_read_a_document_hears_nothing_of_it(
    library: Library, reader: User, owner: User, program: Callable[..., openai.OpenAI]
) -> None:
    text = "What is the maximum salary in band E4?"

    assert "74600" in ask(program(owner), text).choices[0].message.content
    refused = ask(program(reader), text)

    assert "74600" not in refused.model_dump_json()
    assert refused.ragapp["status"] == "not_found"


def test_what_was_said_before_makes_a_follow_up_understood(
    library: Library, reader: User, program: Callable[..., openai.OpenAI]
) -> None:
    said = ask(
        program(reader),
        messages=[
            {"role": "system", "content": "Answer like a pirate."},
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": "60 days for each child."},
            {"role": "user", "content": [{"type": "text", "text": "Can it be split?"}]},
        ],
    )

    assert "may be split into two parts" in said.choices[0].message.content
    assert "parental leave" in said.ragapp["question_as_understood"].lower()
    # What the program says of earlier answers is not taken for an answer of ours.
    assert Answer.objects.count() == 1


def test_only_the_last_exchanges_are_kept(reader: User, library: Library, secret_of: Callable[..., str]) -> None:
    token = tokens.recognise(secret_of(reader), now=timezone.now())
    assert token is not None
    before = [(f"question {n}", f"answer {n}") for n in range(50)]

    pending = programs.ask(QUESTION, token=token, door=AskedByProgram.Door.OPENAI, before=before)

    assert len(programs.told_before(pending.turn)) == programs.BEFORE_MAX
    assert [exchange.question for exchange in store.begin(pending.pk).history][-1] == "question 49"


def test_models_are_the_releases_that_the_owner_may_use(
    library: Library, reader: User, admin: User, program: Callable[..., openai.OpenAI]
) -> None:
    live = Release.objects.get()
    other = Release.objects.create(name="other", retrieval=live.retrieval)
    other.prompts.set(live.prompts.all())

    assert [model.id for model in program(reader).models.list()] == ["ragapp", live.name]
    assert [model.id for model in program(admin).models.list()] == ["ragapp", "other", live.name]
    assert program(reader).models.retrieve(live.name).owned_by == "ragapp"
    with pytest.raises(openai.NotFoundError) as refused:
        ask(program(reader), model="other")
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
    assert ask(program(admin), model="other").model == "other"


def test_a_token_without_the_scope_and_a_word_that_is_no_token_open_nothing(
    library: Library, reader: User, program: Callable[..., openai.OpenAI], site: str
) -> None:
    with pytest.raises(openai.PermissionDeniedError) as lacking:
        ask(program(reader, scopes=[Scope.READ]))
    assert lacking.value.code == "missing_scope"
    with pytest.raises(openai.AuthenticationError) as unknown:
        ask(openai.OpenAI(base_url=f"{site}/v1", api_key="rag_nobody", max_retries=0))
    assert unknown.value.code == "invalid_api_key"
    assert not Answer.objects.exists()


def test_too_many_questions_are_refused_with_the_time_to_wait(
    library: Library, reader: User, program: Callable[..., openai.OpenAI], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rates.RATES, "ask", Rate(times=1, seconds=3600))
    client = program(reader)
    ask(client)

    with pytest.raises(openai.RateLimitError) as refused:
        ask(client)

    assert refused.value.code == "rate_limit_exceeded"
    assert int(refused.value.response.headers["Retry-After"]) > 0
    assert Answer.objects.count() == 1


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"n": 2}, "n"),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
    ({"response_format": {"type": "json_object"}}, "response_format"),
    ({"logprobs": True}, "logprobs"),
    ({"stop": "."}, "stop"),
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "assistant", "content": "Hello."}]}, "messages"),
    ({"messages": [{"role": "user", "content": "  "}]}, "messages"),
    ({"messages": [{"role": "user", "content": "x" * 20_001}]}, "messages"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages"),
    ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, "messages.0.role"),
    ({"extra_body": {"ragapp": {"collection": 999_999}}}, "ragapp.collection"),
    ({"model": "gpt\0"}, "model"),
]


def test_what_cannot_be_done_is_refused_and_named(reader: User, program: Callable[..., openai.OpenAI]) -> None:
    client = program(reader)
    for given, param in REFUSED:
        with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as refused:
            ask(client, **given)

        assert refused.value.param == param
        assert refused.value.body["message"]  # type: ignore[index]
    assert not Answer.objects.exists()


def test_what_is_no_request_is_refused(site: str, reader: User, secret_of: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {secret_of(reader)}"}
    for body in (b"", b"{", b"[]", b'{"model": "\\ud800", "messages": []}', b"\xff\xfe", b"[" * 5000):
        refused = httpx.post(f"{site}/v1/chat/completions", content=body, headers=headers)

        assert refused.status_code == 400
        assert refused.json()["error"]["type"] == "invalid_request_error"


def test_other_addresses_methods_and_sizes_are_refused_in_the_same_form(site: str) -> None:
    answers = [
        httpx.get(f"{site}/v1/embeddings"),
        httpx.get(f"{site}/v1/chat/completions"),
        httpx.post(f"{site}/v1/models"),
        httpx.post(f"{site}/v1/chat/completions", content=b"x" * 5_000_000),
        httpx.get(f"{site}/v1/models"),
    ]

    assert [one.status_code for one in answers] == [404, 405, 405, 413, 401]
    assert all(one.json()["error"]["message"] for one in answers)
    assert answers[-1].headers["WWW-Authenticate"].startswith("Bearer")


def test_an_answer_that_fails_is_an_error_at_once_and_in_a_stream(
    library: Library, reader: User, program: Callable[..., openai.OpenAI], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("chat.answering.finding.retrieve.run", broken)
    client = program(reader)

    with pytest.raises(openai.InternalServerError) as failed:
        ask(client)
    assert "try again" in failed.value.message
    with pytest.raises(openai.APIError, match="try again"):
        list(ask(client, stream=True))


def test_who_hangs_up_ends_the_making_and_the_call_to_the_model(
    library: Library, reader: User, site: str, secret_of: Callable[..., str], waiting_llm: ScriptedLLM
) -> None:
    url, headers = f"{site}/v1/chat/completions", {"Authorization": f"Bearer {secret_of(reader)}"}
    body = {"model": "ragapp", "messages": [{"role": "user", "content": QUESTION}]}

    hang_up_while_it_writes(url, json=body, headers=headers)
    assert waiting_llm.calls[0].gone.wait(30)

    with httpx.stream("POST", url, json=body | {"stream": True}, headers=headers, timeout=60) as response:
        assert any("60 days" in line for line in response.iter_lines())
    assert waiting_llm.calls[1].gone.wait(30)


def test_more_questions_than_can_be_answered_are_refused_with_a_time(
    reader: User, program: Callable[..., openai.OpenAI], monkeypatch: pytest.MonkeyPatch
) -> None:
    streaming._open_workshop()
    monkeypatch.setattr(streaming, "WAITING_MOST", -streaming.AT_ONCE)

    with pytest.raises(openai.RateLimitError) as refused:
        ask(program(reader))

    assert refused.value.response.headers["Retry-After"] == str(streaming.COME_BACK_S)
    assert not Answer.objects.exists()
