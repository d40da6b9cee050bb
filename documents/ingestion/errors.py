"""What can go wrong while a file becomes text, in words that may be shown to its owner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal


class IngestionError(Exception):
    """The file could not be processed.

    `message` is one plain sentence naming the problem, `hint` says what to do about it. A class's
    docstring is its message when none is given.
    """

    usual_hint: ClassVar[str] = "Open the file on your own machine, save it again and upload it once more."

    def __init__(self, message: str = "", hint: str = "") -> None:
        self.message = message or (type(self).__doc__ or "").partition("\n")[0]
        self.hint = hint or self.usual_hint
        super().__init__(self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a person has to look at a version before it may answer."""

    kind: Literal["instructions", "personal_data"]
    detail: str  # one sentence
    page: int | None = None
    quote: str = ""


class HeldBack(Exception):
    """The version waits until a person releases it; nothing of it is published."""

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(f"held for {len(self.reasons)} reasons")


class UnsupportedFile(IngestionError):
    """This kind of file cannot be read."""

    usual_hint = "Save it as PDF, DOCX, XLSX, PPTX, HTML, Markdown or plain text and upload that."


class EmptyFile(IngestionError):
    """The file is empty."""

    usual_hint = "Check that the upload was complete and upload the file again."


class EncryptedFile(IngestionError):
    """The file is protected by a password."""

    usual_hint = "Remove the password and upload the file again."


class DamagedFile(IngestionError):
    """The file is damaged and cannot be opened."""


class TooLarge(IngestionError):
    """The file is larger than this site reads."""

    usual_hint = "Split it into smaller files and upload those."


class ParserTimedOut(IngestionError):
    """Reading the file took too long and was stopped."""

    usual_hint = "Split it into smaller files or save it in another format, then upload that."


class ParserCrashed(IngestionError):
    """The program that reads this kind of file stopped unexpectedly."""

    usual_hint = "Save the file in another format, for example PDF, and upload that."


class NoText(IngestionError):
    """No text was found in the file."""

    usual_hint = "Upload a version with text."


TOO_LITTLE_TEXT = "The file holds too little text to answer questions from."
SCAN_HINT = "If it is a scan, upload a version with recognised text."
# Said where a program is missing: the same file can be read once it is installed.
NO_OCR_FOR_PAGES = "The file has no text, only pictures of pages, and text recognition is not installed."
NO_OCR_FOR_PICTURE = "Pictures cannot be read, because text recognition is not installed."
NO_LIBREOFFICE = "Files in this old format can only be read where LibreOffice is installed."
OUT_OF_MEMORY = "Reading the file needs more memory than this site gives it."
MISSING_PROGRAMS = (NO_OCR_FOR_PAGES, NO_OCR_FOR_PICTURE, NO_LIBREOFFICE)

ERRORS: dict[str, type[IngestionError]] = {
    kind.__name__: kind
    for kind in (
        IngestionError,
        UnsupportedFile,
        EmptyFile,
        EncryptedFile,
        DamagedFile,
        TooLarge,
        ParserTimedOut,
        ParserCrashed,
        NoText,
    )
}


def too_little_text(parser: str, held: int, least: int) -> NoText:
    """What lacks when `held` letters and digits were read: pages and pictures may be scans, other files say little."""
    if parser in ("pdf", "image"):
        return NoText(hint=SCAN_HINT)
    return NoText(
        TOO_LITTLE_TEXT,
        f"Letters and digits found: {held}; needed: at least {least}. Upload a version that says more.",
    )


def to_json(error: IngestionError) -> dict[str, str]:
    """The error as it crosses the process boundary."""
    return {"error": type(error).__name__, "message": error.message, "hint": error.hint}


def from_json(data: dict[str, str]) -> IngestionError:
    """The error that `to_json` wrote; an unknown name becomes a plain `IngestionError`."""
    kind = ERRORS.get(str(data.get("error")), IngestionError)
    return kind(str(data.get("message", "")), str(data.get("hint", "")))
