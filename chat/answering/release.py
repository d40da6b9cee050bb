"""Lets out a text that is finished sentence by sentence, so that it can be read, and stopped, while it comes."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from chat.answering import stopping

# Markers that stand side by side belong to one sentence.
_SENTENCE = re.compile(r"\[\d{1,3}\](?!\s?\[)(?=\s|$)")


async def run(text: str, show: Callable[[str], Awaitable[None]], *, pace_s: float) -> str:
    """What was let out: the whole of `text`, or its beginning when it was stopped.

    `show` is called with the whole text so far. `pace_s`: seconds between one sentence with its markers and the next.
    """
    released = ""
    try:
        for end in steps(text):
            if released and pace_s:
                await asyncio.sleep(pace_s)
            # Before it is shown: a stop in between must not take back what a reader may have seen.
            released = text[:end].strip()
            await show(released)
    except asyncio.CancelledError:
        stopping.heard()
    return released


def steps(text: str) -> list[int]:
    """Where the sentences of `text` end, behind their markers; the last one is its end."""
    ends = [match.end() for match in _SENTENCE.finditer(text) if match.end() < len(text)]
    return [*ends, len(text)]
