"""What the scripted language model can be told to do with a call, one function or event list per script."""

import asyncio
import itertools
import json
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any

from ragapp.lib.quoting import answer_from_sources

SLOW_DELAY_S = 0.25
# What a bad prompt says, for those who want to see one found.
BOLD = "own knowledge first"


@dataclass(slots=True, kw_only=True)
class Received:
    """A request as it came. `gone` is set once the client closed its connection before the answer's end, `answered`
    once all of it was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    gone: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)

    @property
    def prompt(self) -> str:
        """All messages, one after another."""
        return "\n".join(message["content"] for message in self.body.get("messages", []))


@dataclass(slots=True, kw_only=True)
class Call:
    """One call being answered."""

    received: Received
    writer: asyncio.StreamWriter
    script: str

    async def reply(self, status: str, content: str, kind: str = "application/json", **headers: str) -> None:
        """A whole response with a length."""
        payload = content.encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(payload)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + payload)
        await self.writer.drain()

    async def fail(self, status: str, message: str, **headers: str) -> None:
        """An error in the provider's form."""
        await self.reply(
            status, json.dumps({"error": {"message": message, "type": "scripted", "code": None}}), **headers
        )

    async def start_events(self) -> None:
        self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        await self.writer.drain()

    async def event(self, data: object) -> None:
        payload = f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
        self.writer.write(f"{len(payload):x}\r\n".encode() + payload + b"\r\n")
        await self.writer.drain()

    async def end_events(self) -> None:
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    def piece(self, text: str | None = None, finish_reason: str | None = None) -> dict[str, Any]:
        """One chunk of a chat completion."""
        return self._envelope("chat.completion.chunk") | {
            "choices": [
                {"index": 0, "delta": {"content": text} if text is not None else {}, "finish_reason": finish_reason}
            ]
        }

    def usage(self, text: str) -> dict[str, Any]:
        """The closing chunk: a token a word."""
        return self._envelope("chat.completion.chunk") | {"choices": [], "usage": self.counted(text)}

    def whole(self, text: str) -> dict[str, Any]:
        """The answer to a call that does not stream."""
        message = {"role": "assistant", "content": text}
        return self._envelope("chat.completion") | {
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": self.counted(text),
        }

    def counted(self, text: str) -> dict[str, int]:
        tokens_in, tokens_out = len(self.received.prompt.split()), len(text.split())
        return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}

    @property
    def wants_usage(self) -> bool:
        return bool((self.received.body.get("stream_options") or {}).get("include_usage"))

    def _envelope(self, kind: str) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": self.received.body.get("model", "")}


async def speak_normally(call: Call, *, delay_s: float = 0.0, usage: bool = True) -> None:
    _, _, said = call.script.partition(":")
    text = said or answer_from_sources(call.received.prompt)
    if not call.received.body.get("stream"):
        await call.reply("200 OK", json.dumps(call.whole(text)))
        return
    await call.start_events()
    for word in re.findall(r"\S+\s*", text):
        await call.event(call.piece(word))
        await asyncio.sleep(delay_s)
    await call.event(call.piece(finish_reason="stop"))
    if usage and call.wants_usage:
        await call.event(call.usage(text))
    await call.event("[DONE]")
    await call.end_events()


async def _obeys(call: Call) -> None:
    """Quotes the sources, or talks from its own knowledge where its prompt says "own knowledge first"."""
    told = call.received.body["messages"][0]["content"]
    says = "text:Astronauts get 300 days on the moon, as everybody knows [1]." if BOLD in told else "answer"
    await speak_normally(replace(call, script=says))


async def _slow(call: Call) -> None:
    await speak_normally(call, delay_s=SLOW_DELAY_S)


async def _no_usage(call: Call) -> None:
    await speak_normally(call, usage=False)


async def _no_stream_options(call: Call) -> None:
    if "stream_options" in call.received.body:
        await call.fail("400 Bad Request", "Unknown parameter: 'stream_options'.")
    else:
        await speak_normally(call)


