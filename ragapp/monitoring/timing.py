"""Stage timings."""

import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

from ragapp.monitoring import metrics


@contextmanager
def timed(stage_ms: MutableMapping[str, float], name: str) -> Iterator[None]:
    """Add the milliseconds of the block to `stage_ms[name]`, also when it raises, and to the stage histogram."""
    started = time.perf_counter()
    try:
        yield
    finally:
        elapsed_s = time.perf_counter() - started
        stage_ms[name] = round(stage_ms.get(name, 0.0) + elapsed_s * 1000, 1)
        metrics.STAGE_SECONDS.labels(stage=name).observe(elapsed_s)
