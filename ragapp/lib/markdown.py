"""Markdown → safe HTML: HTML off in markdown-it, then nh3. Model and document text are untrusted input."""

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5",
    "h6", "table", "thead", "tbody", "tr", "th", "td", "hr",
}  # fmt: skip
# No images and no links: nothing in an answer may make the browser, or the reader, leave the house.
_PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
_PARSER.disable(["image", "html_block", "html_inline"])


def render(text: str) -> str:
    """HTML with only the tags above and no attributes, whatever `text` holds."""
    return nh3.clean(_PARSER.render(text), tags=_TAGS, attributes={}, url_schemes=set(), link_rel=None)
