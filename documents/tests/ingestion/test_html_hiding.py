"""What a browser shows of a page is read, and what it hides is told."""

from __future__ import annotations

import pytest

from documents.ingestion.parsers.base import Draft
from documents.ingestion.parsers.html import add_html
from documents.ingestion.types import Limits, ParsedDocument


def read(inner: str, rules: str = "") -> ParsedDocument:
    draft = Draft(Limits())
    add_html(draft, f"<html><head><style>{rules}</style></head><body><p>Shown.</p>{inner}</body></html>")
    return draft.finish(title="", parser="html", version="1")


@pytest.mark.parametrize(
    "style",
    [
        "display:none", "visibility: hidden", "opacity:0.01", "font-size:1px", "font-size: 0.1pt",
        "position:absolute;left:-9999px", "text-indent:-999em", "transform:scale(0)",
        "clip:rect(0,0,0,0);position:absolute", "clip-path: inset(50%)", "height:0;overflow:hidden",
        "max-height:0px;overflow:hidden", "color:transparent", "color:rgba(0,0,0,0)", "color:#fff",
        "color: rgb(254, 254, 254)", "color:#123456;background-color:#123456", "color:white;background:#ffffff",
    ],
)  # fmt: skip
def test_a_style_hides(style: str) -> None:
    doc = read(f'<p style="{style}">Ghost.</p>')

    assert (doc.text, [one.text for one in doc.hidden]) == ("Shown.", ["Ghost."])


@pytest.mark.parametrize(
    "style",
    [
        "color:#333", "font-size:11px", "font-size:1em", "font-size:1.0rem", "opacity:0.5", "opacity:1", "left:-20px",
        "height:0", "color:white;background:#123456", "max-width:0.5em", "color:rgba(0,0,0,.8)",
        "margin-top:-12px", "border-color:transparent", "background-color:white;color:black", "line-height:0",
    ],
)  # fmt: skip
def test_an_ordinary_style_hides_nothing(style: str) -> None:
    doc = read(f'<p style="{style}">Seen.</p>')

    assert (doc.text, doc.hidden) == ("Shown.\n\nSeen.", ())


@pytest.mark.parametrize(
    "rule",
    [
        ".g",
        "#i",
        "section",
        "section.g",
        ".a, .g",
        ".wrap .g",
        "div > .g",
        "[data-k]",
        '[data-k="1"]',
        "div.wrap section",
    ],
)
def test_a_rule_of_the_page_hides_what_it_names(rule: str) -> None:
    inner = '<div class="wrap"><section class="g" id="i" data-k="1">Ghost.</section><p>Seen.</p></div>'
    doc = read(inner, f"/* a note */ {rule} {{ color:red; display:none }}")

    assert (doc.text, [one.text for one in doc.hidden]) == ("Shown.\n\nSeen.", ["Ghost."])


@pytest.mark.parametrize(
    "rule", [".other", "section:hover", ".away .g", "@media print { .a { top:0 } .g", "* + .g", "*"]
)
def test_a_rule_for_something_else_hides_nothing(rule: str) -> None:
    end = "}" if "@" in rule else ""
    doc = read('<section class="g">Seen.</section>', f"{rule} {{ display:none }}{end}")

    assert doc.hidden == ()
