"""A reader of prompts that only quotes: what benchmarks and tests take for an honest language model."""

from __future__ import annotations

import re

_SOURCE = re.compile(r'<source number="(\d+)"[^>]*>\n(.*?)\n</source>', re.DOTALL)
_QUESTION = re.compile(r"^(?:Last question|Question): (.*)", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def answer_from_sources(prompt: str) -> str:
    """The sentence of the prompt's sources that shares most words with its question, with its marker.

    Without sources the question itself, which does as a rewriting and as a title.
    """
    asked = _QUESTION.findall(prompt)
    question: str = asked[-1] if asked else prompt.strip().splitlines()[-1]
    wanted = set(re.findall(r"\w{3,}", question.lower()))
    best, most = "", -1
    for number, text in _SOURCE.findall(prompt):
        for sentence in filter(None, map(str.strip, _SENTENCE_END.split(text))):
            shared = len(wanted & set(re.findall(r"\w{3,}", sentence.lower())))
            if shared > most:
                best, most = f"{sentence.rstrip('.!?')} [{number}].", shared
    return best or question
