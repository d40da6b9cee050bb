"""Makes a follow-up question stand on its own: its subject comes from the conversation."""

import logging
import re
from collections.abc import Sequence

from chat import prompts
from chat.answering.addressed import without_curses
from chat.answering.standalone import stand_alone
from chat.answering.types import SEED, Exchange, Order
from ragapp.lib.offload import Offload
from ragapp.llm import gateway
from ragapp.llm.errors import LLMError
from ragapp.llm.types import ChatRequest, Message

log = logging.getLogger(__name__)

REWRITE_TOKENS = 200
REWRITE_DEADLINE_S = 8.0
ANSWER_CHARS_SHOWN = 600
_IDENTIFIER = re.compile(r"\w*\d[\w./:-]*\w|\d")
_NEGATION = re.compile(
    r"\b(not|no|never|none|nobody|nothing|without|cannot|\w+n['’]t|nicht|kein\w*|nie|niemals|niemand|nichts|ohne)\b",
    re.IGNORECASE,
)


async def run(order: Order, *, offload: Offload) -> str:
    """The question as it can be understood alone, without insults before it; unchanged when it can already, or starts
    another subject."""
    question = without_curses(order.question)
    if not order.history:
        return question
    by_rules = stand_alone(question, order.history)
    if not await offload(gateway.is_configured):
        return by_rules
    system, user = prompts.fill(order.prompts["rewrite"], {"history": _told(order.history), "question": question})
    request = ChatRequest(
        task="rewrite",
        messages=(Message(role="system", content=system), Message(role="user", content=user)),
        max_output_tokens=REWRITE_TOKENS,
        deadline_s=REWRITE_DEADLINE_S,
        seed=SEED,
        caller=order.caller,
        route=order.route,
    )
    try:
        text = " ".join((await gateway.complete(request, offload=offload)).text.split())
    except LLMError as error:
        log.warning("rewrite.by_rules", extra={"error": type(error).__name__})
        return by_rules
    is_usable = 0 < len(text) <= 2 * len(question) + 300
    return text if is_usable and keeps_what_counts(question, order.history, text) else by_rules


def keeps_what_counts(question: str, history: Sequence[Exchange], text: str) -> bool:
    """Whether `text` has every number and code of the question, none that nobody said, and denies what it denies.

    "/9" may be written out as "RB-203/9".
    """
    asked, written = (set(_IDENTIFIER.findall(each)) for each in (question, text))
    told = _told(history)
    said = asked | set(_IDENTIFIER.findall(told))
    is_kept = all(any(code.endswith(one) for code in written) for one in asked)
    is_said = all(code in said or any(code.endswith(one) for one in asked) for code in written)
    was_denied, is_denied = _NEGATION.search(question) is not None, _NEGATION.search(text) is not None
    may_deny = was_denied or _NEGATION.search(told) is not None
    return is_kept and is_said and (is_denied or not was_denied) and (may_deny or not is_denied)


def _told(history: Sequence[Exchange]) -> str:
    return "\n".join(
        f"Question: {exchange.question}\nAnswer: {exchange.answer[:ANSWER_CHARS_SHOWN]}" for exchange in history
    )
