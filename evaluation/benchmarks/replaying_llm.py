"""A language model's server for measurements: it says what it is given, a word at a time, and remembers when."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

SENTENCE = "The documents say so in the first of the passages [1]. "
MODEL = "replayed"


@dataclass(slots=True)
class Call:
    """Seconds of the steady clock: when the request was there, and when its first sentence had been sent."""

    prompt: str
    received_s: float
    first_sent_s: float = 0.0
    sentence_sent_s: float = 0.0


@dataclass(slots=True)
class ReplayingLLM:
    """Speaks streamed chat completions on a thread of its own, a word every `pace_s`.

    What it says to a prompt is `reply`'s; without one, the same sentence `sentences` times.
    """

    first_after_s: float = 0.1
    pace_s: float = 0.01
    sentences: int = 3
    reply: Callable[[str], str] | None = None
    calls: list[Call] = field(default_factory=list)
    port: int = 0
    _ready: threading.Event = field(default_factory=threading.Event)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._serve, name="replaying-llm", daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        assert self._thread is not None
        self._thread.join()

    def about(self, question: str) -> Call | None:
        """The latest call to answer the question from sources, and not to name its conversation."""
        answering = (call for call in reversed(self.calls) if "<source " in call.prompt)
        return next((call for call in answering if question in call.prompt), None)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._answer, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while body := await _request(reader):
                call = Call(prompt=_prompt(body), received_s=time.perf_counter())
                self.calls.append(call)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                await self._speak(call, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # who asked has gone
        finally:
            writer.close()

    async def _speak(self, call: Call, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.first_after_s)
        text = SENTENCE * self.sentences if self.reply is None else self.reply(call.prompt)
        for word in re.findall(r"\S+\s*", text):
            await _send(writer, _chunk({"content": word}))
            call.first_sent_s = call.first_sent_s or time.perf_counter()
            await asyncio.sleep(self.pace_s)
            if word.rstrip().endswith("."):
                call.sentence_sent_s = call.sentence_sent_s or time.perf_counter()
        await _send(writer, _chunk({}, finish="stop"))
        usage = {"prompt_tokens": 900, "completion_tokens": 30, "total_tokens": 930}
        await _send(
            writer, {"id": "x", "object": "chat.completion.chunk", "model": MODEL, "choices": [], "usage": usage}
        )
        writer.write(_http_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        await writer.drain()


async def _request(reader: asyncio.StreamReader) -> bytes:
    """The body of the next request; empty when the connection ends."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    except asyncio.IncompleteReadError:
        return b""
    lengths = [line.partition(":")[2] for line in head.split("\r\n") if line.startswith("content-length:")]
    return await reader.readexactly(int(lengths[0])) if lengths else b"{}"


def _prompt(body: bytes) -> str:
    return "\n".join(str(message.get("content", "")) for message in json.loads(body).get("messages", []))


def _chunk(delta: dict[str, str], *, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": MODEL, "choices": [choice]}


async def _send(writer: asyncio.StreamWriter, event: dict[str, Any]) -> None:
    writer.write(_http_chunk(f"data: {json.dumps(event)}\n\n".encode()))
    await writer.drain()


def _http_chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
