"""What the embedded PostgreSQL keeps in memory follows from what the machine has."""

import pytest

from ragapp.embedded import memory

GIB = 2**30


@pytest.mark.parametrize(
    ("has", "kept"), [(GIB, "256MB"), (4 * GIB, "512MB"), (12 * GIB, "1536MB"), (64 * GIB, "2048MB")]
)
def test_an_eighth_of_the_memory_within_bounds(has: int, kept: str) -> None:
    assert memory.shared_buffers_of(has) == kept


def test_what_this_machine_gets_is_within_the_bounds() -> None:
    megabytes = int(memory.shared_buffers().removesuffix("MB"))
    assert 256 <= megabytes <= 2048
