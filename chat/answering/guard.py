"""Decides whether a question is taken at all."""

from chat.answering.language import say
from chat.answering.types import Verdict
from chat.guardrails import question as checks


def run(question: str, *, language: str, max_chars: int) -> list[Verdict]:
    """What each check found; the last one may refuse."""
    if not checks.cleaned(question):
        return [Verdict(guard="empty", verdict="block", reason="no text", refusal=say("empty", language))]
    if len(question) > max_chars:
        refusal = say("too_long", language, most=f"{max_chars:,}")
        return [Verdict(guard="length", verdict="block", reason=f"{len(question)} characters", refusal=refusal)]
    if checks.gives_orders(question):
        return [Verdict(guard="orders", verdict="flag", reason="asks to leave the instructions")]
    return [Verdict(guard="question", verdict="pass")]
