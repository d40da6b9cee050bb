"""The parts that every installation has: database, broker, workers, beat, disk."""

import re
import shutil
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from ragapp.lib.redis_connection import short_commands
from ragapp.monitoring import heartbeats
from ragapp.monitoring.health import Finding, part

OLDEST_POSTGRESQL = 16
OLDEST_VECTOR = (0, 8, 4)
QUEUES = ("ingest", "default", "evaluate")
WORKER_SILENCE_S = 30.0
BEAT_SILENCE_S = 60.0
DISK_BROKEN_MB, DISK_LOW_MB = 500, 5_000


@part("database")
def database() -> Finding:
    """PostgreSQL answers and is new enough."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = str(cursor.fetchone()[0]).split()[0]
    except DatabaseError as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return Finding(
            state="broken",
            message=f"The database does not answer ({reason}).",
            hint="Start PostgreSQL, or correct DATABASE_URL.",
        )
    if int(version.split(".")[0]) < OLDEST_POSTGRESQL:
        return Finding(
            state="broken", message=f"PostgreSQL {version} is too old.", hint=f"Use {OLDEST_POSTGRESQL} or newer."
        )
    return Finding(state="ok", message=f"PostgreSQL {version} answers.")


@part("vector extension", needs="database")
def vector_extension() -> Finding:
    """pgvector is installed and has iterative scans without the faults of older versions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    if row is None:
        return Finding(
            state="broken",
            message="The database has no pgvector.",
            hint="Install pgvector on the server, then run manage.py migrate as the owner of the database.",
        )
    if tuple(int(number) for number in re.findall(r"\d+", row[0])[:3]) < OLDEST_VECTOR:
        wanted = ".".join(map(str, OLDEST_VECTOR))
        return Finding(
            state="broken",
            message=f"pgvector {row[0]} is too old.",
            hint=f"Install {wanted} or newer, then ALTER EXTENSION vector UPDATE.",
        )
    return Finding(state="ok", message=f"pgvector {row[0]} is installed.")


@part("migrations", needs="database")
def migrations() -> Finding:
    """The tables are those of this version of the code."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Finding(
            state="broken",
            message=f"{len(missing)} migrations are not applied.",
            hint="Run RAGAPP_AS_OWNER=1 manage.py migrate.",
        )
    return Finding(state="ok", message="All migrations are applied.")


@part("broker")
def broker() -> Finding:
    """Redis answers."""
    try:
        version = short_commands().info("server")["redis_version"]
    except redis.RedisError as error:
        return Finding(
            state="broken",
            message=f"Redis does not answer ({type(error).__name__}): new files wait, answers do not stream.",
            hint="Start Redis, or correct REDIS_URL.",
        )
    return Finding(state="ok", message=f"Redis {version} answers.")


def _worker(queue: str) -> Finding:
    silence_s = heartbeats.seconds_since(heartbeats.worker_of(queue))
    if silence_s is None or silence_s > WORKER_SILENCE_S:
        return Finding(
            state="broken",
            message=f"No worker takes work from the queue {queue}{_since(silence_s)}.",
            hint=f"Start one: celery -A ragapp worker -Q {queue}",
        )
    return Finding(state="ok", message=f"A worker takes work from the queue {queue}.")


@part("worker ingest", needs="broker")
def worker_ingest() -> Finding:
    """Somebody reads in documents."""
    return _worker("ingest")


@part("worker default", needs="broker")
def worker_default() -> Finding:
    """Somebody sweeps, seals and refreshes."""
    return _worker("default")


@part("worker evaluate", needs="broker")
def worker_evaluate() -> Finding:
    """Somebody runs evaluations."""
    return _worker("evaluate")


@part("beat", needs="broker")
def beat() -> Finding:
    """Scheduled work is sent and done."""
    silence_s = heartbeats.seconds_since(heartbeats.BEAT)
    if silence_s is None or silence_s > BEAT_SILENCE_S:
        return Finding(
            state="broken",
            message=f"Scheduled work is not done{_since(silence_s)}.",
            hint="Start beat: celery -A ragapp beat. If it runs, the worker of the queue default is busy or gone.",
        )
    return Finding(state="ok", message="Scheduled work is done on time.")


@part("disk")
def disk() -> Finding:
    """There is room for files."""
    folder = next(path for path in (settings.FILES_DIR, *settings.FILES_DIR.parents) if path.exists())
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    hint = f"Make room on the volume of {settings.FILES_DIR}."
    if free_mb < DISK_BROKEN_MB:
        return Finding(state="broken", message=f"Only {free_mb} MB are free for files.", hint=hint)
    if free_mb < DISK_LOW_MB:
        return Finding(state="warning", message=f"Only {free_mb} MB are free for files.", hint=hint)
    return Finding(state="ok", message=f"{free_mb // 1000} GB are free for files.")


def _since(silence_s: float | None) -> str:
    return "" if silence_s is None else f" (last sign of life {timedelta(seconds=int(silence_s))} ago)"
