"""Which kind of file this is, by its content. The name only breaks ties between kinds of text."""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path, PurePath

import filetype

from documents.archives import zip_list_bytes
from documents.ingestion.errors import DamagedFile, EmptyFile, EncryptedFile, TooLarge, UnsupportedFile
from documents.ingestion.parsers.encoding import decode, looks_like_text
from documents.ingestion.types import Limits

_HEAD = 16 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OFFICE_FOLDERS = {
    "word/": _OFFICE + "wordprocessingml.document",
    "ppt/": _OFFICE + "presentationml.presentation",
    "xl/": _OFFICE + "spreadsheetml.sheet",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = {
    "WordDocument": "application/msword",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "__properties_version1.0": "application/vnd.ms-outlook",
}
_TEXT_SUFFIXES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".eml": "message/rfc822",
    ".mbox": "application/mbox",
    ".json": "application/json",
    ".jsonl": "application/json",
    ".ndjson": "application/json",
    ".ipynb": "application/x-ipynb+json",
    ".xml": "application/xml",
    ".rst": "text/x-rst",
    ".org": "text/org",
}
_SOURCE_SUFFIXES = frozenset(
    ".py .js .ts .jsx .tsx .java .c .h .cpp .hpp .cs .go .rs .rb .php .sh .bash .ps1 .sql .css .scss .kt .swift "
    ".scala .r .m .pl .lua .toml .yaml .yml .ini .cfg .conf .tf .vue .dockerfile .bat .properties".split()
)
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?>(?><!--.*?-->)\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_HTML_PIECE = re.compile(r"<(?:table|div|style|meta|title|center|font|p)\b[^<>]*>.*<", re.I | re.S)
_JSON = re.compile(r"(?:\[\s*)?\{\s*\"[^\"\n]*\"\s*:")
_MAIL_HEADER = re.compile(
    r"^(from|to|cc|subject|date|received|return-path|mime-version|message-id|delivered-to|content-type|reply-to|"
    r"x-[\w-]+):\s",
    re.I | re.M,
)
_MAILBOX = re.compile(r"From (?=\S.*\b\d{4}\b).*\n(?:[A-Za-z-]+:|>From )")
_ARCHIVES = frozenset(
    f"application/{kind}"
    for kind in (
        "zip gzip x-tar x-bzip2 x-xz x-7z-compressed x-rar-compressed zstd x-compress x-lzip x-lz4 x-lzop x-brotli "
        "vnd.ms-cab-compressed"
    ).split()
)
_PROGRAMS = frozenset(
    f"application/{kind}"
    for kind in (
        "x-msdownload x-executable wasm x-shockwave-flash x-rpm x-deb x-google-chrome-extension x-nintendo-nes-rom"
    ).split()
)
_PICTURES = frozenset(f"image/{kind}" for kind in "png jpeg tiff webp bmp gif".split())
# How kinds begin that the library does not know, and which member gives a zip file away.
_BEGINNINGS = {
    b"\0\0\0\x0cJXL ": "image/jxl",
    b"\xff\x0a": "image/jxl",
    b"\0\1\0\0Standard ": "application/x-sqlite3",  # Access
    b"PAR1": "application/x-sqlite3",
    bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3"): "application/onenote",
}
_MEMBERS = {
    "Index/Document.iwa": "application/vnd.apple.pages",
    "Index.zip": "application/vnd.apple.pages",
    "visio/document.xml": "image/vnd.dwg",
    "FixedDocSeq.fdseq": "application/vnd.ms-xpsdocument",
    "FixedDocumentSequence.fdseq": "application/vnd.ms-xpsdocument",
    "META-INF/MANIFEST.MF": "application/x-executable",
    "AndroidManifest.xml": "application/x-executable",
}
_AS_PDF = "Save it as PDF and upload that."
# By media type or its first part: why it is not read, and what to do.
_REASONS = {
    "audio": ("Sound and video files cannot be read.", "Upload a transcript instead."),
    "video": ("Sound and video files cannot be read.", "Upload a transcript instead."),
    "image": ("Pictures of this kind cannot be read.", "Save it as PNG or JPEG and upload that."),
    "image/vnd.dwg": ("Drawings of this kind cannot be read.", _AS_PDF),
    "application/x-sqlite3": (
        "Databases cannot be read.", "Export what people should find as CSV or XLSX, and upload that."
    ),
    "application/vnd.apple.pages": (
        "Files of Pages, Numbers and Keynote cannot be read.", "Export it as PDF, DOCX, XLSX or PPTX and upload that."
    ),
    "application/onenote": ("OneNote files cannot be read.", _AS_PDF),
    "application/vnd.ms-xpsdocument": ("XPS files cannot be read.", _AS_PDF),
    "application/postscript": ("PostScript files cannot be read.", _AS_PDF),
}  # fmt: skip
_LARGEST_DIRECTORY = 16 * 1024**2  # of a zip file, in bytes
_NO_LIMITS = Limits()


