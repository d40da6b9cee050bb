"""What Outlook wraps into "winmail.dat" (MS-OXTNEF): the files attached to a message."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_SIGNATURE = 0x223E9F78
_HEAD = struct.Struct("<BII")  # level, attribute, length
_BEGINS, _NAME, _CONTENT = 0x00069002, 0x00018010, 0x0006800F
_MOST = 10_000


def attachments(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each attached file; none of a damaged wrapper."""
    if len(raw) < 6 or struct.unpack_from("<I", raw)[0] != _SIGNATURE:
        return
    at, name, content = 6, "", b""
    for _ in range(_MOST):
        if at + _HEAD.size > len(raw):
            break
        _, attribute, length = _HEAD.unpack_from(raw, at)
        value = raw[at + _HEAD.size : at + _HEAD.size + length]
        at += _HEAD.size + length + 2  # a checksum follows
        if attribute == _BEGINS:
            if content:
                yield name or "attachment", content
            name, content = "", b""
        elif attribute == _NAME:
            name = value.split(b"\0")[0].decode("cp1252", "replace")
        elif attribute == _CONTENT:
            content = value
    if content:
        yield name or "attachment", content
