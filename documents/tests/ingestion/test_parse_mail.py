"""Mailboxes, Outlook messages and what Outlook wraps give their text, and their attachments as files of their own."""

from __future__ import annotations

import email
import mailbox
import struct
from pathlib import Path

from documents.ingestion.parse import parse
from documents.ingestion.types import Limits, ParsedDocument
from documents.tests.ingestion import making, making_msg


def read(path: Path) -> ParsedDocument:
    return parse(path, filename=path.name, limits=Limits())


def test_a_mailbox_has_a_page_per_message_and_hands_on_attachments(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "a.mbox")
    box.add(making.mail())
    box.add(making.mail(attachment=b"day,open\n24,no\n"))
    box.flush()
    doc = read(tmp_path / "a.mbox")
    assert [page.label for page in doc.pages] == ["Winter shutdown", "Winter shutdown"]
    assert doc.text.count("The site closes on 24 December.") == 2
    assert [attachment.filename for attachment in doc.attachments] == ["dates.csv"]


def test_quoted_and_encoded_parts_of_a_message_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(
        b"From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\nTo: a@example.org\r\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\nDie T=FCr bleibt geschl=\r\nossen.\r\n"
    )
    doc = read(tmp_path / "a.eml")
    assert doc.title == "Grüße"
    assert "From: Jörg <j@example.org>" in doc.text
    assert "Die Tür bleibt geschlossen." in doc.text


def test_what_outlook_wraps_is_handed_on_file_by_file(tmp_path: Path) -> None:
    def attribute(number: int, value: bytes) -> bytes:
        return struct.pack("<BII", 2, number, len(value)) + value + b"\0\0"

    wrapped = struct.pack("<IH", 0x223E9F78, 1) + b"".join(
        attribute(0x00069002, b"\0" * 14) + attribute(0x00018010, name + b"\0") + attribute(0x0006800F, content)
        for name, content in ((b"a.csv", b"day,open\n"), (b"b.txt", b"note"))
    )
    message = email.message_from_bytes(making.mail(), policy=email.policy.default)
    message.make_mixed()
    message.add_attachment(wrapped, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    assert [(item.filename, item.content) for item in read(tmp_path / "a.eml").attachments] == [
        ("a.csv", b"day,open\n"),
        ("b.txt", b"note"),
    ]


def test_an_outlook_message_has_its_head_body_and_attachments(tmp_path: Path) -> None:
    doc = read(
        making_msg.msg(
            tmp_path / "a.msg",
            subject="Winter shutdown",
            body="The site closes on 24 December.",
            sender="priya@tarnfield.example",
            attachments={"dates.csv": b"day,open\n24,no\n"},
        )
    )
    assert doc.title == "Winter shutdown"
    assert "To: All staff <all@tarnfield.example>" in doc.text
    assert "The site closes on 24 December." in doc.text
    assert [(item.filename, item.content) for item in doc.attachments] == [("dates.csv", b"day,open\n24,no\n")]