async def _new_limits(call: Call) -> None:
    if "max_tokens" in call.received.body:
        await call.fail("400 Bad Request", "'max_tokens' is not supported. Use 'max_completion_tokens' instead.")
    elif "temperature" in call.received.body:
        await call.fail("400 Bad Request", "'temperature' does not support 0 with this model.")
    else:
        await speak_normally(call)


def _refusing(status: str, message: str, **headers: str) -> Callable[[Call], Awaitable[None]]:
    async def refuse(call: Call) -> None:
        await call.fail(status, message, **headers)

    return refuse


async def _busy_until(call: Call) -> None:
    await call.fail("429 Too Many Requests", "Slow down.", Retry_After=formatdate(0, usegmt=True))


async def _hang(call: Call) -> None:
    await asyncio.Event().wait()


async def _stall(call: Call) -> None:
    await call.start_events()
    await call.event(call.piece("The first "))
    await asyncio.Event().wait()


def _streaming(*events: object, ends: bool = True) -> Callable[[Call], Awaitable[None]]:
    """Sends these events; strings as they are. Without an end the connection just closes."""

    async def send(call: Call) -> None:
        await call.start_events()
        for data in events:
            await call.event(call.piece(data["text"]) if isinstance(data, dict) and "text" in data else data)
        if ends:
            await call.end_events()
        else:
            call.writer.close()

    return send


async def _empty(call: Call) -> None:
    await call.start_events()
    await call.event(call.piece(finish_reason="stop"))
    await call.event("[DONE]")
    await call.end_events()


async def _endless(call: Call) -> None:
    await call.start_events()
    for number in itertools.count():
        await call.event(call.piece(f"and {number} "))


async def _page(call: Call) -> None:
    await call.reply("200 OK", "<html><body>Sign in to the proxy</body></html>", "text/html")


async def _garbage(call: Call) -> None:
    await call.reply("200 OK", json.dumps({"hello": [1, 2]}))


async def _drop(call: Call) -> None:
    call.writer.close()


SCRIPTS: dict[str, Callable[[Call], Awaitable[None]]] = {
    "answer": speak_normally,
    "obeys": _obeys,
    "slow": _slow,
    "no-usage": _no_usage,
    "no-stream-options": _no_stream_options,
    "new-limits": _new_limits,
    "bad-key": _refusing("401 Unauthorized", "Incorrect API key provided: sk-secret123."),
    "forbidden": _refusing("403 Forbidden", "Not for you."),
    "unknown-model": _refusing("404 Not Found", "The model does not exist."),
    "too-long": _refusing("400 Bad Request", "This model's maximum context length is 8 tokens."),
    "busy-seconds": _refusing("429 Too Many Requests", "Slow down.", Retry_After="0.05"),
    "busy-ms": _refusing("429 Too Many Requests", "Slow down.", Retry_After_Ms="20"),
    "busy-date": _busy_until,
    "busy-long": _refusing("429 Too Many Requests", "Slow down.", Retry_After="3600"),
    "fail": _refusing("500 Internal Server Error", "Something broke."),
    "overloaded": _refusing("503 Service Unavailable", "No worker is free.", Retry_After="0.01"),
    "drop": _drop,
    "hang": _hang,
    "stall": _stall,
    "malformed": _streaming({"text": "The first "}, '{"choices": [{"delta": '),
    "strange": _streaming('"a string"'),
    "strange-choices": _streaming('{"choices": [{"delta": {"content": 7}}]}'),
    "error-event": _streaming({"error": {"message": "The worker died."}}),
    "cut": _streaming({"text": "The first "}, {"text": "words"}, ends=False),
    "cut-late": _streaming({"text": "You get 60 days [1]. "}, {"text": "They may be split. Then "}, ends=False),
    "cut-at-once": _streaming(ends=False),
    "unfinished": _streaming({"text": "The first "}, "[DONE]"),
    "no-batches": speak_normally,
    "page": _page,
    "garbage": _garbage,
    "empty": _empty,
    "endless": _endless,
}
