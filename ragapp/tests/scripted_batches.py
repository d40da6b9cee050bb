"""The batches of the scripted language model: files go in, and come back answered when they are looked at again."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from ragapp.lib.quoting import answer_from_sources
from ragapp.tests.scripted_replies import Call, Received

REFUSING = ("no-batches", "bad-key", "fail")


@dataclass(slots=True)
class Batches:
    """What was uploaded and made so far. `looks`: how often a batch is still in progress when it is asked after."""

    files: dict[str, str] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)
    looks: int = 0
    # Lines that end in an error instead of an answer.
    broken: int = 0

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The lines of all files that came in, in order."""
        uploaded = [text for name, text in self.files.items() if name.startswith("file-in")]
        return [json.loads(line) for text in uploaded for line in text.splitlines()]

    async def reply(self, call: Call) -> None:
        """To a request for files or batches."""
        received, script = call.received, call.script
        if script in REFUSING:
            status = {"bad-key": "401 Unauthorized", "fail": "500 Internal Server Error"}.get(script, "404 Not Found")
            await call.fail(status, "No such address.")
        elif received.path == "/v1/files":
            await self._send(call, {"id": self._take(received), "object": "file"})
        elif received.path.startswith("/v1/files/"):
            await call.reply("200 OK", self.files[received.path.split("/")[3]], "application/jsonl")
        elif received.path == "/v1/batches" and received.method == "GET":
            await self._send(call, {"object": "list", "data": self.made, "has_more": False})
        elif received.path == "/v1/batches":
            batch = {"id": f"batch-{len(self.made)}", "object": "batch", "status": "in_progress", **received.body}
            self.made.append(batch | {"looks": self.looks})
            await self._send(call, batch)
        else:
            batch = next(one for one in self.made if one["id"] == received.path.split("/")[3])
            self._go_on(batch, call, is_called_off=received.path.endswith("/cancel"))
            await self._send(call, batch)

    def _take(self, received: Received) -> str:
        name = f"file-in-{len(self.files)}"
        self.files[name] = "\n".join(re.findall(r'^\{"custom_id".*$', received.body["raw"], re.MULTILINE))
        return name

    def _go_on(self, batch: dict[str, Any], call: Call, *, is_called_off: bool) -> None:
        if is_called_off:
            batch["status"] = "cancelling"
        elif batch["looks"] > 0:
            batch["looks"] -= 1
        elif batch["status"] == "in_progress":
            lines = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
            answered = [self._answered(call, line) for line in lines[self.broken :]]
            batch["output_file_id"] = f"file-out-{batch['id']}"
            self.files[batch["output_file_id"]] = "\n".join(map(json.dumps, answered))
            batch["status"] = "completed"

    def _answered(self, call: Call, line: dict[str, Any]) -> dict[str, Any]:
        asked = Call(
            received=Received(method="POST", path=line["url"], headers={}, body=line["body"]),
            writer=call.writer,
            script=call.script,
        )
        _, _, said = call.script.partition(":")
        body = asked.whole(said or answer_from_sources(asked.received.prompt))
        return {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}

    async def _send(self, call: Call, value: dict[str, Any]) -> None:
        await call.reply("200 OK", json.dumps(value))
