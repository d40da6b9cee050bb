"""What the gates say of a release before the pointer moves to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chat.models import Release
from evaluation import gates

Stage = Literal["candidate", "production"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """`reasons` are sentences for people. Where no gates are set up, a release passes, and that is said."""

    state: Literal["passed", "failed", "missing", "none"]
    reasons: Sequence[str] = ()

    @property
    def lets_pass(self) -> bool:
        """Whether the pointer may move without anybody's override."""
        return self.state in ("passed", "none")

    @property
    def evidence(self) -> dict[str, Any]:
        """For the history of moves."""
        return {"state": self.state, "reasons": list(self.reasons)}


def gate(release: Release, stage: Stage) -> Gate:
    """The verdict of the gates that are set up for this stage."""
    found = gates.verdict(release, stage)
    return Gate(state=found.state.value, reasons=found.reasons)
