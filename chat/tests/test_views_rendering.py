"""Answers become safe HTML in which citations and doubts are visible."""

import pytest

from chat.views.rendering import _in_the_making, answer_html, streaming_html

CHIP = '<a class="cite">1</a>'


def html(markdown: str, sentences: list[dict[str, object]] | None = None, removed: frozenset[int] = frozenset()) -> str:
    return str(answer_html(markdown, sentences=sentences or [], chips={1: CHIP}, removed=removed))


def test_a_marker_becomes_its_citation_and_stays_with_its_word() -> None:
    assert html("You get 27 days. [1]") == f'<p>You get 27 <span class="nowrap">days.{CHIP}</span></p>\n'


def test_a_marker_without_a_citation_stays_what_it_is() -> None:
    assert "[7]" in html("See paragraph [7].")


def test_markers_inside_code_are_code() -> None:
    assert "<code>rows[1]</code>" in html("Use `rows[1]`.")


def test_html_in_an_answer_is_shown_and_not_run() -> None:
    shown = html('<img src=x onerror=alert(1)> <a href="https://evil.example">here</a> [1]')

    assert "<img" not in shown
    assert "<a href" not in shown
    assert "&lt;img" in shown


def test_a_sentence_without_support_is_marked_for_eyes_and_ears() -> None:
    shown = html(
        "You get 27 days. [1] It may be carried over.",
        [
            {"text": "You get 27 days. [1]", "markers": [1], "is_supported": True},
            {"text": "It may be carried over.", "markers": [], "is_supported": False},
        ],
    )

    assert '<span class="unsupported">It may be carried over.</span>' in shown
    assert "no support found in the sources" in shown
    assert shown.count("unsupported") == 1


@pytest.mark.parametrize(
    "written", ["You get free lobster [1].", "You get [2] free lobster [1][3] .", "You get free lobster [1, 2]!"]
)
def test_a_sentence_is_marked_wherever_its_citations_stand(written: str) -> None:
    words = f"You get free lobster{written[-1]}"

    shown = html(f"First. {written} Last.", [{"text": words, "markers": [1], "is_supported": False}])

    marked = shown[shown.index('<span class="unsupported">') : shown.index("no support found")]
    assert "You get" in marked
    assert "First" not in marked
    assert "Last" not in marked


def test_marks_never_cross_a_tag() -> None:
    shown = html(
        "- It **may be** carried over.", [{"text": "It **may be** carried over.", "markers": [], "is_supported": False}]
    )

    assert (
        '<li><span class="unsupported">It </span><strong><span class="unsupported">may be</span></strong>'
        '<span class="unsupported"> carried over.</span>' in shown
    )


def test_an_unsupported_list_item_stays_a_list_item() -> None:
    shown = html("- Ask early.\n- Ask twice.", [{"text": "- Ask early.", "markers": [], "is_supported": False}])

    assert shown.count("<li>") == 2
    assert '<span class="unsupported">Ask early.</span>' in shown


def test_a_sentence_goes_with_the_source_it_rests_on() -> None:
    shown = html(
        "The limit is 140 euros. [1] Ask your manager.",
        [
            {"text": "The limit is 140 euros. [1]", "markers": [1], "is_supported": True},
            {"text": "Ask your manager.", "markers": [], "is_supported": True},
        ],
        removed=frozenset({1}),
    )

    assert "140" not in shown
    assert "went with its source" in shown
    assert "Ask your manager." in shown


def test_an_answer_cannot_forge_the_marks() -> None:
    assert "unsupported" not in html("\ue000All of this\ue001 \ue002")
    assert "went with its source" not in html("\ue002")
    assert "went with its source" not in html("&#xE002; &#57346;")


def test_while_streaming_markers_have_their_size_and_lead_nowhere() -> None:
    shown = str(streaming_html("You get 27 days. [1]"))

    assert '<span class="cite">1</span>' in shown
    assert "<a" not in shown


TOLD = """Parental leave is 60 days for each child [1].

- Hand in form HR-12
- three months before

- or later, in writing [2]

Otherwise ask your manager.
Second line, *with stress

over* paragraphs, and | pipes |

> quoted
still quoted

After the quotation [1][2]

| Day | Hours |
| --- | --- |
| Monday | 8 |

Then 1. no list

    and this is code [3]

Heading
-------

Last words."""


@pytest.mark.parametrize("end", ["", "\n\n```\ncode\n\nstill code\n```\n\nend", "\n\n[ref]: /x\n\nsee [ref]"])
def test_an_answer_in_the_making_looks_as_if_it_were_rendered_as_a_whole_at_every_piece(end: str) -> None:
    text = TOLD + end
    for at in range(0, len(text) + 1, 3):
        assert str(streaming_html(text[:at])) == str(_in_the_making.__wrapped__(text[:at]))


def test_what_stands_before_the_last_paragraph_is_rendered_once_for_all_readers() -> None:
    _in_the_making.cache_clear()
    settled = "\n\n".join(f"Paragraph {number} says something [1]." for number in range(50))
    for _reader in range(20):
        for piece in ("And", "And then", "And then more"):
            streaming_html(f"{settled}\n\n{piece}")
    # 50 paragraphs and three pieces, whatever the number of readers.
    assert _in_the_making.cache_info().misses == 53


def test_a_long_row_of_citations_may_break_and_wide_blocks_scroll_by_keyboard():
    chips = {n: f"<i>{n}</i>" for n in range(1, 6)}

    html = answer_html("Sixty days [1][2][3][4][5]\n\n```\nx\n```", sentences=[], chips=chips, removed=frozenset())

    assert '<span class="nowrap">days<i>1</i><i>2</i><i>3</i></span><i>4</i><i>5</i>' in html
    assert '<pre tabindex="0">' in html
