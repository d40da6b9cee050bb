"""A real HTTP server that speaks the embeddings protocol, well or badly, as it is told.

In a test: `with ScriptedEmbeddings() as server: server.will("busy", "ok")`; `server.base_url`, `server.requests`.
What it sends are vectors of the packaged model, or of `dimensions` numbers drawn from the text.
"""

import hashlib
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import numpy as np

from ragapp.llm import embedding

FAILURES = {
    "busy": (429, {"error": {"message": "Slow down."}}),
    "fail": (500, {"error": {"message": "It broke."}}),
    "refuse": (401, {"error": {"message": "Bad key."}}),
    "strange": (200, {"object": "list", "data": [{"index": 0, "embedding": "no numbers"}]}),
}


class ScriptedEmbeddings:
    """The server, on a thread of its own; a context manager."""

    def __init__(self, *, dimensions: int = 0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.dimensions = dimensions
        self._queue: deque[str] = deque()
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                scripted.requests.append(body)
                scripted.keys.append(self.headers.get("Authorization", ""))
                status, reply = scripted._reply(body)
                content = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests say themselves what went wrong."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="scripted-embeddings", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def will(self, *scripts: str) -> None:
        """Queue one script per coming request; afterwards it answers well."""
        self._queue.extend(scripts)

    def _reply(self, body: dict[str, Any]) -> tuple[int, object]:
        script = self._queue.popleft() if self._queue else "ok"
        if script in FAILURES:
            return FAILURES[script]
        rows = [self._vector(text) for text in body["input"]]
        if script == "short":
            rows = [row[:-1] for row in rows]
        data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(rows)]
        # The protocol does not promise any order.
        return 200, {"object": "list", "model": body["model"], "data": data[::-1]}

    def _vector(self, text: str) -> list[float]:
        if not self.dimensions:
            return [float(value) for value in embedding.embed_query(text)]
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        return [float(value) for value in np.random.default_rng(seed).normal(size=self.dimensions)]
