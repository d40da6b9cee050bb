"""E-mail: EML and mailboxes through the standard library, MSG through python-oxmsg; attachments are handed on.

Not through `unstructured`: it returned no text for nested messages, and drops sender, date and subject from
the text, which is what people ask about.
"""

from __future__ import annotations

import email
import email.policy
import mimetypes
import re
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import pairwise
from typing import Any

from documents.ingestion.errors import DamagedFile, EncryptedFile
from documents.ingestion.parsers import tnef
from documents.ingestion.parsers.attaching import attach
from documents.ingestion.parsers.base import Draft, Source, plain_line
from documents.ingestion.parsers.encoding import decode
from documents.ingestion.parsers.html import add_html
from documents.ingestion.parsers.text import add_plain
from documents.ingestion.types import ParsedDocument

VERSION = "2"
_HEADERS = ("From", "To", "Cc", "Date")
_SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From (?=\S[^\n]*\d{4}\b)[^\n]*\n(?=[A-Za-z-]+:|>From )")
_WRAPPED = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_ENCRYPTED = frozenset(("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"))
_HTML = 0x1013  # the property of an Outlook message (MS-OXPROPS)
_SIGNATURES = frozenset(("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"))


def parse_eml(source: Source) -> ParsedDocument:
    """Read an EML file. Raises EncryptedFile or DamagedFile."""
    draft = Draft(source.limits)
    raw = source.path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:64]:
        raw = decode(raw).encode()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        raise DamagedFile
    if message.get_content_type() in _ENCRYPTED and "signed" not in str(message.get("Content-Type", "")):
        raise EncryptedFile("The message is encrypted.", "Export it decrypted, or upload its text.")
    return draft.finish(title=_add_whole(draft, message), parser="eml", version=VERSION)


def parse_mbox(source: Source) -> ParsedDocument:
    """Read a mailbox in one file: a page per message. Raises DamagedFile or TooLarge."""
    draft = Draft(source.limits)
    raw = source.path.read_bytes()
    starts = [found.start() for found in _SEPARATOR.finditer(raw)]
    if not starts:
        return parse_eml(source)
    for start, end in pairwise((*starts, len(raw))):
        message = email.message_from_bytes(raw[start:end].partition(b"\n")[2], policy=email.policy.default)
        if not isinstance(message, EmailMessage):
            raise DamagedFile
        draft.start_page(label=_header(message, "Subject")[:100])
        if message.get_content_type() in _ENCRYPTED:
            draft.warn("Encrypted messages were left out.")
        else:
            _add_whole(draft, message)
    return draft.finish(title="", parser="mbox", version=VERSION)


def _add_whole(draft: Draft, message: EmailMessage) -> str:
    """Write a message, hand on what is attached to it, and return its subject."""
    subject = _header(message, "Subject")
    _add_head(draft, subject, [(name, _header(message, name)) for name in _HEADERS])
    body = message.get_body(("html", "plain"))
    if body is not None:
        _add_body(draft, body)
    for part in _parts(message):
        if part is not body and not part.is_multipart():
            _add_part(draft, part, body)
        elif part is not message and part.get_content_type() == "message/rfc822":
            _add_message(draft, part)
    return subject


def _parts(message: Any) -> Iterator[Any]:
    """`message` and its parts, not those of messages inside it: they come with their own message."""
    yield message
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            yield from _parts(part)


def _header(message: EmailMessage, name: str) -> str:
    """A header decoded; broken ones as they stand."""
    try:
        return plain_line(str(message.get(name, "")))
    except (ValueError, IndexError, AttributeError, TypeError):
        found = [value for key, value in message.raw_items() if key.lower() == name.lower()]
        return plain_line(str(found[0])) if found else ""


def _add_head(draft: Draft, subject: str, headers: list[tuple[str, str]]) -> None:
    draft.add("title", subject)
    draft.add("paragraph", "\n".join(f"{name}: {value}" for name, value in headers if value))


def _content(part: Any) -> str:
    """A part's text, whatever it says about its encoding."""
    try:
        content = part.get_content()
        return content if isinstance(content, str) else decode(content)
    except (LookupError, ValueError, KeyError, AttributeError):
        payload = part.get_payload(decode=True)
        return decode(payload) if isinstance(payload, bytes) else str(payload or "")


def _add_body(draft: Draft, body: Any) -> None:
    text = _content(body)
    if body.get_content_type() == "text/html":
        add_html(draft, text)
    else:
        add_plain(draft, text)


def _add_part(draft: Draft, part: Any, body: Any) -> None:
    """A part beside the body: an attachment, or more text of a message in several pieces."""
    kind, name = part.get_content_type(), part.get_filename()
    if kind in _SIGNATURES:
        return
    if part.get_content_disposition() == "attachment" or name:
        if part.get_content_disposition() == "inline" and kind.startswith("image/"):
            return  # a logo in the text
        payload = part.get_payload(decode=True)
        if kind in _WRAPPED or str(name).lower() == "winmail.dat":
            for inner, content in tnef.attachments(payload or b""):
                attach(draft, inner, mimetypes.guess_type(inner)[0] or "application/octet-stream", content)
            return
        attach(draft, name or f"attachment{mimetypes.guess_extension(kind) or ''}", kind, payload or b"")
    elif kind.startswith(("text/", "multipart/")) and (body is None or kind == body.get_content_type()):
        _add_body(draft, part)  # what calls itself several parts and is one is text


def _add_message(draft: Draft, part: Any) -> None:
    """A message inside the message is an attachment of its own."""
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if inner is not None:
        subject = plain_line(str(inner.get("Subject", ""))) or "message"
        try:
            attach(draft, f"{subject[:80]}.eml", "message/rfc822", inner.as_bytes())
        except (UnicodeEncodeError, LookupError, ValueError, KeyError):
            draft.warn("A message inside this message could not be read.")


def _web_page(message: Any) -> str:
    """The HTML body of an Outlook message, whatever it says about its encoding; "" when it has none."""
    try:
        return message.html_body or ""
    except (UnicodeDecodeError, LookupError):
        return decode(message.properties.binary_prop_value(_HTML) or b"")


def parse_msg(source: Source) -> ParsedDocument:
    """Read an Outlook MSG file. Raises EncryptedFile or DamagedFile."""
    from oxmsg import Message

    draft = Draft(source.limits)
    try:
        message = Message.load(str(source.path))
        headers = {name.lower(): value for name, value in message.message_headers.items()}
        subject = plain_line(message.subject or "")
        people = ", ".join(f"{person.name} <{person.email_address}>" for person in message.recipients)
        if "SMIME" in (message.message_class or "").upper().replace(".MULTIPARTSIGNED", "").replace("SMIME.M", ""):
            raise EncryptedFile("The message is encrypted.", "Export it decrypted, or upload its text.")
        date = message.sent_date.isoformat(" ", "minutes") if message.sent_date else headers.get("date", "")
        head = [("From", message.sender or headers.get("from", "")), ("To", people), ("Date", date)]
        _add_head(draft, subject, [(name, plain_line(value)) for name, value in head])
        web_page = _web_page(message)
        if web_page:
            add_html(draft, web_page)
        else:
            add_plain(draft, message.body or "")
        for item in message.attachments:
            kind = item.mime_type or "application/octet-stream"
            if not item.file_bytes:
                draft.warn("A message inside this message could not be read.")
            attach(draft, item.file_name or "attachment", kind, item.file_bytes or b"")
    except (OSError, ValueError, KeyError, IndexError, AttributeError, TypeError, AssertionError) as error:
        raise DamagedFile from error
    return draft.finish(title=subject, parser="msg", version=VERSION)
