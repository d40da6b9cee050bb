"""What the parts of the system say is read in the reader's language, values included."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.utils import translation

from ragapp.monitoring.health import Part, examine
from ragapp.wording import NAMES, told

ROOT = Path(__file__).resolve().parents[1]
FILES = ("parts.py", "monitoring/parts.py", "monitoring/health.py")


def written() -> Iterator[str]:
    """Every message and hint of a finding, with 7 for each value."""
    for name in FILES:
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Finding", "Part"):
                for keyword in node.keywords:
                    if keyword.arg in ("message", "hint") and isinstance(keyword.value, ast.Constant):
                        yield str(keyword.value.value)
                    elif keyword.arg in ("message", "hint") and isinstance(keyword.value, ast.JoinedStr):
                        parts = (part.value if isinstance(part, ast.Constant) else "7" for part in keyword.value.values)
                        yield "".join(map(str, parts))


def test_every_finding_has_its_german() -> None:
    # Behind a queue's name, and behind "not done", stands since when nothing was heard, or nothing.
    found = {text.replace("queue 77.", "queue 7.").replace("not done7.", "not done.") for text in written()} - {""}

    with translation.override("de"):
        parts = [Part(name="disk", state="ok", message=text) for text in sorted(found)]
        english = [part.message for part in parts if told(part).message == part.message]

    assert len(found) > 30
    assert english == ["7 (revision 7) 7."]  # said whole in the two ways that it has


def test_what_the_running_parts_say_is_read_in_german(db: None) -> None:
    with translation.override("de"):
        read = {part.name: (told(part), part) for part in examine().parts}

    assert read.keys() == set(NAMES)
    assert [name for name, (german, english) in read.items() if german.message == english.message] == []
