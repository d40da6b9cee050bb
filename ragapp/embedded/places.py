"""Where the embedded services keep their data, sockets and passwords, and which user runs the database.

PostgreSQL refuses to run as root, and the data folder (0700, root's) is closed to the user that runs it
instead. So for root the database lies in a folder of its own outside, recorded here and removed by a reset.
"""

import hashlib
import json
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

RECORD = "services.json"
LONGEST_SOCKET_PATH = 107
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"


class EmbeddedError(Exception):
    """The embedded services cannot run; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The unprivileged user that runs PostgreSQL when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Resolved paths; `outside` and `short_sockets` are None when everything fits inside the data folder."""

    data: Path
    durable: bool
    account: Account | None
    outside: Path | None
    short_sockets: Path | None

    @property
    def home(self) -> Path:
        """The folder around the database, its passwords' hand-over and the copied server."""
        return self.outside or self.data

    @property
    def database(self) -> Path:
        return self.home / "postgres"

    @property
    def redis(self) -> Path:
        return self.data / "redis"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def database_sockets(self) -> Path:
        return self.outside / "run" if self.outside else self.redis_sockets

    @property
    def redis_sockets(self) -> Path:
        return self.short_sockets or self.run

    @property
    def database_socket(self) -> Path:
        return self.database_sockets / LONGEST_SOCKET_NAME

    @property
    def redis_socket(self) -> Path:
        return self.redis_sockets / "redis.sock"


def key_of(data: Path) -> str:
    """A short name for this data folder, the same at every start."""
    return hashlib.sha256(os.fsencode(data)).hexdigest()[:12]


def private_folder(path: Path, account: Account | None = None, *, mode: int = 0o700) -> Path:
    """A folder of ours, or of `account`; raises EmbeddedError when somebody else owns it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    owners = {os.geteuid()} | ({account.uid} if account else set())
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
        raise EmbeddedError(f"{path} belongs to somebody else. Remove it, or choose another data folder.")
    if stat.S_IMODE(status.st_mode) != mode:
        path.chmod(mode)
    if account and status.st_uid != account.uid:
        os.chown(path, account.uid, account.gid)
    return path


def find(data_dir: Path) -> Places | None:
    """The places of services that were prepared here before, or None."""
    data = data_dir.resolve()
    try:
        record = json.loads((data / RECORD).read_text())
        if record["data"] != str(data) and (Path(record["data"]) / RECORD).exists():
            return None  # this folder is a copy, and what lies outside belongs to the original
        return Places(
            data=data,
            durable=record["durable"],
            account=Account(**record["account"]) if record["account"] else None,
            outside=Path(record["outside"]) if record["outside"] else None,
            short_sockets=Path(record["short_sockets"]) if record["short_sockets"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def prepare(data_dir: Path, *, durable: bool) -> Places:
    """Make the folders (0700) and record them; what an earlier start chose stays."""
    data = data_dir.resolve()
    if data.exists() and any(data.iterdir()) and not (data / RECORD).exists():
        raise EmbeddedError(f"{data} is not empty and was not made by bin/up. Choose another data folder.")
    private_folder(data)
    places = find(data) or _choose(data, durable=durable)
    _write_record(places)
    for folder in (places.redis, places.run, places.logs, places.secrets):
        private_folder(folder)
    if places.short_sockets:
        private_folder(places.short_sockets)
    return places


def open_outside(places: Places) -> None:
    """Make the folder of the database when it lies outside."""
    if places.outside:
        # Root's, so that the server's user cannot put links where root writes; its own folders lie inside.
        private_folder(places.outside, mode=0o711)
        private_folder(places.database_sockets, places.account)
        # Whoever finds this folder after the data folder was removed by hand learns that it may go too.
        (places.outside / "belongs-to").write_text(f"{places.data}\n")


def remove(places: Places) -> None:
    """Delete everything that was prepared, outside folders first."""
    for folder in (places.outside, places.short_sockets):
        if folder and folder.name.startswith("ragapp-"):
            shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(places.data)


def _choose(data: Path, *, durable: bool) -> Places:
    account = _account() if os.geteuid() == 0 else None
    outside = None
    if account:
        # /var/lib is never swept by age, as /tmp and /var/tmp are.
        base = Path("/var/lib") if durable and os.access("/var/lib", os.W_OK) else Path(tempfile.gettempdir())
        outside = base / f"ragapp-{key_of(data)}"
        if not _enterable(base, account):
            outside = Path("/var/tmp") / f"ragapp-{key_of(data)}"
    longest = os.fsencode(data / "run" / LONGEST_SOCKET_NAME)
    short = _short_sockets(data) if len(longest) > LONGEST_SOCKET_PATH else None
    return Places(data=data, durable=durable, account=account, outside=outside, short_sockets=short)


def _short_sockets(data: Path) -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for base in (Path(runtime), Path("/tmp")):
        folder = base / f"ragapp-{key_of(data)}-{os.geteuid()}"
        fits = len(os.fsencode(folder / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH
        if base.is_absolute() and fits and os.access(base, os.W_OK):
            return folder
    raise EmbeddedError("No folder with a short path was found for the sockets. Set XDG_RUNTIME_DIR to one.")


def _account() -> Account:
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ("nobody", "postgres", "daemon"):
        if (entry := entries.get(name)) and entry.pw_uid != 0:
            return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise EmbeddedError("PostgreSQL does not run as root and no unprivileged user was found. Add one: useradd nobody")


def _enterable(folder: Path, account: Account) -> bool:
    """May this account walk down to `folder`? Root's own rights do not count."""
    for part in (folder, *folder.parents):
        status = part.stat()
        bit = 0o100 if status.st_uid == account.uid else 0o010 if status.st_gid == account.gid else 0o001
        if not status.st_mode & bit:
            return False
    return True


def _write_record(places: Places) -> None:
    record = {
        "data": str(places.data),
        "durable": places.durable,
        "account": asdict(places.account) if places.account else None,
        "outside": str(places.outside) if places.outside else None,
        "short_sockets": str(places.short_sockets) if places.short_sockets else None,
    }
    # Of this process: another start may be writing at the same moment.
    fresh = places.data / f"{RECORD}.{os.getpid()}.new"
    fresh.write_text(json.dumps(record, indent=2) + "\n")
    fresh.replace(places.data / RECORD)
