"""What is stored of reading files in and of looking at sources, said in the reader's language.

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
    gettext_noop("Drawings of this kind cannot be read."),
    gettext_noop("Save it as PDF and upload that."),
    gettext_noop("Pictures of this kind cannot be read."),
    gettext_noop("Save it as PNG or JPEG and upload that."),
    gettext_noop("Files of Pages, Numbers and Keynote cannot be read."),
    gettext_noop("Export it as PDF, DOCX, XLSX or PPTX and upload that."),
    gettext_noop("OneNote files cannot be read."),
    gettext_noop("XPS files cannot be read."),
    gettext_noop("A file inside this file could not be read."),
    gettext_noop("The file is no valid JSON and was read as plain text."),
    gettext_noop("Lines that are no valid JSON and were read as plain text: %(count)s."),
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
    gettext_noop("Pages in whose pictures no text was found: %(pages)s."),
    gettext_noop("Pages whose pictures were not read, because %(because)s: %(pages)s."),
    gettext_noop("Hidden text was left out: %(words)s."),
    # Why something is held, or is not.
    gettext_noop("The document quotes an order to an AI model and talks about it, so that it was not held back."),
    gettext_noop("Page %(page)s quotes an order to an AI model and talks about it, so that it was not held back."),
    gettext_noop("It gives orders to an AI model."),
    gettext_noop("It gives orders to an AI model in text that readers do not see."),
    gettext_noop("It gives orders to an AI model in encoded or disguised text."),
    # Of sources and archives.
    gettext_noop("%(name)s cannot be read: it is damaged, or no such archive."),
    gettext_noop("%(host)s could not be looked up in time."),
    gettext_noop("%(host)s did not answer in time."),
    gettext_noop("It lies outside of the part of the site that was chosen."),
    gettext_noop("A pattern leaves it out."),
    gettext_noop("No pattern takes it in."),
    gettext_noop("The site's robots.txt cannot be read at present."),
    gettext_noop("The site's robots.txt does not permit it."),
    gettext_noop("It leads to another site: list the address that you end up at."),
    gettext_noop("It leads to %(target)s"),
    gettext_noop("The site says that it is no longer there (%(status)s)."),
    gettext_noop("The site answered with an error (%(status)s)."),
    gettext_noop("It is of a kind that is not read: %(kind)s."),
    gettext_noop("The page is empty."),
    gettext_noop("This folder may not be read."),
    gettext_noop("An administrator can name it, or one above it, in RAGAPP_SYNC_FOLDERS."),
    gettext_noop("This folder is not there, or cannot be read."),
    gettext_noop("Check that it is mounted, and its rights."),
    gettext_noop("The folder %(folder)s cannot be read."),
    gettext_noop("Check its rights, and try again."),
    gettext_noop("There are more than %(most)s files."),
    gettext_noop("Choose a folder further down."),
    gettext_noop("A person has deleted it here, so it stays away."),
    gettext_noop("Another source of this collection has it already."),
    gettext_noop("Removed with it: versions %(versions)s, passages %(passages)s, files %(files)s."),
    gettext_noop("This check stopped its worker three times."),
    gettext_noop("Check again; if it stops again, ask an administrator to look at the log."),
    gettext_noop("The source no longer lists it."),
    gettext_noop("It stays until the next check confirms this."),
    gettext_noop("More than half of the documents of this source would be removed."),
    gettext_noop("Look at the list, and decide: remove them, or keep them."),
    gettext_noop("It was missing in two checks."),
    gettext_noop("There are no addresses in this sitemap."),
    gettext_noop("This sitemap is damaged."),
    gettext_noop("This sitemap is cut off, or larger than 50 MB."),
    gettext_noop("This sitemap defines a document type, so it is not read."),
    gettext_noop("This is not a sitemap: it is damaged, or another kind of page."),
    gettext_noop("Something went wrong during this check."),
    gettext_noop("Check again. If it happens again, ask an administrator to look at the log."),
    gettext_noop("The person who set this source up no longer owns the collection, so nothing was changed."),
    gettext_noop("An owner can take the source over by saving it once more."),
    gettext_noop("The secret of this source cannot be read."),
    gettext_noop("Enter it once more."),
    gettext_noop("Nothing could be read, so nothing was changed."),
    gettext_noop("Check the address, and try again."),
    gettext_noop("There is nothing there now, so nothing was changed."),
    gettext_noop("Check the address, and check again."),
    gettext_noop("No document was found."),
    gettext_noop("Check the address and the patterns, and try again."),
    gettext_noop("There is no text on this page; it may be drawn by a script."),
    gettext_noop("The page asks not to be taken up (noindex)."),
    gettext_noop("The file is no longer there."),
    gettext_noop("The file cannot be read."),
    gettext_noop("The page is larger than %(most)s MB."),
    gettext_noop("The page names %(address)s as its address."),
    gettext_noop("This is not a web address."),
    gettext_noop("Enter one such as https://www.example.com/handbook."),
    gettext_noop("Enter one that begins with https:// or http://."),
    gettext_noop("The address holds a password."),
    gettext_noop("Leave it out, and give it as a header instead."),
    gettext_noop("Port %(port)s is not allowed."),
    gettext_noop("An administrator can allow it in RAGAPP_OUTBOUND_PORTS."),
    gettext_noop("%(host)s is not on the public internet."),
    gettext_noop("An administrator can allow it by name in RAGAPP_OUTBOUND_ALLOW."),
    gettext_noop("%(host)s was not found."),
    gettext_noop("%(host)s could not be reached, or broke off."),
    gettext_noop("It redirects again and again."),
    gettext_noop("It redirects to something that is no address."),
    gettext_noop("It is packed in a way that was not asked for."),
    gettext_noop("What came back is damaged."),
    gettext_noop("The certificate of %(host)s cannot be trusted."),
    gettext_noop("It is larger than %(most)s MB."),
    gettext_noop("Check the address, and try again later."),
    gettext_noop("Open the address in a browser, and enter the one you end up at."),
    gettext_noop("Tell those who run that site."),
    gettext_noop("Try again later."),
    gettext_noop("Tell those who run that site, or an administrator."),
    gettext_noop("Leave it out, or ask an administrator."),
    gettext_noop("The archive holds more than may be unpacked at once. Split it."),
    gettext_noop("It is damaged: %(error)s"),
    gettext_noop("It is encrypted. Unpack it with its password, and upload what is in it."),
    gettext_noop("It is packed in a way that is not read here."),
    gettext_noop("It is a link."),
    gettext_noop("It is no ordinary file."),
    gettext_noop("Its name leads out of the archive."),
    gettext_noop("It unpacks to far more than it should."),
    gettext_noop("Another file of the archive has this name."),
    gettext_noop("Unpacking this archive stopped its worker three times."),
    gettext_noop("Unpack it yourself, and upload the folder."),
    gettext_noop("What arrived is not what was sent: the checksum differs."),
    gettext_noop("Upload the file again."),
    gettext_noop("What was unpacked before stays. Check the archive, or unpack it yourself and upload the folder."),
    gettext_noop("What arrived cannot be read any more."),
)


def told(stored: str) -> str:
    """The sentences in the language of this moment, with the values they were stored with; others as they are."""
    if not stored:
        return ""
    if (translated := gettext(stored)) != stored:
        return translated
    head, mark, rest = stored.partition(". ")
    first = _one(f"{head}.") if mark else stored
    return f"{first} {told(rest)}" if mark and first != f"{head}." else _one(stored)


def _one(stored: str) -> str:
    translated = gettext(stored)
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
