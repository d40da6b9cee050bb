"""The control words of RTF that matter to a reader, and what holds while its groups and paragraphs are open."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
SIGNS = {
    "tab": " ", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ", "nestcell": " ", "nestrow": "\n", "~": "\u00a0",
    "_": "-", "\n": "\n", "\r": "\n",
}  # fmt: skip
TITLES, STYLES, FONTS, LABEL, AUTHOR, SILENT = "title", "stylesheet", "fonttbl", "listtext", "atnauthor", "silent"
ASIDE = {
    "footnote": "note", "annotation": "comment", "shptxt": "box", "dptxbxtext": "box",
    **{name + side: "running" for name in ("header", "footer") for side in ("", "l", "r", "f")},
}  # fmt: skip
CAPTURED = {"title": TITLES, "stylesheet": STYLES, "fonttbl": FONTS, "listtext": LABEL, "pntext": LABEL}
DROPPED = frozenset(
    "colortbl pict object objdata themedata colorschememapping latentstyles datastore generator xmlnstbl rsidtbl "
    "listtable listoverridetable fldinst bkmkstart bkmkend sn sv shprslt nonshppict mmathPr pn revtbl filetbl "
    "nesttableprops nonesttables atnid atntime atndate atnref atnparent atrfstart atrfend author operator keywords "
    "subject company comment doccomm private xe tc template manager category hlinkbase pgptbl ftnsep ftnsepc".split()
)
_COLOURS = re.compile(r"\{\\colortbl([^{}]{0,20000})\}")
_PARTS = re.compile(r"\\(red|green|blue)(\d+)")
_WHITE = {("red", "255"), ("green", "255"), ("blue", "255")}
PAINT = ("fs", "cf", "highlight", "cb", "chcbpat")
TINY_HALF_POINTS = 4
OPENED = frozenset(("shpinst", "do", "shp", "field", "fldrslt", "result", "info", "ud"))  # starred, and read


@dataclass(slots=True)
class Group:
    """What holds until a brace closes."""

    sink: str = ""  # "" for text, else what gathers it
    codec: str = "cp1252"
    fallback: int = 1  # characters that stand for one of Unicode
    hidden: bool = False
    deleted: bool = False
    place: str = ""  # "raised" or "lowered"
    colour: int = 0  # of the letters, in the table of colours
    half_points: int = 24
    is_marked: bool = False  # letters have a colour behind them
    starred: bool = False
    aside: str = ""  # what ends with this group: a note, a box ...

    def look(self, word: str, *, on: bool) -> None:
        """Set how letters look; "plain" takes it all back."""
        if word == "plain":
            self.hidden, self.deleted, self.place = False, False, ""
            self.colour, self.half_points, self.is_marked = 0, 24, False
        elif word == "v":
            self.hidden = on
        elif word == "deleted":
            self.deleted = on
        else:
            self.place = {"super": "raised", "sub": "lowered"}.get(word, "") if on else ""

    def paint(self, word: str, number: int | None) -> None:
        """Set the size and the colours of letters."""
        if word == "fs":
            self.half_points = 24 if number is None else number
        elif word == "cf":
            self.colour = number or 0
        else:
            self.is_marked = bool(number)


@dataclass(slots=True)
class Flow:
    """Text on its way into paragraphs: the document itself, or a note, box or head beside it."""

    text: list[str] = field(default_factory=list)
    label: str | None = None
    style: int = 0
    outline: int = 9
    in_table: bool = False
    is_shaded: bool = False
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    merge: str = ""
    head_rows: int = 0
    is_head: bool = False

    def set(self, word: str, number: int | None) -> None:
        """Set how the paragraph counts; "pard" takes it all back."""
        if word == "pard":
            self.style, self.outline, self.in_table, self.is_shaded = 0, 9, False, False
        elif word == "s":
            self.style = number or 0
        elif word == "cbpat":
            self.is_shaded = bool(number)
        elif word == "outlinelevel":
            self.outline = 9 if number is None else number
        else:
            self.in_table = True


def white_colours(text: str) -> frozenset[int]:
    """The numbers of the colours of a file that cannot be seen on paper."""
    table = _COLOURS.search(text)
    entries = table[1].split(";") if table else []
    return frozenset(at for at, entry in enumerate(entries) if set(_PARTS.findall(entry)) == _WHITE)


def codec(page: int) -> str:
    """Python's name of a code page."""
    known = {65001: "utf-8", 10000: "mac_roman", 936: "gb18030"}
    name = known.get(page, f"cp{page}")
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name
