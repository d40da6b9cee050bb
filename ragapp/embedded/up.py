"""bin/up: everything on this machine, from the database to a cited answer, until Ctrl-C."""

import argparse
import os
import signal
import socket
import sys
from pathlib import Path

from ragapp.embedded import children, places, running, services
from ragapp.embedded.children import StopRequested
from ragapp.embedded.console import Console
from ragapp.embedded.places import EmbeddedError
from ragapp.embedded.start_up import StartUp
from ragapp.embedded.surroundings import given_services, surroundings, with_clean_python

ROOT = Path(__file__).resolve().parent.parent.parent
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after Ctrl-C or when it runs already, 1 with a message otherwise."""
    options = _options(arguments)
    data = Path(os.environ.get("RAGAPP_DATA_DIR") or ROOT / ".data").resolve()
    console = Console()
    try:
        return _hold(data, options, console)
    except EmbeddedError as error:
        console.line(str(error))
        return 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/up",
        description="Starts ragapp with everything it needs, and ends it all on Ctrl-C.",
        epilog="Given DATABASE_URL or REDIS_URL it uses those. The data lies in .data (or RAGAPP_DATA_DIR).",
    )
    parser.add_argument("--port", type=int, default=8000, help="port of the web pages (default: 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--reset", action="store_true", help="delete all data first and start over")
    return parser.parse_args(arguments)


def _hold(data: Path, options: argparse.Namespace, console: Console) -> int:
    """Take the data folder for ourselves, clear up after a killed predecessor, then go on."""
    places.prepare(data, durable=True)
    watch = running.post_watch(data)
    lock = running.take(data)
    if lock is None:
        watch.dismiss()
        console.line(running.who_runs(data))
        if options.reset:
            raise EmbeddedError("Nothing was deleted: end it first, then start with --reset again.")
        return 0
    try:
        children.end_leftovers(running.record(data))
        if options.reset:
            with console.step("Deleting all data"):
                services.reset(data)
            places.prepare(data, durable=True)
            os.close(lock)
            lock = running.take(data)
        _require_free_port(options.host, options.port)
        return _run(data, options, console)
    finally:
        watch.dismiss()
        if lock is not None:
            os.close(lock)


def _run(data: Path, options: argparse.Namespace, console: Console) -> int:
    ours = children.Children(record=running.record(data), logs=data / "logs", console=console, root=ROOT)
    _listen_for_the_end(ours)
    status = 0
    try:
        start_up = _services(data, options, ours)
        try:
            start_up.everything()
        finally:
            start_up.say_passwords()
        start_up.stay()
    except StopRequested:
        console.line("Ending; a second Ctrl-C does not wait for work in progress.")
    except EmbeddedError as error:
        console.line(str(error))
        status = 1
    finally:
        ours.end()
        services.stop(data)
        running.withdraw(data)
        console.line("Everything that was started has ended.")
    return status


def _services(data: Path, options: argparse.Namespace, ours: children.Children) -> StartUp:
    outside = with_clean_python()
    database_given, redis_given = given_services(outside)
    with ours.console.step(_services_title(database_given, redis_given)):
        found = services.start(data, database=not database_given, redis=not redis_given)
        if found.note:
            ours.console.paragraph(found.note)
    return StartUp(
        root=ROOT,
        data=data,
        children=ours,
        host=options.host,
        port=options.port,
        surroundings=surroundings(data, found=found, host=options.host, port=options.port, outside=outside),
        embedded_database=not database_given,
        embedded_redis=not redis_given,
        restart_services=lambda: services.start(data, database=not database_given, redis=not redis_given),
    )


def _services_title(database_given: bool, redis_given: bool) -> str:
    own = [name for name, given in (("PostgreSQL", database_given), ("Redis", redis_given)) if not given]
    return f"Starting {' and '.join(own)}" if own else "Using the given services"


def _require_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise EmbeddedError(
                f"Port {port} on {host} cannot be used ({error.strerror}). "
                f"Choose another one: bin/up --port {port + 80 if port < 65000 else 8080}"
            ) from error


def _listen_for_the_end(ours: children.Children) -> None:
    def asked(_number: int, _frame: object) -> None:
        ours.hurry = ours.asked_to_stop
        ours.asked_to_stop = True

    for number in STOP_SIGNALS:
        signal.signal(number, asked)


if __name__ == "__main__":
    sys.exit(main())
