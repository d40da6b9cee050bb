"""EPUB: the chapters in the order of the book's spine, each read as a web page.

Not through `unstructured`: it took over half a minute of processor time for a book of 340,000 letters, which
this reads in a second.
"""

from __future__ import annotations

import posixpath
import zipfile
from typing import Any
from urllib.parse import unquote

from documents.ingestion.errors import DamagedFile, EncryptedFile
from documents.ingestion.parsers.base import Draft, Source, plain_line
from documents.ingestion.parsers.encoding import decode
from documents.ingestion.parsers.html import add_html
from documents.ingestion.parsers.trees import xml_tree
from documents.ingestion.types import ParsedDocument

VERSION = "2"
_ENCRYPTION = "META-INF/encryption.xml"
_CONTAINER = "META-INF/container.xml"
_PAGES = ("application/xhtml+xml", "text/html")


def parse(source: Source) -> ParsedDocument:
    """Read an EPUB book. Raises DamagedFile."""
    draft = Draft(source.limits)
    try:
        with zipfile.ZipFile(source.path) as archive:
            root_file = _xml(archive, _CONTAINER).find(".//{*}rootfile")
            name = root_file.get("full-path", "") if root_file is not None else ""
            package = _xml(archive, name)
            folder = posixpath.dirname(name)
            names = set(archive.namelist())
            locked = _locked(archive) if _ENCRYPTION in names else set()
            items = {item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")}
            order = [reference.get("idref") for reference in package.iterfind("{*}spine/{*}itemref")]
            for key in order or items:  # a book without a spine is read in the order of its files
                item = items.get(key)
                if item is None or item.get("media-type") not in _PAGES:
                    continue
                if "nav" in item.get("properties", "").split():
                    continue  # the list of contents repeats the headings
                target = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
                if target in locked:
                    raise EncryptedFile("The book is protected against copying.", "Upload a copy without protection.")
                if target in names:
                    add_html(draft, decode(archive.read(target)))
                else:
                    draft.warn("Some chapters are missing from the file.")
            title = plain_line(package.findtext(".//{http://purl.org/dc/elements/1.1/}title") or "")
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, NotImplementedError) as error:
        raise DamagedFile from error
    return draft.finish(title=title or draft.first_heading(), parser="epub", version=VERSION)


def _locked(archive: zipfile.ZipFile) -> set[str]:
    """The names of the files that only a licence opens. Fonts are often scrambled; that locks nothing."""
    references = _xml(archive, _ENCRYPTION).iter("{*}CipherReference")
    return {unquote(reference.get("URI", "")) for reference in references}


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    root = xml_tree(archive.read(name), recover=True)
    if root is None:
        raise DamagedFile
    return root
