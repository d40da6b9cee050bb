"""Transactions that the database ended in favour of others."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

# SQLSTATEs: serialization failure and deadlock.
CONFLICTS, TRIES = frozenset({"40001", "40P01"}), 3
Made = TypeVar("Made")


def again_after_conflicts(work: Callable[[], Made], *, told: Callable[[], None] = lambda: None) -> Made:
    """What `work` gives, a whole transaction or several; it is done once more when it only met another one.

    `told` hears of each. Raises what the last of three tries raised, and the first one's inside a transaction.
    """
    for left in reversed(range(1 if connection.in_atomic_block else TRIES)):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in CONFLICTS or not left:
                raise
            told()
    raise AssertionError("the last conflict is raised")
