"""Long PDFs for measuring, set from the abstracts of a collection: prose, ruled tables, two columns."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from evaluation.benchmarks.report import NotMeasurable

KINDS = ("prose", "tables", "columns")
_ROWS = 12  # of a table


def make(folder: Path, corpus: Path, *, kind: str, pages: int) -> Path:
    """A PDF of exactly `pages` pages in `folder`. Raises NotMeasurable without reportlab or the collection."""
    try:
        from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate
    except ImportError as error:
        raise NotMeasurable('Long PDFs are set with reportlab, of the dependency group "dev".') from error
    if not corpus.exists():
        raise NotMeasurable(f"There is no {corpus}. Name the folder of the test data with --data.")
    path = folder / f"{kind}-{pages}.pdf"
    across = 2 if kind == "columns" else 1
    width = 490 / across - 10
    frames = [Frame(50 + at * (width + 20), 60, width, 720) for at in range(across)]
    document = BaseDocTemplate(str(path))
    document.addPageTemplates(PageTemplate(frames=frames, onPage=_foot))
    document.build(list(_story(corpus, kind, pages, across)))
    return path


def _foot(canvas: Any, document: Any) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(60, 30, "Report of the institute")
    canvas.drawRightString(530, 30, f"Page {document.page}")


def _story(corpus: Path, kind: str, pages: int, across: int) -> Iterator[Any]:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import FrameBreak, KeepInFrame, Paragraph

    styles = getSampleStyleSheet()
    texts = itertools.cycle(_texts(corpus))
    for column in range(pages * across):
        if column:
            yield FrameBreak()
        parts = []
        for title, text in itertools.islice(texts, 1 if kind == "tables" else 2):
            parts.append(Paragraph(escape(title), styles["Heading3"]))
            parts.append(Paragraph(escape(text[:1600]), styles["BodyText"]))
            if kind == "tables":
                parts.append(_table(text, column))
        yield KeepInFrame(0, 700, parts, mode="truncate")


def _texts(corpus: Path) -> list[tuple[str, str]]:
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in itertools.islice(lines, 3000)]
    return [(str(row["title"]), str(row["text"])) for row in rows]


def _table(text: str, seed: int) -> Any:
    from reportlab.lib import colors
    from reportlab.platypus import Table

    chance = random.Random(seed)
    rows = [(word, f"{chance.uniform(0, 999):.2f}", f"{chance.uniform(0, 100):.1f} %") for word in text.split()[:_ROWS]]
    style = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold")]
    return Table([("Item", "Amount", "Share"), *rows], style=style)
