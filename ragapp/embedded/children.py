"""The processes that bin/up started: recorded on disk, watched, restarted with back-off, ended in order."""

import json
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ragapp.embedded import processes
from ragapp.embedded.console import Console
from ragapp.embedded.places import EmbeddedError
from ragapp.embedded.processes import Identity

QUICK_DEATH_S = 10.0
QUICK_DEATHS_AT_MOST = 3
LONGEST_PAUSE_S = 30.0


class StopRequested(BaseException):
    """Somebody asked bin/up to end."""


@dataclass(slots=True, kw_only=True)
class Child:
    """One long-running process; `identity` is None while it waits for its next start."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    identity: Identity | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    quick_deaths: int = 0


@dataclass(slots=True, kw_only=True)
class Children:
    """All processes of one bin/up; the file `record` lets another process end what a killed bin/up left."""

    record: Path
    logs: Path
    console: Console
    root: Path
    asked_to_stop: bool = False
    hurry: bool = False
    _all: list[Child] = field(default_factory=list)
    _passing: list[Identity] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a process that is to run until the end."""
        child = Child(name=name, command=command, env=env, log=self.logs / f"{name}.log")
        self._all.append(child)
        self._launch(child)

    def run(self, name: str, command: Sequence[str], env: Mapping[str, str], *, show: bool = False) -> str:
        """Run a command to its end and return its output; raises EmbeddedError with its last log lines."""
        output, log = self.logs / f"{name}.out", self.logs / f"{name}.log"
        output.unlink(missing_ok=True)
        identity = processes.spawn(command, log=log, env=env, cwd=self.root, output=output)
        self._passing.append(identity)
        self._write_record()
        shown = 0
        while True:
            running = processes.exit_status(identity) is None
            if show:
                shown = self._show_new_lines(output, shown)
            if not running:
                break
            self.pause(0.05)
        self._passing.remove(identity)
        self._write_record()
        if status := processes.exit_status(identity):
            raise EmbeddedError(
                f"{name} failed with exit status {status}. The end of {log}:\n" + processes.last_lines(log)
            )
        written = output.read_text()
        output.unlink()  # it may hold passwords, which are shown once and kept nowhere
        return written

    def pause(self, seconds: float) -> None:
        """Wait, and look after the children meanwhile; raises StopRequested when asked to."""
        deadline = time.monotonic() + seconds
        while True:
            if self.asked_to_stop:
                raise StopRequested
            for child in self._all:
                self._look_after(child)
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.1))

    def end(self) -> None:
        """End every process and its descendants; those that take too long are killed."""
        ours = [child.identity for child in self._all if child.identity] + self._passing
        end_families(ours, patience_s=15.0, hurry=lambda: self.hurry)
        self.record.unlink(missing_ok=True)

    def _launch(self, child: Child) -> None:
        child.identity = processes.spawn(child.command, log=child.log, env=child.env, cwd=self.root)
        child.started_at = time.monotonic()
        self._write_record()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.identity is None:
            if now >= child.start_at:
                self._launch(child)
            return
        status = processes.exit_status(child.identity)
        if status is None:
            return
        end_families([child.identity], patience_s=2.0)
        child.quick_deaths = child.quick_deaths + 1 if now - child.started_at < QUICK_DEATH_S else 1
        if child.quick_deaths >= QUICK_DEATHS_AT_MOST:
            raise EmbeddedError(
                f"{child.name} ended {child.quick_deaths} times in a row. The end of {child.log}:\n"
                + processes.last_lines(child.log)
            )
        wait_s = min(2.0 ** (child.quick_deaths - 1), LONGEST_PAUSE_S)
        child.identity, child.start_at = None, now + wait_s
        how = f"by signal {-status}" if status < 0 else f"with exit status {status}"
        self.console.line(f"{child.name} ended {how}; it starts again in {wait_s:.0f} s.")

    def _show_new_lines(self, output: Path, shown: int) -> int:
        text = output.read_text() if output.exists() else ""
        complete = text[: text.rfind("\n") + 1]
        for line in complete[shown:].splitlines():
            self.console.line(f"  {line}")
        return len(complete)

    def _write_record(self) -> None:
        ours = [child.identity for child in self._all if child.identity] + self._passing
        fresh = self.record.with_suffix(".new")
        fresh.write_text(json.dumps([asdict(identity) for identity in ours]))
        fresh.replace(self.record)


def end_leftovers(record: Path) -> int:
    """End what a killed bin/up left; returns how many of its processes still ran."""
    try:
        recorded = [Identity(**entry) for entry in json.loads(record.read_text())]
    except (OSError, ValueError, TypeError):
        return 0
    members = end_families(recorded, patience_s=5.0)
    record.unlink(missing_ok=True)
    return members


def end_families(leaders: Sequence[Identity], *, patience_s: float, hurry: Callable[[], bool] = lambda: False) -> int:
    """Ask the leaders to end, wait, then kill what remains of their families; returns how many there were."""
    members = {member for leader in leaders for member in processes.family(leader)}
    for leader in leaders:
        processes.signal(leader, signal.SIGTERM)
    deadline = time.monotonic() + patience_s
    remaining = list(leaders)
    while remaining and time.monotonic() < deadline and not hurry():
        remaining = processes.wait_until_gone(remaining, timeout_s=0.1)
    members |= {member for leader in leaders for member in processes.family(leader)}
    for member in members:
        processes.signal(member, signal.SIGKILL)
    processes.wait_until_gone(members, timeout_s=5.0)
    return len(members)
