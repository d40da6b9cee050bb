"""What an earlier start did already, told by the contents it was done with."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import psycopg

APPLICATIONS = ("ragapp", "documents", "chat", "evaluation")
SKIPPED_FOLDERS = {"__pycache__", "tests"}


def fingerprint(paths: Iterable[Path]) -> str:
    """Changes when a file below `paths` is added, removed or changed."""
    digest = hashlib.sha256()
    for path in sorted(_files(paths)):
        digest.update(f"{path}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_done(file: Path, step: str, print_: str) -> bool:
    """True when `step` was done with exactly this fingerprint."""
    return _read(file).get(step) == print_


def remember(file: Path, step: str, print_: str) -> None:
    """Note that `step` was done."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(_read(file) | {step: print_}, indent=2))
    fresh.replace(file)


def unapplied_migrations(database_url: str, root: Path) -> bool:
    """Is a migration of our own applications missing in the database? Much quicker than starting Django."""
    wanted = {
        (file.parent.parent.name, file.stem)
        for application in APPLICATIONS
        for file in (root / application).rglob("migrations/[0-9]*.py")
    }
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            applied = set(connection.execute("SELECT app, name FROM django_migrations").fetchall())
    except psycopg.Error:
        return True
    return not wanted <= applied


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from (
                file for file in path.rglob("*") if file.is_file() and not SKIPPED_FOLDERS.intersection(file.parts)
            )


def _read(file: Path) -> dict[str, str]:
    try:
        stamps: dict[str, str] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return stamps