def sniff(path: Path, filename: str, *, limits: Limits = _NO_LIMITS) -> str:
    """The media type of the file at `path`.

    Raises EmptyFile, EncryptedFile (office files with a password), TooLarge (a container that unpacks to more
    than `limits` allow), DamagedFile (a broken container) or UnsupportedFile.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip(b"\0 \t\r\n"):
        raise EmptyFile
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(path, limits)
    if head.startswith(_OLE):
        return _ole_kind(path)
    if head.lstrip().startswith(b"{\\rtf"):
        return "application/rtf"
    known = filetype.guess(head)
    if known is not None and known.mime in _PICTURES:
        return str(known.mime)
    if looks_like_text(head):
        return _text_kind(decode(head), PurePath(filename).suffix.lower())
    beginning = next((kind for begins, kind in _BEGINNINGS.items() if head.startswith(begins)), "")
    raise _unsupported(beginning or (known.mime if known is not None else ""))


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so is an archive. A zip file counts as none: it may be an office document."""
    known = filetype.guess(head[:_HEAD])
    return known is not None and known.mime in _ARCHIVES - {"application/zip"} and not looks_like_text(head[:_HEAD])


def _unsupported(media_type: str) -> UnsupportedFile:
    """The reason that fits the kind: by its name, by its family, or that it is not known."""
    family = media_type.partition("/")[0]
    if media_type in _ARCHIVES:
        return UnsupportedFile("It is an archive.", "Unpack it, and upload the files or the folder.")
    if media_type in _PROGRAMS:
        return UnsupportedFile("Programs cannot be read.")
    if media_type.startswith("application/font-"):
        return UnsupportedFile("Fonts cannot be read.")
    reason = _REASONS.get(media_type) or _REASONS.get(family)
    if reason:
        return UnsupportedFile(*reason)
    if media_type:
        return UnsupportedFile()
    return UnsupportedFile("The file is of no kind that is known, or it is damaged.")


def _text_kind(text: str, suffix: str) -> str:
    """The kind of a text file: unmistakable beginnings first, then the name."""
    chosen = "text/x-source" if suffix in _SOURCE_SUFFIXES else _TEXT_SUFFIXES.get(suffix)
    if chosen in ("text/x-source", "text/markdown"):
        return chosen
    text = text.lstrip("\ufeff \t\r\n")
    if _HTML.match(text):
        return "text/html"
    if text.startswith("<?xml"):
        return "application/xml"
    if _HTML_PIECE.match(text) and (chosen is None or chosen == "text/html"):
        return "text/html"  # a table that a program called ".xls", and the like
    if chosen:
        return chosen
    if text[:1] in ("{", "[") and _JSON.match(text):
        return "application/json"
    if _MAILBOX.match(text):
        return "application/mbox"
    before_body = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    if len({name.lower() for name in _MAIL_HEADER.findall(before_body)}) >= 3:
        return "message/rfc822"
    return "text/plain"


def _zip_kind(path: Path, limits: Limits) -> str:
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if sum(member.file_size for member in members) > limits.unpacked_bytes:
                raise TooLarge(f"The file unpacks to more than {limits.unpacked_bytes // 1024**2} MB.")
            if any(member.flag_bits & 1 for member in members):
                raise EncryptedFile
            if "mimetype" in names:
                return _declared_kind(archive, names)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise DamagedFile from error
    if kind := _office_kind(names):
        return kind
    foreign = next((media_type for name, media_type in _MEMBERS.items() if name in names), "")
    if foreign:
        raise _unsupported(foreign)
    raise UnsupportedFile("ZIP archives cannot be read.", "Unpack it and upload the files inside.")


def _office_kind(names: set[str]) -> str:
    if all(name.lower() != "[content_types].xml" for name in names):
        return ""
    if "xl/workbook.bin" in names:
        return "application/vnd.ms-excel.sheet.binary.macroenabled.12"
    folders = {name.lower().partition("/")[0] + "/" for name in names}
    return next((media_type for folder, media_type in _OFFICE_FOLDERS.items() if folder in folders), "")


def _declared_kind(archive: zipfile.ZipFile, names: set[str]) -> str:
    """OpenDocument and EPUB name their kind in their first member."""
    media_type = archive.read("mimetype")[:200].decode("ascii", "replace").strip()
    manifest = "META-INF/manifest.xml"
    if manifest in names and b"encryption-data" in archive.read(manifest):
        raise EncryptedFile
    return media_type.removesuffix("-template")


def _check_directory(path: Path) -> None:
    """Refuse a zip whose list of members alone would fill the memory. Raises TooLarge."""
    with path.open("rb") as file:
        if zip_list_bytes(file) > _LARGEST_DIRECTORY:
            raise TooLarge("The file is a container with far too many parts.")


def _ole_kind(path: Path) -> str:
    """Old office files and Outlook messages share a container; its streams tell them apart."""
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as container:
            streams = {entry[0] for entry in container.listdir()}
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise DamagedFile from error
    if "EncryptedPackage" in streams:
        raise EncryptedFile
    for name, media_type in _OLE_STREAMS.items():
        if name in streams:
            return media_type
    raise UnsupportedFile
