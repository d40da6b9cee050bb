"""A provider's batches, as OpenAI's protocol has them: a file of requests goes in, a file of answers comes back."""

import json
from typing import Any, Final

from ragapp.llm import clients
from ragapp.llm.translation import translate
from ragapp.llm.types import Target

URL: Final = "/v1/chat/completions"
WINDOW: Final = "24h"
# Under this name its own key goes along with a batch.
KEY = "ragapp"


async def hand_over(target: Target, key: str, lines: dict[str, dict[str, Any]], *, may_be_there: bool) -> str:
    """The provider's id of a new batch of requests, each under its own id. Raises LLMError.

    `may_be_there`: an earlier try may have been taken although its reply was lost; then that one is it.
    """
    client = await clients.client(target)
    try:
        if may_be_there:
            async for one in client.batches.list(limit=100):
                if (one.metadata or {}).get(KEY) == key:
                    return one.id
        content = "\n".join(
            json.dumps({"custom_id": own_id, "method": "POST", "url": URL, "body": body})
            for own_id, body in lines.items()
        )
        file = await client.files.create(file=("requests.jsonl", content.encode()), purpose="batch")
        made = await client.batches.create(
            input_file_id=file.id, endpoint=URL, completion_window=WINDOW, metadata={KEY: key}
        )
    except Exception as error:  # whatever the client raises is mapped, and unknown kinds go on
        raise translate(error, during="opening") from error
    return made.id


async def bring(target: Target, provider_id: str) -> list[dict[str, Any]] | None:
    """The answers of a batch that ended; None while it is under way. Raises LLMError."""
    client = await clients.client(target)
    try:
        batch = await client.batches.retrieve(provider_id)
        if batch.status not in ("completed", "failed", "expired", "cancelled"):
            return None
        # What could not be answered stands in a file of its own, and is asked by itself like what is in none.
        if not batch.output_file_id:
            return []
        content = await client.files.content(batch.output_file_id)
        return [json.loads(line) for line in content.text.splitlines() if line.strip()]
    except Exception as error:  # as in hand_over
        raise translate(error, during="reading") from error


async def call_off(target: Target, provider_id: str) -> None:
    """The provider works on it no longer. Raises LLMError."""
    client = await clients.client(target)
    try:
        await client.batches.cancel(provider_id)
    except Exception as error:  # as in hand_over
        raise translate(error, during="opening") from error
