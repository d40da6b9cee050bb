"""Files with one record a line."""

from collections.abc import Iterator


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of every line that is not blank.

    A newline ends a line and nothing else does: a record may hold U+2028, at which str.splitlines() would cut it.
    """
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")
