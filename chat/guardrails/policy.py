"""Which guard looks at questions and answers, and what is done about what it finds: a part of every release.

{"question": {"orders": "log", …}, "answer": {"secrets": "mask", …}}. What a release does not name keeps the behaviour
of the releases that had no policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["off", "log", "warn", "mask", "block"]
Side = Literal["question", "answer"]

# What each guard can do, the first being what releases without a policy do.
QUESTION: Mapping[str, tuple[Action, ...]] = {
    "length": ("block",),
    "orders": ("log", "off", "warn", "block"),
    "secrets": ("off", "log", "warn", "mask", "block"),
    "personal_data": ("off", "log", "warn", "block"),
    "abuse": ("off", "log", "warn", "block"),
    "language": ("off", "log", "warn", "block"),
}
ANSWER: Mapping[str, tuple[Action, ...]] = {
    "system_prompt": ("mask", "block"),
    "secrets": ("mask", "block"),
    "addresses": ("mask",),
    "personal_data": ("off", "log", "warn", "mask", "block"),
    "harmful": ("off", "log", "warn", "mask", "block"),
    "beside_the_question": ("off", "log", "warn", "mask", "block"),
    "unsupported": ("warn", "log", "mask", "block"),
}
_GUARDS: Mapping[Side, Mapping[str, tuple[Action, ...]]] = {"question": QUESTION, "answer": ANSWER}


class PolicyInvalid(Exception):
    """A release's guards name something that this version of the software does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What each guard does, for every guard there is. `languages`: those that the language guard takes, ISO 639-1."""

    question: Mapping[str, Action]
    answer: Mapping[str, Action]
    languages: tuple[str, ...] = ()

    @property
    def holds_text(self) -> bool:
        """Whether nothing may be shown before the whole answer was compared with its sources."""
        return self.answer["unsupported"] in ("mask", "block")


def read(guards: Mapping[str, Any]) -> Policy:
    """The policy in a release's JSON. Raises PolicyInvalid for a guard or an action it does not know."""
    if unknown := set(guards) - {"question", "answer", "languages"}:
        raise PolicyInvalid(f"Unknown parts of a guard policy: {', '.join(sorted(unknown))}")
    languages = guards.get("languages", ())
    if not isinstance(languages, list | tuple) or not all(isinstance(name, str) for name in languages):
        raise PolicyInvalid("The languages of a guard policy are a list of two-letter codes.")
    return Policy(
        question=_actions("question", guards.get("question", {})),
        answer=_actions("answer", guards.get("answer", {})),
        languages=tuple(languages),
    )


def _actions(side: Side, wanted: Mapping[str, Any]) -> dict[str, Action]:
    known = _GUARDS[side]
    if unknown := set(wanted) - set(known):
        raise PolicyInvalid(f"Unknown guards of the {side}: {', '.join(sorted(unknown))}")
    chosen = {guard: actions[0] for guard, actions in known.items()}
    for guard, action in wanted.items():
        if action not in known[guard]:
            raise PolicyInvalid(f"{guard} of the {side} can do {', '.join(known[guard])}, not {action}")
        chosen[guard] = action
    return chosen


def shipped() -> dict[str, Any]:
    """The policy of the release that comes with this version, all of it written out."""
    return {
        "question": {
            "length": "block",
            "orders": "log",
            "secrets": "mask",
            "personal_data": "off",
            "abuse": "log",
            "language": "off",
        },
        "answer": {
            "system_prompt": "mask",
            "secrets": "mask",
            "addresses": "mask",
            "personal_data": "mask",
            "harmful": "mask",
            "beside_the_question": "mask",
            "unsupported": "warn",
        },
        "languages": [],
    }
