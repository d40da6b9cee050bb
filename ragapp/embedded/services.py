"""Start, stop, reset and ask about the embedded PostgreSQL and Redis of one data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ragapp.embedded import database as roles
from ragapp.embedded import keys, places, postgres_server, redis_server
from ragapp.embedded.places import EmbeddedError, Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Where the services are; `note` says once what was put outside the data folder."""

    database_url: str
    owner_database_url: str
    redis_url: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Whether each service answers."""

    database: bool
    redis: bool


def start(data_dir: Path, *, durable: bool = True, database: bool = True, redis: bool = True) -> Services:
    """Start what does not run yet; running services are found and kept. Raises EmbeddedError."""
    found = places.prepare(data_dir, durable=durable)
    with _one_at_a_time(found):
        note = _note(found) if database else ""
        if redis:
            redis_server.start(found)
        if database:
            postgres_server.start(found)
    return Services(
        database_url=roles.url(found, roles.APPLICATION),
        owner_database_url=roles.url(found, roles.OWNER),
        redis_url=redis_server.url(found),
        note=note,
    )


def stop(data_dir: Path) -> None:
    """Stop both; nothing happens when none runs."""
    found = places.find(data_dir)
    if found is None or not found.run.exists():
        return
    with _one_at_a_time(found):
        postgres_server.stop(found)
        redis_server.stop(found)
    if found.short_sockets and found.short_sockets.exists():
        found.short_sockets.rmdir()


def reset(data_dir: Path) -> None:
    """Stop both and delete the data folder with everything recorded outside it."""
    data = data_dir.resolve()
    found = places.find(data)
    if found is None:
        if data.exists() and any(data.iterdir()) and not (data / places.RECORD).exists():
            raise EmbeddedError(f"{data} was not made by bin/up, so it is left as it is. Remove it yourself.")
        found = Places(data=data, durable=True, account=None, outside=None, short_sockets=None)
    else:
        stop(data)
    if data.exists():
        places.remove(found)


def status(data_dir: Path) -> Status:
    """Which services answer now."""
    found = places.find(data_dir)
    if found is None:
        return Status(database=False, redis=False)
    return Status(database=postgres_server.answers(found), redis=redis_server.answers(found))


def environment(data_dir: Path) -> dict[str, str]:
    """The variables that settings read, for the services that answer; empty when none does."""
    found = places.find(data_dir)
    if found is None:
        return {}
    variables = {}
    if postgres_server.answers(found):
        variables["DATABASE_URL"] = roles.url(found, roles.APPLICATION)
        variables["DATABASE_OWNER_URL"] = roles.url(found, roles.OWNER)
    if redis_server.answers(found):
        variables["REDIS_URL"] = redis_server.url(found)
    return variables | secret_files(found.secrets) | {"RAGAPP_EMBEDDED": "1"} if variables else {}


def secret_files(folder: Path) -> dict[str, str]:
    """Make the application's own keys once and name their files."""
    keys.kept(folder, "secret_key")
    keys.kept_encryption_key(folder, "encryption_keys")
    return {
        "RAGAPP_SECRET_KEY_FILE": str(folder / "secret_key"),
        "RAGAPP_ENCRYPTION_KEYS_FILE": str(folder / "encryption_keys"),
    }


def _note(found: Places) -> str:
    if found.outside is None or found.account is None or found.database.exists():
        return ""
    return (
        f"PostgreSQL does not run as root: it runs as {found.account.name}, "
        f"with its data in {found.outside} (removed by --reset)."
    )


@contextmanager
def _one_at_a_time(found: Places) -> Iterator[None]:
    """Two starts at once would both create the cluster."""
    descriptor = os.open(found.run / "services.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
