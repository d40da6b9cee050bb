"""Files with one record a line."""

from ragapp.lib.lines import numbered


def test_only_a_newline_ends_a_record():
    text = "\ufeffone\u2028still one\r\n\n three\x85\n"

    assert list(numbered(text)) == [(1, "one\u2028still one"), (3, " three\x85")]
