"""Writes the prompt: the same beginning for every question, then sources fenced as data, then what is asked."""

import re
from collections.abc import Sequence
from datetime import date

from chat import prompts
from chat.answering.language import name_of
from chat.answering.types import Composed, Decision, Exchange, Order
from documents.retrieval.types import Hit

# Characters of a token, on the low side for Latin text; CJK letters count as one token each.
CHARS_PER_TOKEN = 3.2
HISTORY_SHARE = 0.15
ANSWER_CHARS_SHOWN = 500
# Between the signs of a tag may stand what nobody sees; a model reads over it.
_UNSEEN = r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*"
_FENCE = re.compile(
    rf"[<\uff1c\u2039\u3008]{_UNSEEN}(/?){_UNSEEN}("
    + "|".join(_UNSEEN.join(name) for name in ("sources", "source", "conversation"))
    + r")(?!\w)",
    re.IGNORECASE,
)
_WIDE = re.compile("[\u2e81-\U0010ffff]")


def run(
    order: Order, understood: str, hits: Sequence[Hit], decision: Decision, *, context_tokens: int, output_tokens: int
) -> Composed:
    """A prompt of at most `context_tokens` less `output_tokens`. The best source is always there; of the others, best
    first, those that still fit.

    Raises prompts.PromptInvalid.
    """
    values = {
        "sources": "",
        "history": "",
        "today": order.today.isoformat(),
        "language": name_of(order.language),
        "question": fenced(order.question if understood == order.question else understood),
    }
    system, user = prompts.fill(order.prompts["answer"], values)
    budget = context_tokens - output_tokens - estimated_tokens(system) - estimated_tokens(user)
    history = _history(order.history, int(budget * HISTORY_SHARE))
    budget -= estimated_tokens(history)
    sources: list[str] = []
    markers: dict[int, int] = {}
    for place in _in_order(hits, decision):
        text = _source(len(sources) + 1, hits[place], order.today)
        cost = estimated_tokens(text)
        if cost > budget and sources:
            continue
        budget -= cost
        sources.append(text)
        markers[len(sources)] = place
    block = "\n".join(["<sources>", *sources, "</sources>"])
    system, user = prompts.fill(order.prompts["answer"], values | {"sources": block, "history": history})
    return Composed(system=system, user=user, markers=markers)


def fenced(text: str) -> str:
    """`text` cannot close the fence it stands in, nor open another."""
    return _FENCE.sub(r"(\1\2", text)


def estimated_tokens(text: str) -> int:
    """A careful guess before the call; afterwards the provider's count is the truth."""
    wide = len(_WIDE.findall(text))
    return int((len(text) - wide) / CHARS_PER_TOKEN) + wide + 1


def _in_order(hits: Sequence[Hit], decision: Decision) -> list[int]:
    """Best first; the version that is followed before the one that is not."""
    places = list(range(len(hits)))
    if decision.followed is not None:
        places.sort(key=lambda place: place != decision.followed)
    return places


def _source(number: int, hit: Hit, today: date) -> str:
    about = [f'number="{number}"', f'title="{_attribute(hit.title)}"']
    if hit.heading_path:
        about.append(f'section="{_attribute(hit.heading_path)}"')
    if hit.page is not None:
        about.append(f'page="{hit.page}"')
    if hit.valid_from is not None:
        about.append(f'valid_from="{hit.valid_from.isoformat()}"')
        if hit.valid_from > today:
            about.append('valid="not yet"')
    return f"<source {' '.join(about)}>\n{fenced(hit.text)}\n</source>"


def _attribute(text: str) -> str:
    return fenced(" ".join(text.replace('"', "'").split()))


def _history(history: Sequence[Exchange], budget: int) -> str:
    """The latest exchanges that fit, oldest first."""
    told: list[str] = []
    for exchange in reversed(history):
        text = f"Question: {exchange.question}\nAnswer: {exchange.answer[:ANSWER_CHARS_SHOWN]}"
        budget -= estimated_tokens(text)
        if budget < 0:
            break
        told.insert(0, fenced(text))
    return "\n".join(["<conversation>", *told, "</conversation>"]) if told else ""
