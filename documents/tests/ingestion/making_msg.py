"""Makes a small Outlook message: a compound file (MS-CFB) whose streams all fit its mini stream."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

Tree = Mapping[str, "bytes | Tree"]
_SECTOR, _MINI = 512, 64
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_STRING, _BINARY, _NUMBER = 0x001F, 0x0102, 0x0003


def msg(path: Path, *, subject: str, body: str, sender: str, attachments: Mapping[str, bytes]) -> Path:
    """A message to one person, with files attached."""
    tree: dict[str, bytes | Tree] = {
        **_storage(32, {0x0037: subject, 0x1000: body, 0x0C1F: sender, 0x001A: "IPM.Note"}),
        "__recip_version1.0_#00000000": _storage(8, {0x3001: "All staff", 0x39FE: "all@tarnfield.example"}),
    }
    for number, (name, content) in enumerate(attachments.items()):
        tree[f"__attach_version1.0_#{number:08X}"] = _storage(8, {0x3707: name, 0x3701: content, 0x3705: 1})
    path.write_bytes(_compound(tree))
    return path


def _storage(head: int, properties: Mapping[int, str | bytes | int]) -> dict[str, bytes | Tree]:
    """The streams of an object of a message: one that lists its properties, and one for each that is no number."""
    listed, streams = b"", {}
    for number, value in properties.items():
        if isinstance(value, int):
            listed += struct.pack("<HHIII", _NUMBER, number, 6, value, 0)
            continue
        kind, raw = (_STRING, value.encode("utf-16-le")) if isinstance(value, str) else (_BINARY, value)
        listed += struct.pack("<HHIII", kind, number, 6, len(raw) + 2 * (kind == _STRING), 0)
        streams[f"__substg1.0_{number:04X}{kind:04X}"] = raw
    return {"__properties_version1.0": b"\0" * head + listed, **streams}


def _compound(tree: Tree) -> bytes:
    """A compound file of a few kilobytes."""
    mini, mini_fat = b"", []
    entries: list[list[object]] = [["Root Entry", 5, _FREE, _FREE, _END, 0]]  # name, kind, next, child, start, size

    def add(children: Tree, parent: int) -> None:
        nonlocal mini
        before = 0
        for name, value in children.items():
            number = len(entries)
            if isinstance(value, bytes):
                start, count = len(mini_fat), -(-len(value) // _MINI)
                mini_fat.extend([*range(start + 1, start + count), _END] if count else [])
                mini += value.ljust(count * _MINI, b"\0")
                entries.append([name, 2, _FREE, _FREE, start if count else _END, len(value)])
            else:
                entries.append([name, 1, _FREE, _FREE, 0, 0])
                add(value, number)
            entries[before or parent][2 if before else 3] = number
            before = number

    add(tree, 0)
    directory = b"".join(_entry(*entry) for entry in entries)  # type: ignore[arg-type]
    tables = (directory, struct.pack(f"<{len(mini_fat)}I", *mini_fat), mini)
    sizes = [-(-len(table) // _SECTOR) for table in tables]
    starts = [1, 1 + sizes[0], 1 + sizes[0] + sizes[1]]
    chains = [
        number for start, size in zip(starts, sizes, strict=True) for number in (*range(start + 1, start + size), _END)
    ]
    fat = struct.pack(f"<{1 + len(chains)}I", _FAT, *chains).ljust(_SECTOR, b"\xff")
    entries[0][4:] = [starts[2], len(mini)]
    directory = b"".join(_entry(*entry) for entry in entries)  # type: ignore[arg-type]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack(
        "<16xHHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, starts[1], sizes[1], _END, 0, 0
    )
    padded = [
        table.ljust(size * _SECTOR, b"\0" if at != 1 else b"\xff")
        for at, (table, size) in enumerate(zip((directory, *tables[1:]), sizes, strict=True))
    ]
    return head.ljust(_SECTOR, b"\xff") + fat + b"".join(padded)


def _entry(name: str, kind: int, following: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return raw.ljust(64, b"\0") + struct.pack(
        "<HBBIII16xI8x8xIQ", len(raw), kind, 1, _FREE, following, child, 0, start, size
    )
