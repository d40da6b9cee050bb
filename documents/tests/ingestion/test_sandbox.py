"""The process in which files are read is bounded, cut off and clean."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from documents.ingestion import sandbox
from documents.ingestion.errors import (
    ERRORS,
    DamagedFile,
    IngestionError,
    ParserCrashed,
    ParserTimedOut,
    TooLarge,
    UnsupportedFile,
    from_json,
    to_json,
)
from documents.ingestion.parse import parse
from documents.ingestion.parsers import landlock
from documents.ingestion.types import Limits
from documents.tests.ingestion import making

LIMITS = Limits()


@pytest.fixture(scope="module")
def probe() -> sandbox.Outcome:
    os.environ["DATABASE_URL"] = "postgres://secret"
    try:
        return sandbox.run("probe", {}, limits=LIMITS)
    finally:
        del os.environ["DATABASE_URL"]


def test_the_network_is_out_of_reach(probe: sandbox.Outcome) -> None:
    assert probe.network_isolated
    assert probe.value["network_refused"]
    assert sandbox.isolation().network


def test_the_environment_holds_nothing_but_what_a_parser_needs(probe: sandbox.Outcome) -> None:
    environment = probe.value["environment"]
    assert set(environment) <= {
        "PATH", "LANG", "HOME", "TMPDIR", "PYTHONPATH", "DO_NOT_TRACK", "SCARF_NO_ANALYTICS",
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_THREAD_LIMIT", "LC_CTYPE",
    }  # fmt: skip
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["SCARF_NO_ANALYTICS"] == "true"


def test_the_temporary_home_is_removed(probe: sandbox.Outcome) -> None:
    assert not Path(probe.value["environment"]["HOME"]).exists()


def test_memory_is_bounded_and_the_child_leads_its_own_session(probe: sandbox.Outcome) -> None:
    assert probe.value["memory_bytes"] == LIMITS.memory_bytes
    assert probe.value["session"]


@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
def test_only_the_temporary_home_can_be_written_and_no_secret_read(tmp_path: Path) -> None:
    secret = settings.DATA_DIR / "secrets" / f"test-{uuid.uuid4()}"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text("a secret")
    mode = secret.stat().st_mode
    code = sandbox.ROOT / "documents" / "ingestion" / "types.py"
    places = [str(path) for path in (secret, tmp_path / "new", code, Path.home() / ".profile")]
    others = [f"/proc/{os.getpid()}/environ", f"/proc/{os.getpid()}/mem", "/etc/shadow", str(sandbox.ROOT / "bin/up")]
    try:
        seen = sandbox.run("probe", {"read": [*places[:2], *others], "write": places}, limits=LIMITS).value
        assert (seen["read"], seen["write"], seen["chmod"], seen["home_written"]) == ([], [], [], True)
        assert secret.stat().st_mode == mode
    finally:
        secret.unlink()


def test_no_local_socket_can_be_reached(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        places = [str(tmp_path / "s")]
        assert sandbox.run("probe", {"connect": places}, limits=LIMITS).value["connect"] == []
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(places[0])


def test_no_other_process_can_be_signalled_and_the_group_not_left(probe: sandbox.Outcome) -> None:
    assert probe.value["parent_signalled"] is not probe.isolation.signals
    assert not probe.value["session_left"]


def test_where_no_namespace_can_be_made_everything_is_refused_all_the_same(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    home = tmp_path / "home"
    home.mkdir()
    script = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from documents.ingestion.parsers import cage, probe\n"
        "isolation = cage.isolate(home=Path(sys.argv[1]), readable=[], in_namespace=False)\n"
        "seen = probe.look_around({'read': [sys.argv[2]], 'write': [sys.argv[2]], 'connect': ['/run/nowhere']})\n"
        "print(json.dumps([isolation.network, isolation.files, seen]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(home), str(secret)],
        env={**os.environ, "HOME": str(home)},
        check=True, cwd=sandbox.ROOT, capture_output=True, text=True,
    )  # fmt: skip
    network, files, seen = json.loads(done.stdout)
    assert network == "filter"
    assert seen["network_refused"]
    assert not seen["session_left"]
    assert files is (landlock.version() > 0)
    if files:
        assert (seen["read"], seen["write"]) == ([], [])


def test_the_filter_lets_local_sockets_be_made_and_refuses_all_others() -> None:
    script = (
        "import socket\n"
        "from documents.ingestion.parsers import filtering\n"
        "assert filtering.refuse_system_calls()\n"
        "socket.socket(socket.AF_UNIX).close()\n"
        "for pair in socket.socketpair():\n"
        "    pair.close()\n"
        "others = (socket.AF_INET, 1), (socket.AF_INET6, 1), (socket.AF_NETLINK, 3), (socket.AF_UNIX, 2)\n"
        "for family, kind in others:\n"
        "    try:\n"
        "        socket.socket(family, kind)\n"
        "    except PermissionError:\n"
        "        continue\n"
        "    raise SystemExit('a socket was made')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=sandbox.ROOT)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_works_inside(tmp_path: Path) -> None:
    old = tmp_path / "old.rtf"
    old.write_text(r"{\rtf1\ansi Parental leave is twelve weeks for everyone here.\par}")
    made = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "doc"]
    subprocess.run([*made, "--outdir", str(tmp_path), str(old)], check=True, capture_output=True)
    document = parse(tmp_path / "old.doc", filename="old.doc", limits=LIMITS)
    assert "Parental leave is twelve weeks" in document.text


def test_a_parser_that_burns_the_processor_is_stopped(tmp_path: Path) -> None:
    deep = tmp_path / "deep.json"
    deep.write_text("[" + ",".join(['{"a":' * 200 + "1" + "}" * 200] * 20_000) + "]")
    with pytest.raises(ParserTimedOut):
        parse(deep, filename="deep.json", limits=replace(LIMITS, cpu_seconds=1, memory_bytes=8 * 1024**3))


def test_a_parser_that_only_waits_is_stopped(tmp_path: Path) -> None:
    pipe = tmp_path / "never.txt"
    os.mkfifo(pipe)
    with pytest.raises(ParserTimedOut):
        sandbox.run("parse", {"path": str(pipe), "filename": "never.txt"}, limits=replace(LIMITS, wall_seconds=0.5))


def test_a_file_that_needs_too_much_memory_fails_with_a_reason(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    large.write_text("[" + "{}," * 3_000_000 + "1]")
    with pytest.raises(TooLarge, match="memory"):
        parse(large, filename="large.json", limits=replace(LIMITS, memory_bytes=200 * 1024**2))


def test_a_workbook_that_unpacks_without_end_fails_with_a_reason(tmp_path: Path) -> None:
    bomb = making.bomb(tmp_path / "bomb.xlsx")
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises((TooLarge, ParserTimedOut)):
        parse(bomb, filename="bomb.xlsx", limits=replace(LIMITS, cells=100_000, cpu_seconds=4))


def test_a_row_without_end_is_counted_before_it_is_read(tmp_path: Path) -> None:
    wide = making.bomb(tmp_path / "wide.xlsx", row="<c><v>1</v></c>" * 2, rows_are_whole=False)
    with pytest.raises(TooLarge, match="500,000 cells"):
        parse(wide, filename="wide.xlsx", limits=replace(LIMITS, cells=500_000, memory_bytes=1024**3, cpu_seconds=15))


def test_an_answer_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "long.txt"
    text.write_text("A line of text that says nothing. " * 5000)
    with pytest.raises(TooLarge):
        parse(text, filename="long.txt", limits=replace(LIMITS, written_bytes=20_000))


def test_a_child_that_dies_is_reported_as_a_crash() -> None:
    with pytest.raises(ParserCrashed):
        sandbox.run("no such job", {}, limits=LIMITS)


def test_the_next_file_is_read_when_the_server_of_parsers_was_killed_between_two() -> None:
    first = sandbox.run("probe", {}, limits=LIMITS).value["parent"]
    os.kill(first, signal.SIGKILL)
    assert sandbox.run("probe", {}, limits=LIMITS).value["parent"] != first


def test_files_are_read_by_children_of_one_server_that_know_nothing_of_each_other() -> None:
    one, two = (sandbox.run("probe", {}, limits=LIMITS).value for _ in range(2))
    assert one["parent"] == two["parent"] != os.getpid()
    assert one["environment"]["HOME"] != two["environment"]["HOME"]
    assert one["open_files"] == two["open_files"] <= 5


@pytest.mark.parametrize("kind", ERRORS.values(), ids=ERRORS)
def test_errors_survive_the_process_boundary(kind: type[IngestionError]) -> None:
    again = from_json(to_json(kind()))
    assert type(again) is kind
    assert again.message
    assert again.hint
    assert again.message == kind().message


def test_a_page_is_drawn_as_a_picture_of_the_asked_width(tmp_path: Path) -> None:
    import io

    from PIL import Image

    path = making.pdf(tmp_path / "a.pdf", [[(50, 500, "Parental leave", 18)]])
    picture = Image.open(io.BytesIO(sandbox.render_page(path, 1, width_px=300)))
    assert picture.format == "WEBP"
    assert picture.size == (300, 450)
    assert picture.convert("L").getextrema()[0] < 60


def test_a_page_that_does_not_exist_is_named(tmp_path: Path) -> None:
    path = making.pdf(tmp_path / "a.pdf", [[(50, 500, "Parental leave", 18)]])
    with pytest.raises(DamagedFile, match="page 2"):
        sandbox.render_page(path, 2)


def test_a_file_without_pages_is_not_drawn(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("No pages here.")
    with pytest.raises(UnsupportedFile):
        sandbox.render_page(path, 1)


def test_reading_a_pdf_imports_neither_unstructured_nor_torch(tmp_path: Path) -> None:
    path = making.pdf(tmp_path / "a.pdf", [[(50, 500, "Parental leave is twelve weeks for everyone here", 18)]])
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from documents.ingestion.parsers import read_file\n"
        "from documents.ingestion.types import Limits\n"
        f"read_file(Path({str(path)!r}), 'a.pdf', Limits(), deadline=0.0)\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert loaded.isdisjoint({'unstructured', 'torch', 'spacy', 'django', 'docx', 'openpyxl'}), loaded\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=sandbox.ROOT)
