"""What is stored in English is read in the reader's language, values included."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from django.utils import translation

from documents import archives, ingestion, unpacking
from documents.ingestion import clean, errors, lease, parse, pipeline, rebuild, scrutinise
from documents.ingestion.parsers import sniffing
from documents.sources import addresses, fetching, folder, keeping, runs, settling, sitemap, sync, visiting
from documents.wording import SENTENCES, told
from ragapp.lib import connections, outbound

TOLD_BY = (
    archives, scrutinise, unpacking, addresses, fetching, folder, keeping, runs, settling, sitemap, sync, visiting,
    connections, outbound,
)  # fmt: skip
FOLDER = Path(str(ingestion.__file__)).parent
RAISED = {*errors.ERRORS, "warn"}
CONSTANTS = (
    errors.TOO_LITTLE_TEXT, errors.SCAN_HINT, errors.OUT_OF_MEMORY, *errors.MISSING_PROGRAMS,
    lease.GAVE_UP, lease.GAVE_UP_HINT, rebuild.GAVE_UP, rebuild.GAVE_UP_HINT, rebuild.UNEXPECTED,
    rebuild.UNEXPECTED_HINT, parse.UNISOLATED, clean.INVISIBLE.format(words="7 words"), pipeline.NO_MODEL,
    pipeline.NO_MODEL_HINT, pipeline.NAMED, pipeline.OUT_OF_TIME, pipeline.UNEXPECTED, pipeline.UNEXPECTED_HINT,
)  # fmt: skip


def written() -> Iterator[str]:
    """Every sentence that a parser or the pipeline raises or remarks, with 7 for each value."""
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in RAISED:
                for value in (*node.args, *(keyword.value for keyword in node.keywords)):
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value
                    elif isinstance(value, ast.JoinedStr):
                        parts = (part.value if isinstance(part, ast.Constant) else "7" for part in value.values)
                        yield "".join(map(str, parts))
    for kind in errors.ERRORS.values():
        yield from (kind().message, kind().hint)
    yield from CONSTANTS
    for reason in sniffing._REASONS.values():
        yield from reason


def test_every_sentence_that_can_be_stored_has_its_german() -> None:
    found = {sentence for sentence in written() if re.search(r"\w \w", sentence)}

    with translation.override("de"):
        english = [sentence for sentence in sorted(found) if told(sentence) == sentence]

    assert len(found) > 60
    assert english == []


def spoken(module: ModuleType) -> Iterator[str]:
    """Every sentence of a module that is no docstring and not translated where it stands, with 7 for each value."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"):
            skipped |= {id(part) for part in ast.walk(node) if part is not node}
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
        if re.fullmatch(r"[A-Z7].*[a-z] [a-z].*[.7]", text):
            yield text


@pytest.mark.parametrize("module", TOLD_BY, ids=lambda module: module.__name__)
def test_what_sources_and_archives_say_has_its_german(module: ModuleType) -> None:
    with translation.override("de"):
        assert [sentence for sentence in spoken(module) if told(sentence) == sentence] == []


def test_sentences_that_were_put_together_are_told_one_by_one() -> None:
    stored = "No document was found. wiki.intern is not on the public internet. Ask Ann."

    with translation.override("de"):
        assert (
            told(stored)
            == "Es wurde kein Dokument gefunden. wiki.intern liegt nicht im öffentlichen Internet. Ask Ann."
        )
    with translation.override("en"):
        assert told(stored) == stored


@pytest.mark.parametrize("sentence", SENTENCES)
def test_in_english_it_stays_as_it_was_stored(sentence: str) -> None:
    stored = re.sub(r"%\(\w+\)s", "7", sentence)

    with translation.override("en"):
        assert told(stored) == stored


def test_values_and_what_is_not_ours_stay() -> None:
    with translation.override("de"):
        assert told("The hidden sheet “Löhne 100 %” was left out.") == (
            "Das verborgene Blatt „Löhne 100 %“ wurde ausgelassen."
        )
        assert told("<b>Something else</b>") == "<b>Something else</b>"
        assert told("") == ""
