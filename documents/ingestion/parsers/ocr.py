"""Text recognition with the `tesseract` program: a picture becomes printed words with their places."""

from __future__ import annotations

import csv
import functools
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from documents.ingestion.parsers import cage
from documents.ingestion.parsers.base import Source
from documents.ingestion.parsers.printed import Printed

if TYPE_CHECKING:
    from PIL.Image import Image

DOTS_PER_INCH = 300
MOST_PIXELS = 20_000_000
_LEAST_CONFIDENCE = 30.0
_WORD_LEVEL = "5"


@functools.cache
def available() -> bool:
    """Whether Tesseract is installed."""
    return shutil.which("tesseract") is not None


@functools.cache
def version() -> str:
    """Tesseract's version, for the record of how a text came about."""
    done = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).partition("\n")[0].rpartition(" ")[2]


@functools.cache
def languages() -> tuple[str, ...]:
    """Tesseract's names of the languages that are installed; none without Tesseract."""
    if not available():
        return ()
    done = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False)
    return tuple(name for name in done.stdout.split("\n")[1:] if name and name != "osd")


@functools.cache
def _languages(wanted: str) -> str:
    """Those of the wanted languages that are installed, or English."""
    return "+".join(name for name in wanted.split("+") if name in languages()) or "eng"


def words(image: Image, width: float, height: float, source: Source) -> list[Printed]:
    """The words of a picture that shows a page of `width` by `height` points.

    Stops at the source's deadline (a minute at least) and then returns none; uncertain words are left out.
    """
    cage.allow_more_time(source.limits)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        image.save(picture, compress_level=1)
        command = ["tesseract", str(picture), "stdout", "-l", _languages(source.limits.ocr_languages)]
        command += ["--psm", "3", "--dpi", str(DOTS_PER_INCH), "tsv"]
        left = max(5.0, source.deadline - time.monotonic() + 0.1 * source.limits.wall_seconds)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=left, check=False)
        except subprocess.TimeoutExpired:
            return []
    return _printed(done.stdout, width / image.width, height / image.height)


def _printed(table: str, across: float, down: float) -> list[Printed]:
    """Tesseract's TSV as words; `across` and `down` are points per pixel."""
    found: list[Printed] = []
    rows = [
        row
        for row in csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
        if row["level"] == _WORD_LEVEL and row["text"] and row["text"].strip()
    ]
    lines: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in rows:
        if float(row["conf"]) >= _LEAST_CONFIDENCE:
            lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), []).append(row)
    for line in lines.values():
        # A word's box is as tall as its letters; lines need one height for all.
        top = min(int(row["top"]) for row in line)
        bottom = max(int(row["top"]) + int(row["height"]) for row in line)
        size = (bottom - top) * down * 0.85
        for row in line:
            x0 = int(row["left"]) * across
            x1 = x0 + int(row["width"]) * across
            found.append(Printed(row["text"].strip(), x0, top * down, x1, bottom * down, size))
    return found
