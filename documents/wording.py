"""What is stored of reading a file in, said in the reader's language.

Rows hold the sentences in English, whoever's worker wrote them: so equal reasons are equal, and a page shows them in
the language of the one who reads it. A test insists that every sentence that can be stored stands here.
"""

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop

SENTENCES = (
    gettext_noop("The file could not be processed."),
    gettext_noop("Open the file on your own machine, save it again and upload it once more."),
    gettext_noop("This kind of file cannot be read."),
    gettext_noop("Save it as PDF, DOCX, XLSX, PPTX, HTML, Markdown or plain text and upload that."),
    gettext_noop("The file is empty."),
    gettext_noop("Check that the upload was complete and upload the file again."),
    gettext_noop("The file is protected by a password."),
    gettext_noop("Remove the password and upload the file again."),
    gettext_noop("The file is damaged and cannot be opened."),
    gettext_noop("The file is larger than this site reads."),
    gettext_noop("Split it into smaller files and upload those."),
    # As it was stored before.
    gettext_noop("Split it into smaller files, or ask an administrator to raise the limit."),
    gettext_noop("Reading the file took too long and was stopped."),
    gettext_noop("Split it into smaller files or save it in another format, then upload that."),
    gettext_noop("The program that reads this kind of file stopped unexpectedly."),
    gettext_noop("Save the file in another format, for example PDF, and upload that."),
    gettext_noop("No text was found in the file."),
    gettext_noop("Upload a version with text."),
    gettext_noop("The file holds too little text to answer questions from."),
    gettext_noop("If it is a scan, upload a version with recognised text."),
    gettext_noop("The file has no text, only pictures of pages, and text recognition is not installed."),
    gettext_noop("Pictures cannot be read, because text recognition is not installed."),
    gettext_noop("Files in this old format can only be read where LibreOffice is installed."),
    gettext_noop("Reading the file needs more memory than this site gives it."),
    gettext_noop("Letters and digits found: %(held)s; needed: at least %(least)s. Upload a version that says more."),
    gettext_noop("The file holds more text than this site reads."),
    gettext_noop("The file has more than %(pages)s pages."),
    gettext_noop("The file has more headings, paragraphs and tables than this site reads."),
    gettext_noop("The file is nested too deeply to be read."),
    gettext_noop("The file's text is in no encoding that is known."),
    gettext_noop("The book is protected against copying."),
    gettext_noop("Upload a copy without protection."),
    gettext_noop("Upload a document with text, or ask an administrator to install Tesseract."),
    gettext_noop("The picture has too many pixels."),
    gettext_noop("Make the picture smaller and upload that."),
    gettext_noop("The picture has %(frames)s pages."),
    gettext_noop("No text was recognised in the picture."),
    gettext_noop("The message is encrypted."),
    gettext_noop("Export it decrypted, or upload its text."),
    gettext_noop("The file has more than %(cells)s cells."),
    gettext_noop("The workbook has more than %(cells)s cells."),
    gettext_noop("Save the file as %(suffix)s and upload that, or ask an administrator to install LibreOffice."),
    gettext_noop("LibreOffice could not open the file; it is damaged or protected by a password."),
    gettext_noop("The file has %(pages)s pages; at most %(most)s are read."),
    gettext_noop("None of the file's pages can be opened."),
    gettext_noop("The file has no pages."),
    gettext_noop("Upload a version with recognised text, or ask an administrator to install Tesseract."),
    gettext_noop("Files of this kind have no printed pages."),
    gettext_noop("The file has no page %(page)s."),
    gettext_noop("Page %(page)s cannot be drawn."),
    gettext_noop("The file is not valid separated text."),
    gettext_noop("The file is of no kind that is known, or it is damaged."),
    gettext_noop("ZIP archives cannot be read."),
    gettext_noop("Unpack it and upload the files inside."),
    gettext_noop("Sound and video files cannot be read."),
    gettext_noop("Upload a transcript instead."),
    gettext_noop("It is an archive."),
    gettext_noop("Unpack it, and upload the files or the folder."),
    gettext_noop("Programs cannot be read."),
    gettext_noop("Fonts cannot be read."),
    gettext_noop("Databases cannot be read."),
    gettext_noop("Export what people should find as CSV or XLSX, and upload that."),
    gettext_noop("PostScript files cannot be read."),
    gettext_noop("Files of the kind %(kind)s cannot be read."),
    gettext_noop("The file is a container with far too many parts."),
    gettext_noop("The file unpacks to more than %(most)s MB."),
    gettext_noop("The file is not valid XML."),
    gettext_noop("The file is not a valid notebook."),
    gettext_noop("The file is not valid JSON."),
    gettext_noop("Processing this file stopped its worker three times."),
    gettext_noop("Save it in another format, or split it, and upload that. An administrator can see more in the log."),
    gettext_noop("The model that reads passages is not available."),
    gettext_noop("Ask an administrator to run `manage.py doctor`, then try again."),
    gettext_noop("Processing the file took too long and was stopped."),
    gettext_noop("Something went wrong while this file was processed."),
    gettext_noop("Try again. If it happens again, ask an administrator to look at the log."),
    gettext_noop("Building this index stopped its worker five times at the same document."),
    gettext_noop("An administrator can see more in the log. Resume it once the cause is mended."),
    gettext_noop("Something went wrong while this index was built."),
    gettext_noop("Resume it: it goes on where it stopped. If it happens again, look at the log."),
    gettext_noop("The file was read without network isolation, because this system does not allow it."),
    gettext_noop("Its file name or path seems to hold personal data, which readers see: rename it."),
    gettext_noop("Text in characters that cannot be seen was left out: %(words)s."),
    gettext_noop("The hidden sheet “%(label)s” was left out."),
    gettext_noop("Hidden rows or columns of “%(label)s” were left out."),
    gettext_noop("Hidden slides were left out: %(hidden)s."),
    gettext_noop("“%(label)s” has formulas whose values are not stored; these cells stay empty: %(n)s."),
    gettext_noop("Columns after the first %(n)s were left out."),
    gettext_noop("Encrypted messages were left out."),
    gettext_noop("A message inside this message could not be read."),
    gettext_noop("Some attachments were left out, because there are too many or they are too large."),
    gettext_noop("The text was recognised from a picture and may contain errors."),
    gettext_noop("Some chapters are missing from the file."),
    gettext_noop("The page is nested so deeply that only its bare text was read."),
    gettext_noop("Pages that could not be opened: %(pages)s."),
    gettext_noop("Text was recognised from pictures on pages %(pages)s; it may contain errors."),
    gettext_noop("Pages whose pictures were not read, because %(because)s: %(pages)s."),
    gettext_noop("Hidden text was left out: %(words)s."),
)


def told(stored: str) -> str:
    """The sentence in the language of this moment, with the values it was stored with; others as they are."""
    translated = gettext(stored) if stored else ""
    if translated != stored:
        return translated
    for sentence, pattern in _patterns():
        if found := pattern.fullmatch(stored):
            return gettext(sentence) % found.groupdict()
    return stored


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Those that are filled in, each with what it looks like then."""
    filled = (sentence for sentence in SENTENCES if "%(" in sentence)
    return tuple((sentence, re.compile(_VALUE.sub(_named, re.escape(sentence)), re.DOTALL)) for sentence in filled)


# As re.escape leaves a placeholder.
_VALUE = re.compile(r"%\\\((\w+)\\\)s")


def _named(value: re.Match[str]) -> str:
    return f"(?P<{value[1]}>.+)"
