"""python -m ragapp.embedded start|stop|reset|status|env DIR: the embedded services by themselves."""

import argparse
import shlex
import sys
from pathlib import Path

from ragapp.embedded import services
from ragapp.embedded.places import EmbeddedError


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0, 1 when a service is missing, 2 with a message when it cannot run."""
    parser = argparse.ArgumentParser(prog="python -m ragapp.embedded", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "reset", "status", "env"])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(".data"), help="data folder (default: .data)")
    parser.add_argument("--not-durable", action="store_true", help="for tests: faster, loses data in a crash")
    # The folder may stand behind the option as well as before it.
    options = parser.parse_intermixed_args(arguments)
    try:
        return _act(options.action, options.folder, durable=not options.not_durable)
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _act(action: str, folder: Path, *, durable: bool) -> int:
    if action == "start":
        if note := services.start(folder, durable=durable).note:
            sys.stderr.write(f"{note}\n")
    elif action == "stop":
        services.stop(folder)
    elif action == "reset":
        services.reset(folder)
    elif action == "status":
        state = services.status(folder)
        sys.stdout.write(f"database: {_word(state.database)}\nredis: {_word(state.redis)}\n")
        return 0 if state.database and state.redis else 1
    else:
        variables = services.environment(folder)
        sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        return 0 if variables else 1
    return 0


def _word(answers: bool) -> str:
    return "running" if answers else "not running"


if __name__ == "__main__":
    sys.exit(main())
