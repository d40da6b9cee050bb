"""A real HTTP server that speaks the chat completions protocol, well or badly, as it is told.

In a test: `with ScriptedLLM() as llm: llm.will("busy-seconds", "answer")`; `llm.base_url`, `llm.requests`.
From a shell, for browser tests: `python -m ragapp.tests.scripted_llm --port 8999 --script answer`.

What a call gets is the first of: the next script queued by `will` (or POST /control), the script named by the
request's "model", the server's standing script. SCRIPTS in scripted_replies.py has the names; `text:Anything` answers
"Anything", and `slow:Anything` does so word by word.
"""

import argparse
import asyncio
import json
import threading
from collections import deque
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from ragapp.tests.scripted_batches import Batches
from ragapp.tests.scripted_replies import SCRIPTS, Call, Received, speak_normally


class ScriptedLLM:
    """The server, on a thread and an event loop of its own; a context manager."""

    def __init__(self, script: str = "answer", *, port: int = 0) -> None:
        self.requests: list[Received] = []
        self.batches = Batches()
        self._standing = script
        self._queue: deque[str] = deque()
        self._port = port
        self._connections: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="scripted-llm", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def calls(self) -> list[Received]:
        """The requests for completions, in order."""
        return [received for received in self.requests if received.path == "/v1/chat/completions"]

    def will(self, *scripts: str) -> None:
        """Queue one script per coming call; afterwards the standing one goes on."""
        self._queue.extend(scripts)

    def always(self, script: str) -> None:
        """Replace the standing script and forget the queue."""
        self._queue.clear()
        self._standing = script

    def join(self) -> None:
        """Serve until the process ends."""
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        # Reading goes on while an answer is written: only so the client's goodbye is seen.
        waiting: asyncio.Queue[Received | None] = asyncio.Queue()
        gone = asyncio.Event()
        reading = asyncio.ensure_future(_read_requests(reader, waiting, gone))
        try:
            while received := await waiting.get():
                self.requests.append(received)
                await self._answer(received, writer, gone)
                if writer.is_closing():
                    return
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            reading.cancel()
            self._connections.discard(task)
            writer.close()

    async def _answer(self, received: Received, writer: asyncio.StreamWriter, gone: asyncio.Event) -> None:
        call = Call(received=received, writer=writer, script=self._script_for(received))
        speaking = asyncio.ensure_future(self._route(call))
        leaving = asyncio.ensure_future(gone.wait())
        try:
            await asyncio.wait({speaking, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not speaking.done():
                received.gone.set()
                writer.close()
                return
            try:
                speaking.result()
                received.answered.set()
            except ConnectionError:
                received.gone.set()
                writer.close()
        finally:
            for task in (speaking, leaving):
                task.cancel()
            await asyncio.gather(speaking, leaving, return_exceptions=True)

    def _script_for(self, received: Received) -> str:
        if received.path != "/v1/chat/completions":
            return self._standing
        if self._queue:
            return self._queue.popleft()
        model = str(received.body.get("model", ""))
        return model if model in SCRIPTS or model.startswith("text:") else self._standing

    async def _route(self, call: Call) -> None:
        path = call.received.path
        if path == "/v1/chat/completions":
            kind, _, _ = call.script.partition(":")
            speak = speak_normally if kind == "text" else SCRIPTS[kind]
            await speak(call)
        elif path.startswith(("/v1/files", "/v1/batches")):
            await self.batches.reply(call)
        elif path == "/v1/models":
            await self._models(call)
        elif path == "/control":
            self._control(call.received.body)
            await call.reply("200 OK", json.dumps({"requests": len(self.calls)}))
        else:
            await call.fail("404 Not Found", "No such address.")

    async def _models(self, call: Call) -> None:
        if call.script in ("bad-key", "forbidden", "unknown-model", "hang", "fail", "page", "garbage"):
            await SCRIPTS[call.script](call)
            return
        names = ["scripted", *SCRIPTS]
        await call.reply(
            "200 OK", json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
        )

    def _control(self, body: dict[str, Any]) -> None:
        if script := body.get("always"):
            self.always(script)
        self.will(*body.get("will", ()))


async def _read_requests(
    reader: asyncio.StreamReader, waiting: asyncio.Queue[Received | None], gone: asyncio.Event
) -> None:
    """Queue each request of a connection; at its end set `gone` and queue None."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            content = await reader.readexactly(int(headers.get("content-length", "0")))
            method, target, _ = head[0].split(" ")
            is_json = "json" in headers.get("content-type", "json")
            body = json.loads(content or b"{}") if is_json else {"raw": content.decode()}
            await waiting.put(Received(method=method, path=urlsplit(target).path, headers=headers, body=body))
    except (asyncio.IncompleteReadError, ConnectionError):
        gone.set()
        await waiting.put(None)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="a free port when left out")
    parser.add_argument("--script", default="answer", help=", ".join(SCRIPTS) + ", or text:…")
    arguments = parser.parse_args()
    with ScriptedLLM(arguments.script, port=arguments.port) as server:
        print(f"OPENAI_BASE_URL={server.base_url} RAGAPP_LLM_MODEL=scripted", flush=True)  # noqa: T201
        try:
            server.join()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
