"""Phrases are looked for alike in every reader's text."""

from __future__ import annotations

from pathlib import Path

from evaluation.benchmarks import phrases


def test_phrases_stay_within_a_paragraph_or_cell_and_marks_do_not_count(tmp_path: Path) -> None:
    expected = tmp_path / "a.md"
    expected.write_text(
        "# On *call*\n\n| Who | When |\n|---|---|\n| Ada | at night |\n\n![logo](x.png)<!-- image -->\n"
    )
    assert phrases.of_file(tmp_path / "a.pdf", expected) == {"on call", "who", "when", "ada", "at night"}


def test_long_paragraphs_are_cut_into_runs_of_five_words(tmp_path: Path) -> None:
    expected = tmp_path / "a.md"
    expected.write_text("one two three four five six seven eight")
    wanted = {"one two three four five", "four five six seven eight"}
    assert phrases.of_file(tmp_path / "a.pdf", expected) == wanted
    assert phrases.recall("One, two, three four FIVE six", wanted) == 0.5
    assert phrases.word_recall("eight six four two", wanted) == 0.5


def test_a_hyphen_at_a_line_end_counts_for_nobody() -> None:
    assert phrases.normal("con-\nfirming") == phrases.normal("confirming")


def test_the_xml_of_office_files_tells_what_stands_beside_the_text(tmp_path: Path) -> None:
    import docx

    word = docx.Document()
    word.add_paragraph("In the body")
    word.sections[0].header.paragraphs[0].text = "In the header"
    word.save(str(tmp_path / "a.docx"))
    assert phrases.of_file(tmp_path / "a.docx", None) == {"in the body", "in the header"}
