"""Is every part of the system working? Each part is a function that finds out; `examine` asks them all.

Packages above this one add theirs with `@part`.
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

from django.db import connection

State = Literal["ok", "warning", "broken", "unknown"]

# A part that has not answered by then counts as broken.
DEADLINE_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a part's function found: one sentence, and what to do when it is not ok."""

    state: State
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A named finding."""

    name: str
    state: State
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All parts, in the order of declaration; `at` is time.monotonic()."""

    parts: tuple[Part, ...]
    at: float

    @property
    def is_ready(self) -> bool:
        """True while nothing is broken or unknown; warnings are no hindrance."""
        return all(part.state in ("ok", "warning") for part in self.parts)

    @property
    def problems(self) -> list[Part]:
        """The broken parts, and those with a warning."""
        return [part for part in self.parts if part.state in ("broken", "warning")]


Check = Callable[[], Finding]
_checks: dict[str, tuple[Check, str]] = {}
_late: dict[str, Callable[[], Finding]] = {}


def part(name: str, *, needs: str = "", late: Callable[[], Finding] | None = None) -> Callable[[Check], Check]:
    """Declare a part. It is not asked while the part that it `needs` does not work.

    `late` says what is to be said of it when it does not answer in time: whom it asked, and what to do.
    """

    def declare(check: Check) -> Check:
        _checks[name] = (check, needs)
        if late is not None:
            _late[name] = late
        return check

    return declare


def examine(*, deadline_s: float | None = None) -> Report:
    """Ask every part, side by side; takes at most about twice the deadline (DEADLINE_S), usually some milliseconds."""
    within_s = DEADLINE_S if deadline_s is None else deadline_s
    found = _ask((name for name, (_, needs) in _checks.items() if not needs), within_s)
    works = {name for name, one in found.items() if one.state in ("ok", "warning")}
    found |= _ask((name for name, (_, needs) in _checks.items() if needs in works), within_s)
    parts = []
    for name, (_, needs) in _checks.items():
        if name not in found:
            parts.append(Part(name=name, state="unknown", message=f"Not known while the {needs} does not work."))
        else:
            one = found[name]
            parts.append(Part(name=name, state=one.state, message=one.message, hint=one.hint))
    return Report(parts=tuple(parts), at=time.monotonic())


_askers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")


def _ask(names: Iterable[str], within_s: float) -> dict[str, Finding]:
    asked = {name: _askers.submit(_find_out, _checks[name][0]) for name in names}
    wait(asked.values(), timeout=within_s)
    late = [name for name, future in asked.items() if not future.done()]
    explained = {name: _askers.submit(_find_out, _late[name]) for name in late if name in _late}
    wait(explained.values(), timeout=within_s)
    silent = Finding(state="broken", message="It did not answer in time.", hint="Look at its log.")
    return {
        name: future.result() if future.done() else silent
        for name, future in ((name, explained.get(name, future)) for name, future in asked.items())
    }


def _find_out(check: Check) -> Finding:
    try:
        return check()
    except Exception as error:  # the edge: a part that fails in an unforeseen way is broken, and the others are asked
        return Finding(state="broken", message=f"It failed: {type(error).__name__}.", hint="Run manage.py doctor.")
    finally:
        connection.close()


class _Latest:
    """The newest report; made in a thread of its own, so that nobody has to wait for a dead server."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.maker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health-report")
        self.report: Report | None = None
        self.pending: Future[Report] | None = None

    def get(self, *, max_age_s: float, wait_s: float) -> Report | None:
        with self.lock:
            if self.report and time.monotonic() - self.report.at < max_age_s:
                return self.report
            if self.pending is None or self.pending.done():
                self.pending = self.maker.submit(examine)
            pending = self.pending
        wait([pending], timeout=wait_s)
        if pending.done():
            self.report = pending.result()
        return self.report


_latest = _Latest()


def latest(*, max_age_s: float, wait_s: float) -> Report | None:
    """A report of at most `max_age_s`, or an older one when a new one takes longer than `wait_s`; None before any."""
    return _latest.get(max_age_s=max_age_s, wait_s=wait_s)
