"""Where the word pieces of a text lie, from those of its words, which are met again and again.

BERT's tokenizers clean, split and cut each run between blanks and ASCII punctuation by itself: the pieces of a text
are those of its runs. Looking a run up takes a tenth of the time that the tokenizer takes for it.
"""

import re
from typing import Any

Spans = list[tuple[int, int]]

_RUN = re.compile(r"[^\s!-/:-@\[-`{-~]+|[!-/:-@\[-`{-~]")
# Dropped by the tokenizer, so that what stands around them is one run, or read as blanks here alone.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd\ue000-\uf8ff]")
_KEPT, _KEPT_CHARS = 50_000, 40


class WordPieces:
    """The spans of one tokenizer's word pieces. Safe to use from several threads."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._kept: dict[str, tuple[tuple[int, int], ...]] = {}
        parts = (tokenizer.normalizer, tokenizer.pre_tokenizer) if hasattr(tokenizer, "pre_tokenizer") else ()
        self._is_bert = [type(part).__name__ for part in parts] == ["BertNormalizer", "BertPreTokenizer"]
        self._special = tuple(map(str, tokenizer.get_added_tokens_decoder().values())) if self._is_bert else ()

    def spans(self, text: str) -> Spans:
        """The characters of each word piece, in order; special tokens left out."""
        if not self._is_bert or _CONTROL.search(text) or any(token in text for token in self._special):
            return self._asked(text)
        kept, spans = self._kept, []
        for run in _RUN.finditer(text):
            word, at = run[0], run.start()
            pieces = kept.get(word)
            if pieces is None:
                pieces = self._look_up(word)
            for start, end in pieces:
                spans.append((at + start, at + end))
        return spans

    def _look_up(self, word: str) -> tuple[tuple[int, int], ...]:
        pieces = tuple(self._asked(word))
        if len(word) <= _KEPT_CHARS:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[word] = pieces
        return pieces

    def _asked(self, text: str) -> Spans:
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)
