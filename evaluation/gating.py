"""What the gates say of a release before the pointer moves to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from chat.models import Release

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
    return Gate(state="none", reasons=[_("No gates are set up.")])
