"""The environment that bin/up gives to the application's processes."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from ragapp.embedded import services
from ragapp.embedded.services import Services

# Nothing may look for a network at run time: models come from wheels, telemetry is off.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "ORT_TELEMETRY_DISABLED": "1",
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "true",
    "DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`application` serves and works; `owner` may also change the schema."""

    application: dict[str, str]
    owner: dict[str, str]


def is_given(name: str, environment: Mapping[str, str]) -> bool:
    """True when NAME or NAME_FILE is set by whoever started us."""
    return bool(environment.get(name) or environment.get(f"{name}_FILE"))


def surroundings(data: Path, *, found: Services, host: str, port: int, outside: Mapping[str, str]) -> Surroundings:
    """What was given in `outside` wins over what the embedded default would set."""
    defaults = {
        **OFFLINE,
        "DJANGO_SETTINGS_MODULE": "ragapp.settings",
        "PYTHONUNBUFFERED": "1",
        "RAGAPP_ENV": "development",
        "RAGAPP_DATA_DIR": str(data),
        "RAGAPP_BASE_URL": address(host, port),
        "RAGAPP_ALLOWED_HOSTS": ",".join(_hosts(host)),
    }
    for name, value in services.secret_files(data / "secrets").items():
        if not is_given(name.removesuffix("_FILE"), outside):
            defaults[name] = value
    own = {}
    if not is_given("REDIS_URL", outside):
        own["REDIS_URL"] = found.redis_url
    owner_url = {}
    if not is_given("DATABASE_URL", outside):
        own |= {"DATABASE_URL": found.database_url, "RAGAPP_EMBEDDED": "1"}
        owner_url = {"DATABASE_OWNER_URL": found.owner_database_url}
    everything = defaults | dict(outside) | own
    # Only migrations see the owner's password.
    application = {name: value for name, value in everything.items() if not name.startswith("DATABASE_OWNER_URL")}
    return Surroundings(application=application, owner=everything | owner_url | {"RAGAPP_AS_OWNER": "1"})


def address(host: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _hosts(host: str) -> list[str]:
    """Names under which the site may be asked for: this machine's, when it listens to others."""
    if host in ("127.0.0.1", "localhost", "::1"):
        return list(LOOPBACK)
    own = [socket.gethostname(), *_addresses()] if host in ("0.0.0.0", "::") else [host]
    return [*LOOPBACK, *own]


def _addresses() -> list[str]:
    return [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET
    ]


def given_services(environment: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether a database and a broker were given."""
    return is_given("DATABASE_URL", environment), is_given("REDIS_URL", environment)


def with_clean_python(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment without what would make the children use another Python or other settings."""
    unwanted = {"PYTHONPATH", "PYTHONHOME", "DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in environment.items() if name not in unwanted}
