"""Answers become safe HTML in which citations and doubts are visible."""

from chat.views.rendering import answer_html, streaming_html

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
