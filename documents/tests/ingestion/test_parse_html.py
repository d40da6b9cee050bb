"""Web pages give what a browser shows: fields, pictures' descriptions, formulas, and heads and feet without menus."""

from __future__ import annotations

from pathlib import Path

from documents.ingestion.parse import parse
from documents.ingestion.types import Limits, ParsedDocument


def read(folder: Path, body: str) -> ParsedDocument:
    path = folder / "a.html"
    path.write_text(f"<!doctype html><html><head><title>T</title></head><body>{body}</body></html>")
    return parse(path, filename=path.name, limits=Limits())


def shape(doc: ParsedDocument) -> list[tuple[str, str]]:
    return [(e.kind, doc.text[e.start : e.end]) for e in doc.elements]


def test_pictures_and_drawings_say_what_is_written_about_them(tmp_path: Path) -> None:
    doc = read(
        tmp_path,
        "<figure><img src=a.png alt='Pump on its base plate'><figcaption>Figure 1</figcaption></figure>"
        "<p>See <img alt='icon'>below <img alt='photos/pump.jpg'></p>"
        "<svg><title>Flow by site</title><text>York</text><path d='M0 0'/></svg>"
        "<table><tr><th>Part</th><th>Look</th></tr><tr><td>Lobe</td><td><img alt='A steel lobe'></td></tr></table>",
    )
    assert shape(doc) == [
        ("caption", "Pump on its base plate"),
        ("caption", "Figure 1"),
        ("paragraph", "See below"),
        ("caption", "Flow by site York"),
        ("table", "Part: Lobe | Look: A steel lobe"),
    ]


def test_fields_show_what_is_filled_in_and_buttons_that_open_answers_are_read(tmp_path: Path) -> None:
    doc = read(
        tmp_path,
        "<h2><button>How do I book?</button></h2><p>Ask the desk.</p>"
        "<p><label>Site <input value=York></label> <input type=checkbox checked> open <input type=hidden value=t0k></p>"
        "<p>Class <select><option>Economy<option>Business</select> <button>Send</button></p>"
        "<details><summary>More</summary>Rail is booked alike.</details>",
    )
    assert shape(doc) == [
        ("heading", "How do I book?"),
        ("paragraph", "Ask the desk."),
        ("paragraph", "Site York [x] open"),
        ("paragraph", "Class Economy, Business"),
        ("paragraph", "More"),
        ("paragraph", "Rail is booked alike."),
    ]


def test_formulas_are_read_as_they_were_typed_and_figures_stay_raised(tmp_path: Path) -> None:
    math = "<math><mi>x</mi><annotation encoding='application/x-tex'>x^{2}</annotation></math>"
    doc = read(
        tmp_path,
        f"<p>Take <span style='display:none'>{math}</span> of 10<sup>6</sup> m<sup>3</sup> H<sub>2</sub>O.</p>"
        "<p>As agreed<sup>1</sup></p>",
    )
    assert shape(doc) == [("paragraph", "Take x^{2} of 10⁶ m³ H₂O."), ("paragraph", "As agreed ¹")]


def test_numbered_lists_keep_their_numbers_also_in_cells(tmp_path: Path) -> None:
    doc = read(
        tmp_path,
        "<table><tr><th>Job</th><th>Steps</th></tr>"
        "<tr><td>Start</td><td><ol><li>Open<ol><li>Valve</li></ol></li><li>Run</li></ol></td></tr></table>",
    )
    assert doc.text == "Job: Start | Steps: 1. Open 1. Valve 2. Run"


def test_heads_and_feet_of_pages_keep_what_is_no_menu(tmp_path: Path) -> None:
    menu = "<ul><li><a href=/a>Products</a></li><li><a href=/b>Service</a></li></ul>"
    doc = read(
        tmp_path,
        f"<header>{menu}<p>Updated on 4 March 2026</p></header>"
        f"<main><h1>Canteen</h1><p>{'Open daily. ' * 12}</p></main>"
        f"<div>Our cookies</div><footer>{menu}<p>Tarnfield Pumps plc, York</p></footer>",
    )
    assert [text for _, text in shape(doc)] == [
        "Updated on 4 March 2026",
        "Canteen",
        ("Open daily. " * 12).strip(),
        "Tarnfield Pumps plc, York",
    ]


def test_a_page_that_is_little_but_its_menu_is_read_whole(tmp_path: Path) -> None:
    doc = read(tmp_path, "<p>Start</p><nav><ul><li>Opening hours are 9 to 5</li><li>Ring 4999 for help</li></ul></nav>")
    assert [text for _, text in shape(doc)] == ["Start", "Opening hours are 9 to 5", "Ring 4999 for help"]
