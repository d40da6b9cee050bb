"""PDFs whose end is gone, or whose list of objects names no catalogue: what PDFium needs to look for them itself."""

from __future__ import annotations

import re

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,9})[ \r\n]+(\d{1,5})[ \r\n]+obj\b")
_KIND = re.compile(rb"/Type\s*/(Catalog|Pages|Page)\b")
_HEAD_BYTES = 4096  # of an object, in which its kind stands
_MOST_BYTES = 256 * 1024**2
_MOST_PAGES = 20_000


def with_trailer(raw: bytes) -> bytes | None:
    """The file with a trailer that names its catalogue; None where no page can be found.

    A catalogue that was cut off is written anew over all pages, in the order in which they stand.
    """
    if len(raw) > _MOST_BYTES or b"/Encrypt" in raw:  # without its end nobody knows how
        return None
    found: dict[bytes, list[bytes]] = {b"Catalog": [], b"Pages": [], b"Page": []}
    highest = 0
    places = [(match.start(), match.end(), match[1], match[2]) for match in _OBJECT.finditer(raw)]
    ends = [*(start for start, _, _, _ in places), len(raw)][1:]
    for (_, begin, number, generation), end in zip(places, ends, strict=True):
        highest = max(highest, int(number))
        kind = _KIND.search(raw, begin, min(end, begin + _HEAD_BYTES))
        if kind:
            found[kind[1]].append(b"%s %s R" % (number, generation))
    if found[b"Catalog"]:
        return raw + _trailer(found[b"Catalog"][-1], highest)
    pages = found[b"Page"][:_MOST_PAGES]
    if not pages:
        return None
    tree, catalogue = highest + 1, highest + 2
    added = b"\n%d 0 obj\n<</Type/Pages/Count %d/Kids[%s]>>\nendobj\n" % (tree, len(pages), b" ".join(pages))
    added += b"%d 0 obj\n<</Type/Catalog/Pages %d 0 R>>\nendobj\n" % (catalogue, tree)
    return raw + added + _trailer(b"%d 0 R" % catalogue, catalogue)


def _trailer(root: bytes, highest: int) -> bytes:
    return b"\ntrailer\n<</Size %d/Root %s>>\nstartxref\n0\n%%%%EOF\n" % (highest + 1, root)
