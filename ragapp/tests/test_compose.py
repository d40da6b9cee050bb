"""The production description: what each container may do, and that every variable exists and is documented.

No container engine is needed: the rules are read from the file as Compose would merge it.
"""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
APPLICATIONS = ("ragapp", "documents", "chat", "evaluation")
READERS = {"text", "required", "boolean", "integer", "number", "listing", "choice", "mapping"}
ONE_SHOT = {"migrate"}
OURS = {"web", "worker-ingest", "worker-default", "worker-evaluate", "beat", "migrate"}
# Read by prometheus_client, and by the images of the database and the proxy, not by the application.
READ_BY_OTHERS = {
    "PROMETHEUS_MULTIPROC_DIR",
    "POSTGRES_PASSWORD_FILE",
    "POSTGRES_INITDB_ARGS",
    "SITE",
}

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
KNOWN_KEYS = {
    *("build", "cap_drop", "command", "configs", "depends_on", "environment", "healthcheck", "image", "init"),
    *("logging", "networks", "ports", "read_only", "restart", "secrets", "security_opt", "shm_size"),
    *("stop_grace_period", "tmpfs", "user", "volumes"),
}


def names_read_by(path: Path) -> set[str]:
    """Variables that a module reads through ragapp.env, and ours that it reads from the process itself."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        module, name = node.func.value, node.args[0]
        if ast.unparse(node.func) == "os.environ.get" and ast.unparse(name).startswith("'RAGAPP_"):
            found.add(ast.literal_eval(name))
        if isinstance(module, ast.Name) and module.id == "env" and node.func.attr in READERS:
            assert isinstance(name, ast.Constant), f"{path} reads a variable whose name is computed"
            found.add(str(name.value))
    return found


def known_variables() -> set[str]:
    files = [file for name in APPLICATIONS for file in (ROOT / name).rglob("*.py") if "tests" not in file.parts]
    return set().union(*(names_read_by(file) for file in files))


def documented_variables() -> set[str]:
    text = (ROOT / "docs/reference/settings.md").read_text()
    return set(re.findall(r"^\| `([A-Z_]+)`", text, flags=re.MULTILINE))


@pytest.fixture(params=sorted(SERVICES))
def service(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"name": request.param, **SERVICES[request.param]}


def test_only_known_keys_are_used(service: dict[str, Any]) -> None:
    assert set(service) - {"name"} <= KNOWN_KEYS


def test_a_container_runs_without_root_and_without_rights(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["read_only"] is True
    assert not {"privileged", "cap_add", "pid", "network_mode", "devices"} & set(service)


def test_a_container_tells_its_health_or_ends(service: dict[str, Any]) -> None:
    if service["name"] in ONE_SHOT:
        assert service["restart"] == "no"
        return

    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert service["restart"] == "unless-stopped"


def test_what_a_container_mounts_and_joins_is_declared(service: dict[str, Any]) -> None:
    volumes = {volume.split(":")[0] for volume in service.get("volumes", [])}

    assert volumes <= set(COMPOSE["volumes"])
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert {config["source"] for config in service.get("configs", [])} <= set(COMPOSE["configs"])
    assert set(service.get("depends_on", {})) <= set(SERVICES)


def test_every_secret_file_that_is_named_is_given(service: dict[str, Any]) -> None:
    named = {
        value.removeprefix("/run/secrets/")
        for value in service.get("environment", {}).values()
        if str(value).startswith("/run/secrets/")
    }

    assert named <= set(service.get("secrets", []))


def test_no_secret_stands_in_the_file() -> None:
    for name, entry in SERVICES.items():
        for variable in entry.get("environment", {}):
            secret = re.search("PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL|REDIS_URL|EMAIL_URL", variable)
            assert not secret or variable.endswith("_FILE"), f"{name} is given {variable} in the open"


def test_every_secret_is_made_by_the_script() -> None:
    script = (ROOT / "bin/make-secrets").read_text()

    assert [name for name in COMPOSE["secrets"] if not re.search(rf"\b{name}\b", script)] == []


def test_only_the_proxy_is_reachable_from_outside() -> None:
    assert [name for name, entry in SERVICES.items() if "ports" in entry] == ["proxy"]
    assert SERVICES["proxy"]["networks"] == ["front"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_what_reads_files_of_strangers_reaches_nothing_outside() -> None:
    assert SERVICES["worker-ingest"]["networks"] == ["inside"]


def test_only_migrations_have_the_owners_password() -> None:
    holders = [name for name, entry in SERVICES.items() if "database_owner_url" in entry.get("secrets", [])]

    assert holders == ["migrate"]


def test_every_queue_has_a_worker_and_all_run_the_same_image() -> None:
    queues = [
        entry["command"][entry["command"].index("-Q") + 1]
        for entry in SERVICES.values()
        if "-Q" in entry.get("command", [])
    ]

    assert sorted(queues) == ["default", "evaluate", "ingest"]
    assert {SERVICES[name]["image"] for name in OURS} == {"ragapp"}


def test_every_variable_that_a_container_is_given_is_read() -> None:
    given = {variable for entry in SERVICES.values() for variable in entry.get("environment", {})}

    unknown = {name.removesuffix("_FILE") for name in given - READ_BY_OTHERS} - known_variables()

    assert unknown == set()


def test_every_variable_is_documented_and_nothing_else_is() -> None:
    assert known_variables() == documented_variables()


def test_the_image_is_built_without_root_and_without_secrets() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    stages = [line for line in lines if line.startswith("FROM ")]
    users = [line.split()[1] for line in lines if line.startswith("USER ")]

    assert len(stages) == 3
    assert users == ["10001:10001", "10002:10002"]
    assert not [line for line in lines if re.match(r"(ENV|ARG) .*(KEY|PASSWORD|TOKEN|SECRET)", line)]


def test_the_builder_sees_only_what_is_allowed() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert {
        line.split()[1].rstrip("/")
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line and "<<" not in line
    } <= {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
