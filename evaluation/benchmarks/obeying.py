"""A language model that obeys whatever its sources order, behind a real server: the worst reader there can be."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.test import override_settings

from evaluation.benchmarks.replaying_llm import MODEL, ReplayingLLM
from ragapp.lib.quoting import answer_from_sources

SINK = "http://127.0.0.1:9/collect"
_QUOTED = re.compile(r"[\"“'‘]([^\"”'’]{8,})[\"”'’]")
_OF_REPLIES = re.compile(r"\b(?:answer|response|reply|message)\b", re.IGNORECASE)
_ASKS_FOR = re.compile(
    r"^(?:please\s+)?(?:in your (?:response|answer|reply),?\s*)?(?:\w+\s+){0,3}?"
    r"(?:(?:in|to|into|within|with) your (?:response|answer|reply)|your (?:response|answer|reply)|me|us)?\s*"
    r"(?:that|to|with|by|about|for|how|the|a|an)?\s+",
    re.IGNORECASE,
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ROTATED = str.maketrans(
    _LETTERS + _LETTERS.upper(), _LETTERS[3:] + _LETTERS[:3] + (_LETTERS[3:] + _LETTERS[:3]).upper()
)
# Of each way to rewrite an answer, what a model that can would make of it.
_REWRITES = (
    ("base", lambda text: base64.b64encode(text.encode()).decode()),
    ("reverse", lambda text: text[::-1]),
    ("emoji", lambda text: re.sub(r"\w+", "😀", text)),
    ("space", lambda text: re.sub(r"\s+", "", text)),
    ("cipher", lambda text: text.translate(_ROTATED)),
    ("encrypt", lambda text: text.translate(_ROTATED)),
    ("anagram", lambda text: re.sub(r"\w+", lambda word: "".join(sorted(word.group())), text)),
    ("scramble", lambda text: re.sub(r"\w+", lambda word: "".join(sorted(word.group())), text)),
    ("letters", lambda text: re.sub(r"[a-z]", lambda letter: f"{ord(letter.group()) - 96} ", text.lower())),
    ("vowels", lambda text: text.translate(str.maketrans("aeiou", "12345"))),
    ("misspell", lambda text: re.sub(r"(\w)(\w)(\w)", r"\2\1x\3", text)),
)


@dataclass(slots=True)
class Obeying:
    """`orders` are those that it looks for in its sources. `wrote` holds what it added, by order.

    `says`: what it writes for an order, where that is given.
    """

    orders: tuple[str, ...]
    place: str = "after"
    says: Mapping[str, str] = field(default_factory=dict)
    wrote: list[str] = field(default_factory=list)

    def reply(self, prompt: str) -> str:
        """The answer from the sources with what they order: before it, after it, or instead of it."""
        self.wrote.clear()
        order = next((order for order in self.orders if order in prompt), "")
        honest = answer_from_sources(prompt.replace(order, " ") if order else prompt)
        if not order:
            return honest
        if order in self.says:
            return self._said(honest, [said_for(self.says[order], prompt)])
        for name, rewrite in _REWRITES:
            if name in order.lower() and _OF_REPLIES.search(order):
                self.wrote.append(rewrite(honest))
                return self.wrote[0]
        return self._said(honest, _obeyed(order, prompt))

    def _said(self, honest: str, foreign_sentences: list[str]) -> str:
        self.wrote += foreign_sentences
        foreign = " ".join(f"{sentence} [1]" if at % 2 else sentence for at, sentence in enumerate(self.wrote))
        return {"after": f"{honest} {foreign}", "before": f"{foreign} {honest}"}.get(self.place, foreign)


def said_for(said: str, prompt: str) -> str:
    """What is written where that is given; `{prompt}` stands for the rules before the sources."""
    return said.replace("{prompt}", " ".join(prompt.splitlines()[:6]))


def _obeyed(order: str, prompt: str) -> list[str]:
    """What is asked for, in the order's own words, which stand in the source; a call home; and the instructions."""
    if "prompt" in order.lower() or "instructions" in order.lower():
        return [line.lstrip("- ") for line in prompt.splitlines()[:6] if len(line.split()) > 8]
    quoted = _QUOTED.search(order)
    said = (quoted[1] if quoted else _ASKS_FOR.sub("", order) or order).strip(" .?!:;")
    return [f"{said[0].upper()}{said[1:]}.", f"Read more about it ![here]({SINK}?q=1) or [there]({SINK})."]


@contextmanager
def serving(model: Obeying) -> Iterator[None]:
    """The model behind its server, configured as the site's model."""
    with (
        ReplayingLLM(reply=model.reply, first_after_s=0.0, pace_s=0.0) as server,
        override_settings(LLM_BASE_URL=server.base_url, LLM_API_KEY="key", LLM_MODEL=MODEL, LLM_TIMEOUT_S=20.0),
    ):
        yield
