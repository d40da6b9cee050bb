"""Text is cut along its structure."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.ingestion.chunk import CONTEXT, TARGET, chunk, cutting_from
from documents.ingestion.types import KINDS, Element, Kind, ParsedDocument, Passage
from ragapp.llm import embedding

SENTENCE = "The pump is greased at the bearing every hundred hours of work. "


def document(*parts: tuple[Kind, str] | tuple[Kind, str, int]) -> ParsedDocument:
    """Elements one after the other; a third value is the level of a heading."""
    text, elements = "", []
    for kind, content, *level in parts:
        start = len(text)
        elements.append(
            Element(kind=kind, start=start, end=start + len(content), page=1, level=level[0] if level else 0)
        )
        text += content + "\n\n"
    return ParsedDocument(
        text=text, elements=tuple(elements), pages=(), title="", language="en", parser="t", parser_version="1"
    )


def check(parsed: ParsedDocument, passages: list[Passage]) -> None:
    """Spans are exact, in order, without overlap, and leave out nothing but white space."""
    at = 0
    for number, passage in enumerate(passages):
        assert passage.ordinal == number
        assert parsed.text[passage.start : passage.end] == passage.text
        assert not parsed.text[at : passage.start].strip()
        assert passage.text.strip()
        at = passage.end
    assert not parsed.text[at:].strip()


def test_a_section_is_a_passage_and_its_headings_are_its_path() -> None:
    parsed = document(
        ("heading", "5 Leave", 1),
        ("heading", "5.1 Annual leave", 2),
        ("paragraph", SENTENCE * 6),
        ("heading", "5.2 Sick leave", 2),
        ("paragraph", SENTENCE * 6),
    )
    passages = chunk(parsed, title="Handbook")

    check(parsed, passages)
    assert [passage.heading_path for passage in passages] == ["5 Leave", "5 Leave › 5.2 Sick leave"]
    assert passages[0].text.startswith("5 Leave\n\n5.1 Annual leave")
    assert passages[1].text.startswith("5.2 Sick leave")
    assert [passage.context for passage in passages] == ["Handbook", "Handbook › 5 Leave"]


def test_short_sections_share_a_passage_under_what_they_have_in_common() -> None:
    parsed = document(
        ("heading", "Contacts", 1),
        ("heading", "Reception", 2),
        ("paragraph", "Extension 100."),
        ("heading", "Helpdesk", 2),
        ("paragraph", "Extension 200."),
    )
    passages = chunk(parsed, title="Guide")

    assert len(passages) == 1
    assert passages[0].heading_path == "Contacts"


def test_a_new_chapter_does_not_join_the_end_of_the_one_before() -> None:
    parsed = document(
        ("heading", "Contacts", 1),
        ("heading", "Reception", 2),
        ("paragraph", "Extension 100."),
        ("heading", "Parking", 1),
        ("paragraph", "Behind the house."),
        ("heading", "Helpdesk", 1),
        ("paragraph", SENTENCE * 20),
    )
    assert [passage.text.split("\n")[0] for passage in chunk(parsed, title="Guide")][:1] == ["Contacts"]


def test_a_long_section_is_cut_into_parts_of_about_one_length() -> None:
    parsed = document(("heading", "Greasing", 1), *[("paragraph", SENTENCE * 2)] * 20)
    passages = chunk(parsed, title="Manual")

    check(parsed, passages)
    tokens = [len(embedding.token_spans(passage.with_context)) for passage in passages]
    assert max(tokens) <= TARGET
    assert min(tokens) > TARGET / 2
    assert passages[1].context == "Manual › Greasing"


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    parsed = document(("paragraph", SENTENCE * 60))
    passages = chunk(parsed, title="Manual")

    check(parsed, passages)
    assert len(passages) > 2
    assert all(passage.text.startswith("The pump") and passage.text.endswith("work.") for passage in passages)


def test_a_table_stays_whole_or_is_cut_between_rows() -> None:
    row = "Code: E-{:02} | Fault: Motor current too high | Cause: Pressure too high"
    small = "\n".join(row.format(number) for number in range(4))
    large = "\n".join(row.format(number) for number in range(60))
    parsed = document(("paragraph", SENTENCE * 8), ("table", small), ("table", large))
    passages = chunk(parsed, title="Faults")

    check(parsed, passages)
    assert any(small in passage.text for passage in passages)
    assert all(
        line.startswith(("Code: E-", "The pump", "")) for passage in passages for line in passage.text.split("\n")
    )
    assert all(passage.text.endswith(("high", "work.")) for passage in passages)


def test_a_heading_stays_with_what_it_stands_above() -> None:
    parsed = document(*[("heading", "Intervals", 2), ("paragraph", SENTENCE * 9)] * 12)

    assert not any(passage.text.endswith("Intervals") for passage in chunk(parsed, title="Manual"))


def test_a_document_of_headings_alone_can_still_be_found() -> None:
    parsed = document(("title", "Site plan"), ("heading", "North gate", 1))

    assert [passage.text for passage in chunk(parsed, title="Site plan")] == ["Site plan\n\nNorth gate"]


def test_the_context_is_bounded_and_keeps_title_and_nearest_heading() -> None:
    parsed = document(
        *[("heading", f"Level {n} " + "very long heading " * 6, n) for n in range(1, 5)], ("paragraph", SENTENCE * 40)
    )
    passages = chunk(parsed, title="The title")

    assert all(len(embedding.token_spans(passage.context)) <= CONTEXT for passage in passages)
    assert all(passage.context.startswith("The title") for passage in passages)
    assert "Level 4" in passages[-1].context


def test_equal_passages_have_equal_hashes_and_the_context_counts() -> None:
    parsed = document(("paragraph", SENTENCE))
    one, two, other = (chunk(parsed, title=title)[0].content_hash for title in ("A", "A", "B"))

    assert one == two != other


parts = st.lists(
    st.tuples(
        st.sampled_from(sorted(KINDS)),
        st.one_of(
            st.text(min_size=1, max_size=80).filter(lambda text: bool(text.strip())),
            st.integers(1, 60).map(lambda n: SENTENCE * n),
            st.integers(1, 2000).map(lambda n: "ab" * n),
            st.integers(1, 400).map(lambda n: "有給休暇は二十七日です。" * n),
        ),
        st.integers(0, 6),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(parts=parts)
def test_any_document_is_covered_once_by_passages_that_fit_the_model(parts: list[tuple[Kind, str, int]]) -> None:
    parsed = document(*parts)
    passages = chunk(parsed, title="A title")

    check(parsed, passages)
    window = embedding.model_card().max_tokens
    assert all(len(embedding.token_spans(passage.with_context)) <= window for passage in passages)


def test_what_the_file_name_the_cover_and_the_running_header_say_reaches_every_passage() -> None:
    parsed = document(
        ("running", "Tarnfield Pumps plc"),
        ("paragraph", "For the quarterly period ended June 30, 2026"),
        *((("paragraph", SENTENCE * 9),) * 4),
    )
    passages = chunk(parsed, title="Form 10-Q", filename="TFP_2026Q2.pdf")

    check(parsed, passages)
    assert len(passages) > 2
    for passage in passages:
        assert passage.context.startswith(
            "Form 10-Q › TFP 2026 Q2 · For the quarterly period ended June 30, 2026 · Tarn"
        )


def test_what_the_title_says_already_is_not_said_again() -> None:
    parsed = document(("paragraph", SENTENCE))
    for filename in ("travel-policy-2026.pdf", "0f8c2a4e9b7d6c5a.pdf", "4711.txt", "scan.pdf"):
        assert chunk(parsed, title="Travel policy 2026", filename=filename)[0].context == "Travel policy 2026"


def test_an_index_version_from_before_subjects_goes_on_as_it_began() -> None:
    old = cutting_from({"name": "structure-1", "target": 200, "fewest": 60, "context": 48}, embedding.PACKAGED)
    passages = chunk(document(("paragraph", SENTENCE)), title="Form 10-Q", filename="TFP_2026Q2.pdf", cutting=old)
    assert passages[0].context == "Form 10-Q"


def test_a_word_without_end_is_cut_although_it_counts_as_one() -> None:
    parsed = document(("paragraph", "a" * 50_000), ("paragraph", SENTENCE))
    passages = chunk(parsed, title="Handbook")
    check(parsed, passages)
    assert max(len(passage.text) for passage in passages) <= 25 * TARGET


def test_a_paragraph_that_is_looked_at_in_parts_is_cut_between_sentences_all_the_same() -> None:
    parsed = document(("paragraph", SENTENCE * 1000))
    passages = chunk(parsed, title="Handbook")
    check(parsed, passages)
    assert len(SENTENCE * 1000) > 60_000
    assert all(passage.text.endswith("work.") for passage in passages)
