"""Addresses of web pages."""

import pytest

from documents.sources import addresses
from documents.sources.addresses import Scope, document_path, folder_of, is_below, normal


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("HTTP://Example.COM:80/A/../b/./c#part", "http://example.com/b/c"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://example.com/a?utm_source=x&b=1&fbclid=2", "https://example.com/a?b=1"),
        ("https://example.com/docs/%2e%2e/admin", "https://example.com/admin"),
        ("https://example.com/ä b", "https://example.com/%C3%A4%20b"),
        ("mailto:ann@example.com", ""),
        ("javascript:alert(1)", ""),
        ("https://user:secret@example.com/", ""),
        ("no address", ""),
        ("", ""),
    ],
)
def test_an_address_has_one_spelling(given, expected):
    assert normal(given) == expected
    assert normal(expected) == expected


def test_an_address_is_read_from_where_it_stands():
    assert normal("../b?x=1#y", base="https://example.com/docs/a/") == "https://example.com/docs/b?x=1"
    assert normal("//other.example/x", base="https://example.com/") == "https://other.example/x"


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("https://example.com/docs", True),
        ("https://example.com/docs/", True),
        ("https://example.com/docs/a?b", True),
        ("https://example.com/docs-old/a", False),
        ("https://example.com/", False),
        ("http://example.com/docs/a", False),
        ("https://example.com/docs/a%2F..%2F..%2Fadmin", False),
        ("https://example.com:8443/docs/a", False),
        ("https://example.com.evil.example/docs/a", False),
    ],
)
def test_what_lies_below_a_prefix(address, is_inside):
    assert is_below(address, "https://example.com/docs/") == is_inside
    assert is_below(address, "https://example.com/docs") == is_inside


def test_the_folder_of_a_page_is_its_part_of_the_site():
    assert folder_of("https://example.com/docs/start.html?x=1") == "https://example.com/docs/"


def test_patterns_take_in_and_leave_out():
    scope = Scope(
        prefix="https://example.com/", include=addresses._patterns("/docs/*"), exclude=addresses._patterns("*/old/*")
    )

    assert scope.why_not("https://example.com/docs/a") == ""
    assert "No pattern" in scope.why_not("https://example.com/blog/a")
    assert "leaves it out" in scope.why_not("https://example.com/docs/old/a")


@pytest.mark.parametrize(
    ("address", "media_type", "path"),
    [
        ("https://example.com/", "text/html", "example.com/index.html"),
        ("https://example.com/docs/start", "text/html", "example.com/docs/start.html"),
        ("https://example.com/docs/start.HTML", "text/html", "example.com/docs/start.html"),
        ("https://example.com/v1.2/notes", "text/html", "example.com/v1.2/notes.html"),
        ("https://example.com/a%20b.pdf", "application/pdf", "example.com/a b.pdf"),
        ("https://example.com/x.docx", "application/octet-stream", "example.com/x.docx"),
        ("https://example.com/a%2F..%2F..%2Fetc/passwd", "text/plain", "example.com/a/etc/passwd.txt"),
    ],
)
def test_a_page_is_kept_under_host_and_path(address, media_type, path):
    assert document_path(address, media_type) == path


def test_pages_that_differ_in_their_query_have_paths_of_their_own():
    first, second = (document_path(f"https://example.com/a?id={n}", "text/html") for n in (1, 2))

    assert first != second
    assert len(document_path("https://example.com/" + "a/" * 800, "text/html")) < 450
