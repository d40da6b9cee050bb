"""Decides whether a question is taken at all, and with which words."""

from collections.abc import Iterator, Sequence

from chat.answering.language import name_of, say
from chat.answering.types import Order, Verdict
from chat.guardrails import harm, question
from chat.guardrails.policy import Policy
from ragapp.llm import embedding


def run(order: Order, *, max_chars: int) -> tuple[str, list[Verdict]]:
    """The question as it goes on, without secrets where the policy masks them, and what the guards found.

    The last verdict refuses when one does. Costs at most one embedding, which the search uses as well.
    """
    asked, language, policy = order.question, order.language, order.policy
    if not question.cleaned(asked):
        return asked, [Verdict(guard="empty", verdict="block", reason="no text", refusal=say("empty", language))]
    if len(asked) > max_chars:
        refusal = say("too_long", language, most=f"{max_chars:,}")
        return asked, [Verdict(guard="length", verdict="block", reason=f"{len(asked)} characters", refusal=refusal)]
    if kind := question.courtesy_in(asked):
        return asked, [Verdict(guard="courtesy", verdict="block", reason=kind, refusal=say(kind, language))]
    verdicts = []
    for guard, reason in _findings(asked, language, policy):
        action = policy.question[guard]
        refusal = say(f"blocked_{guard}", language) if action == "block" else ""
        # A guard that is off does not look.
        verdicts.append(Verdict(guard=guard, verdict=action, reason=reason, refusal=refusal))  # type: ignore[arg-type]
        if guard == "secrets" and action == "mask":
            asked = question.without(asked, question.secrets_in(asked))
    verdicts.sort(key=lambda verdict: bool(verdict.refusal))
    return asked, verdicts or [Verdict(guard="question", verdict="pass")]


def notice(verdicts: Sequence[Verdict], language: str) -> str:
    """What the reader is told beside the answer."""
    told = []
    for one in verdicts:
        if one.side == "question" and one.verdict in ("warn", "mask"):
            told.append(say(f"warned_{one.guard}", language))
        # Sentences without support say so themselves; what was left out, the draft says.
        elif one.side == "answer" and one.verdict == "warn" and one.guard != "unsupported":
            told.append(say("warned_answer", language))
    return " ".join(dict.fromkeys(told))


def _findings(asked: str, language: str, policy: Policy) -> Iterator[tuple[str, str]]:
    does = policy.question
    if does["orders"] != "off" and (families := question.order_families(asked)):
        yield "orders", ", ".join(sorted(families))
    if does["secrets"] != "off" and (found := question.secrets_in(asked)):
        yield "secrets", ", ".join(sorted({one.detail for one in found}))
    if does["personal_data"] != "off" and (found := question.personal_data_in(asked)):
        yield "personal_data", ", ".join(sorted({one.kind.value for one in found}))
    if does["language"] != "off" and policy.languages and language not in policy.languages:
        yield "language", name_of(language)
    if does["abuse"] != "off" and harm.is_harmful(embedding.embed_query(asked)):
        yield "abuse", "near an example"
