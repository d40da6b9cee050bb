"""An answer that no model writes comes sentence by sentence, and can be stopped in between."""

import asyncio

from chat.answering import release

TEXT = "Leave lasts 60 days. [1] Use form HR-12. [2][3]\n\nHours: 38; Site: Kassel [4]"


def test_the_steps_end_behind_the_markers() -> None:
    assert [TEXT[:end] for end in release.steps(TEXT)] == [
        "Leave lasts 60 days. [1]",
        "Leave lasts 60 days. [1] Use form HR-12. [2][3]",
        TEXT,
    ]


def test_a_text_without_markers_comes_in_one_piece() -> None:
    assert release.steps("Not in your documents. Searched: 2.") == [35]


def test_a_stop_keeps_what_was_shown() -> None:
    shown: list[str] = []

    async def show(text: str) -> None:
        shown.append(text)
        if len(shown) == 2:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()

    released = asyncio.run(release.run(TEXT, show, pace_s=0.001))

    assert shown[-1] == released == TEXT[: release.steps(TEXT)[1]]
