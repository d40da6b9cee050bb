"""What is kept, purged when and erased how: each model declares it, a test insists.

A model carries `class Retention(retention.Policy)`. Every concrete field except the primary key and foreign keys
stands in exactly one of the three.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar


class Policy:
    """`keep`: for the life of the row. `purge`: emptied or removed after that time. `erase`: the value that replaces
    it when the person concerned asks for erasure."""

    keep: ClassVar[frozenset[str]] = frozenset()
    purge: ClassVar[Mapping[str, timedelta]] = {}
    erase: ClassVar[Mapping[str, object]] = {}
