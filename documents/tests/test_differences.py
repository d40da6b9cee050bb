"""What changed between two readings."""

from documents.differences import Change, compare
from documents.models import Extraction


def reading(*paragraphs: str, kind: str = "paragraph", page: int | None = None) -> Extraction:
    elements, text = [], ""
    for paragraph in paragraphs:
        elements.append([kind, len(text), len(text) + len(paragraph), page, 0])
        text += paragraph + "\n\n"
    return Extraction(text=text, layout={"elements": elements, "pages": []})


def sides(change: Change) -> tuple[str, str]:
    return "".join(p.text for p in change.older), "".join(p.text for p in change.newer)


def test_a_changed_paragraph_is_compared_word_by_word() -> None:
    found = compare(reading("You get 27 days of leave."), reading("You get 30 days of leave.", page=4))

    (change,) = found.changes
    assert [(piece.sort, piece.text) for piece in change.pieces] == [
        ("same", "You get "),
        ("gone", "27"),
        ("new", "30"),
        ("same", " days of leave."),
    ]
    assert (change.older_page, change.newer_page) == (None, 4)
    assert (found.changed, found.added, found.removed) == (1, 0, 0)


def test_paragraphs_that_came_and_went_stand_alone() -> None:
    found = compare(reading("Tea is free.", "Keys."), reading("Keys.", "Lost badges are reported at once."))

    assert [sides(change) for change in found.changes] == [
        ("Tea is free.", ""),
        ("Keys.", "Keys."),
        ("", "Lost badges are reported at once."),
    ]
    assert (found.changed, found.added, found.removed) == (0, 1, 1)


def test_long_stretches_without_a_change_are_counted() -> None:
    same = [f"Paragraph number {n} stays." for n in range(20)]

    found = compare(reading(*same, "Old end of it."), reading(*same, "New end of it."))

    assert [change.skipped for change in found.changes] == [19, 0, 0]


def test_rows_of_a_table_are_compared_one_by_one() -> None:
    older = reading("Grade: 1 | Days: 27\nGrade: 2 | Days: 28", kind="table")
    newer = reading("Grade: 1 | Days: 27\nGrade: 2 | Days: 31", kind="table")

    found = compare(older, newer)

    assert (found.changed, found.added, found.removed) == (1, 0, 0)
    assert sides(found.changes[-1]) == ("Grade: 2 | Days: 28", "Grade: 2 | Days: 31")


def test_the_same_text_has_no_change() -> None:
    found = compare(reading("Tea is free."), reading("Tea is  free."))

    assert (found.changed, found.added, found.removed) == (0, 0, 0)


def test_two_entirely_different_long_texts_are_compared_in_a_moment() -> None:
    older = reading(*(f"alpha{n} beta{n} gamma{n}" for n in range(1500)))
    newer = reading(*(f"delta{n} epsilon{n} zeta{n}" for n in range(1500)))

    found = compare(older, newer)

    assert (found.added, found.removed) == (1500, 1500)
