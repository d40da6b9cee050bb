"""How much of the memory PostgreSQL keeps pages in: searches are as fast as their indexes are found there."""

import os
from pathlib import Path

LEAST, MOST, PART = 256 * 2**20, 2 * 2**30, 8
# What a container may use stands in one of these, or "max".
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def shared_buffers() -> str:
    """An eighth of the memory, within bounds, as PostgreSQL writes it. It is taken as it comes to be used."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return shared_buffers_of(min([total, *(limit for path in _LIMITS if (limit := _limit(path)))]))


def shared_buffers_of(memory: int) -> str:
    """The same for so many bytes of memory."""
    return f"{max(LEAST, min(MOST, memory // PART)) // 2**20}MB"


def _limit(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
