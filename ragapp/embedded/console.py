"""What bin/up shows: one line per step with its time. A closed terminal never stops the work."""

import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = 100


class Console:
    """Writes lines; a step is finished by its time, or interrupted by lines of its own."""

    def __init__(self) -> None:
        self._open_step = ""

    def line(self, text: str = "") -> None:
        """One line; inside a step it is indented below the step's name."""
        if self._open_step:
            self._write("\n")
            self._open_step = ""
        self._write(f"{text}\n")

    def paragraph(self, text: str, *, indent: str = "  ") -> None:
        """Text wrapped to the width of a terminal, its own line breaks kept."""
        for part in text.splitlines() or [""]:
            wrapped = textwrap.wrap(part, WIDTH, initial_indent=indent, subsequent_indent=indent)
            for row in wrapped or [""]:
                self.line(row)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Shows `name` at once and the seconds when it is done."""
        started = time.monotonic()
        self._open_step = f"{name} "
        self._write(self._open_step.ljust(44, "."))
        try:
            yield
        except BaseException:
            self.line()
            raise
        seconds = f"{time.monotonic() - started:6.1f} s"
        if not self._open_step:  # lines were written in between
            self._write(f"{name} ".ljust(44, "."))
        self._open_step = ""
        self._write(f"{seconds}\n")

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except (OSError, ValueError):
            # The terminal is gone; going on, and ending the children in order, matters more.
            return
