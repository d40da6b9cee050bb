"""What of a rejected answer a correction leaves out: sentences that no later answer to the question may show."""

import re
from collections.abc import Sequence

from chat.models import Answer
from evaluation.metrics.answers import holds_words, words
from ragapp.lib.text import sentences

# A sentence with so large a share of its words in the correction says the same in other words, if its figures agree.
REWORDED_FROM = 0.6
_MARKER = re.compile(r"\s*\[\d+\]")


def left_out(answer: Answer, corrected: str) -> tuple[str, ...]:
    """The sentences of `answer` that `corrected` neither keeps nor says in other words; none without a correction."""
    if not corrected.strip():
        return ()
    return tuple(one for one in said(answer) if not _is_kept(one, corrected))


def said(answer: Answer) -> tuple[str, ...]:
    """The sentences of `answer` without markers, each once."""
    found = [one.get("text", "") for one in answer.sentences] or _split(answer.text)
    plain = (" ".join(unmarked(one).split()) for one in found)
    return tuple(dict.fromkeys(one for one in plain if words(one)))


def unmarked(text: str) -> str:
    """`text` without citation markers, which count nothing outside of its answer."""
    return _MARKER.sub("", text).strip()


def _is_kept(sentence: str, corrected: str) -> bool:
    """Whether the correction has the sentence, a part of it, or its figures and most of its words."""
    if holds_words(corrected, sentence) or any(holds_words(sentence, part) for part in _split(corrected)):
        return True
    mine, kept = set(words(sentence)), set(words(corrected))
    figures = {word for word in mine if word[0].isdigit()}
    return figures <= kept and len(mine & kept) >= REWORDED_FROM * len(mine)


def _split(text: str) -> Sequence[str]:
    return [text[start:end] for start, end in sentences(text)]
