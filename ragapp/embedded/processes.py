"""Processes by pid and start time, so that a pid used again by something else is never taken for ours."""

import os
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from ragapp.embedded.places import Account

LOG_LIMIT_BYTES = 10_000_000

# Kept so that a finished child can be collected; without this it stays a zombie of this process.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One process; `started` is seconds since the epoch as the kernel tells it."""

    pid: int
    started: float


def identify(pid: int) -> Identity | None:
    """The process that has this pid now, or None; a zombie counts as gone."""
    _collect(pid)
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return Identity(pid=pid, started=process.create_time())
    except psutil.Error:
        return None


def is_taken(pid: int) -> bool:
    """True while the kernel does not give this pid away, a zombie's included."""
    _collect(pid)
    return bool(psutil.pid_exists(pid))


def is_alive(identity: Identity) -> bool:
    """True while that very process runs."""
    now = identify(identity.pid)
    return now is not None and abs(now.started - identity.started) < 1.0


def command_line(pid: int) -> list[str]:
    """The arguments of a process, empty when it is gone."""
    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return []


def working_in(folder: Path, *, name: str) -> list[Identity]:
    """Processes called `name` whose working folder is `folder`."""
    found = []
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == name and process.info["cwd"] == str(folder):
            found.append(identify(process.pid))
    return [identity for identity in found if identity]


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path | None = None,
    account: Account | None = None,
    output: Path | None = None,
) -> Identity:
    """Start a process in a session of its own; errors, and output unless it has its own file, go to `log`."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as errors, (output or log).open("ab") as standard:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=standard,
            stderr=errors,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    _children[child.pid] = child
    return identify(child.pid) or Identity(pid=child.pid, started=time.time())


def exit_status(identity: Identity) -> int | None:
    """How a child of ours ended; None while it runs, or when it was not our child."""
    child = _children.get(identity.pid)
    return child.poll() if child else None


def family(identity: Identity) -> list[Identity]:
    """The process, its descendants, and what is left of its session when it died before them.

    A pid is not given away again while a session of that number exists, so the number alone is enough there.
    """
    members = {identity} if is_alive(identity) else set()
    if members:
        try:
            below = psutil.Process(identity.pid).children(recursive=True)
        except psutil.Error:
            below = []
        members |= {member for process in below if (member := identify(process.pid))}
    for pid in psutil.pids():
        try:
            same_session = os.getsid(pid) == identity.pid
        except (ProcessLookupError, PermissionError):
            continue
        if same_session and (member := identify(pid)) and member.started >= identity.started - 1.0:
            members.add(member)
    return sorted(members, key=lambda member: member.started)


def signal(identity: Identity, number: int) -> None:
    """Send a signal if that very process still runs."""
    if is_alive(identity):
        try:
            os.kill(identity.pid, number)
        except ProcessLookupError:
            return


def wait_until_gone(identities: Iterable[Identity], *, timeout_s: float) -> list[Identity]:
    """Those that are still alive after `timeout_s`."""
    remaining = list(identities)
    deadline = time.monotonic() + timeout_s
    while remaining := [identity for identity in remaining if is_alive(identity)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return remaining


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, for a message about a process that died."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return "(no log)"


def _collect(pid: int) -> None:
    if child := _children.get(pid):
        child.poll()
