"""A stop that was heard: what has been made so far is kept."""

import asyncio


def heard() -> None:
    """What follows stores the text so far and must not be cancelled again by the same stop."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
