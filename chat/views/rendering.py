"""Answers as HTML: sanitised Markdown in which markers are citations and unsupported sentences say so.

The Markdown is sanitised first; what is added afterwards is ours. Sentences are followed through the rendering by
two private characters, which are taken out of the text beforehand, so that no answer can forge them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ragapp.lib.markdown import render

_OPEN, _CLOSE, _GONE = "\ue000", "\ue001", "\ue002"
# As themselves, and as the entities that Markdown would turn into them.
_PRIVATE = re.compile(f"[{_OPEN}{_CLOSE}{_GONE}]|&#(?:x0*e00[012]|0*5734[456]);?", re.IGNORECASE)
_TAG = re.compile(r"(<[^>]*>)")
_MARKER = re.compile(r"\s?\[(\d{1,3})\]")
# The last characters of a word, entities left alone, and the markers after it.
_CITED = re.compile(r"([^\s\[\]&;]{0,24})((?:\s?\[\d{1,3}\])+)")
# Any markers, and what may stand behind them at the end of a word.
_MARKERS = r"(?:\s*\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\])*"
_PUNCTUATION = ".,;:!?…)»”’\"'*_"
# What stands before the words of a list item, a heading or a quotation is not part of the sentence.
_BLOCK_PREFIX = re.compile(r"\s*(?:(?:[-*+>]|\d{1,3}[.)]|#{1,6})\s+)*")

# A paragraph that begins with a word at the margin ends whatever stood before it, lists and quotations too.
_NEW_PARAGRAPH = re.compile(r"\n[ \t]*\n+(?=[^\W\d_]{3})")
_REACHING = re.compile(r"```|~~~|\]:")
RENDERED_PARTS = 512
# Citations that stay on the line of their word.
ON_A_LINE = 3

Sentence = Mapping[str, Any]


def streaming_html(markdown: str) -> SafeString:
    """An answer in the making: markers have their final size, but lead nowhere yet.

    It is shown anew for each piece that comes, to each of its readers. What stands before the last paragraph does not
    change any more, and is rendered once for all of them, unless a fence or a definition may reach over paragraphs.
    """
    text = _PRIVATE.sub("", markdown)
    parts = [text] if _REACHING.search(text) else _NEW_PARAGRAPH.split(text)
    return mark_safe("".join(map(_in_the_making, parts)))  # noqa: S308  each part is sanitised


@lru_cache(maxsize=RENDERED_PARTS)
def _in_the_making(markdown: str) -> SafeString:
    return _assemble(markdown, lambda marker: f'<span class="cite">{marker}</span>')


def answer_html(
    markdown: str, *, sentences: Sequence[Sentence], chips: Mapping[int, str], removed: frozenset[int]
) -> SafeString:
    """A finished answer. `chips` holds the HTML of each citation; sentences that rest only on `removed` sources are
    left out, and say so."""
    text, cursor = _PRIVATE.sub("", markdown), 0
    for sentence in sentences:
        words = _PRIVATE.sub("", str(sentence.get("text", ""))).strip()
        if (found := _place(text, words, cursor)) is None:
            continue
        start, end = found
        prefix = _BLOCK_PREFIX.match(words)
        inner = start + (prefix.end() if prefix else 0)
        markers = frozenset(sentence.get("markers", ()))
        if markers and markers <= removed:
            replacement = _GONE
        elif not sentence.get("is_supported", True) and not words.startswith(("|", "```")):
            replacement = f"{_OPEN}{text[inner:end]}{_CLOSE}"
        else:
            replacement = text[inner:end]
        text = text[:inner] + replacement + text[end:]
        cursor = inner + len(replacement)
    return _assemble(text, lambda marker: chips.get(marker))


def _place(text: str, words: str, cursor: int) -> tuple[int, int] | None:
    """Where a sentence stands from `cursor` on, with the markers that its words are stored without."""
    if not words:
        return None
    if (start := text.find(words, cursor)) >= 0:
        return start, start + len(words)
    written = []
    for word in words.split():
        stem = word.rstrip(_PUNCTUATION)
        written.append(re.escape(stem) + (_MARKERS + r"\s*" + re.escape(word[len(stem) :]) if stem != word else ""))
    found = re.compile((_MARKERS + r"\s+").join(written)).search(text, cursor)
    return found.span() if found else None


def _assemble(markdown: str, chip: Callable[[int], str | None]) -> SafeString:
    """Rendered Markdown, piece by piece: tags as they are, words with chips and marks. Spans never cross a tag."""
    out: list[str] = []
    literal_depth, is_open = 0, False
    for piece in _TAG.split(render(markdown)):
        if piece.startswith("<"):
            name = piece.strip("</>").split(" ")[0]
            if name in ("code", "pre"):
                literal_depth += -1 if piece.startswith("</") else 1
            # What is wider than the page is scrolled, also by keyboard.
            out.append(f'<{name} tabindex="0">' if piece in ("<pre>", "<table>") else piece)
            continue
        for part in re.split(f"([{_OPEN}{_CLOSE}])", piece):
            if part == _OPEN:
                is_open = True
            elif part == _CLOSE:
                is_open = False
                unsupported = escape(_("no support found in the sources"))
                out.append(f'<span class="visually-hidden"> ({unsupported})</span>')
            elif part.strip():
                words = _words(part, None if literal_depth else chip)
                out.append(f'<span class="unsupported">{words}</span>' if is_open else words)
            else:
                out.append(part)
    return mark_safe("".join(out))  # noqa: S308  render() sanitised the text; the rest is ours


def _words(escaped: str, chip: Callable[[int], str | None] | None) -> str:
    """`escaped` is text that nh3 has escaped already. A word and its citations stay on one line."""

    def linked(match: re.Match[str]) -> str:
        found = [(marker, chip(int(marker[1]))) for marker in _MARKER.finditer(match[2])] if chip else []
        if not any(html for _marker, html in found):
            return match[0]
        chips = [html or marker[0] for marker, html in found]
        return f'<span class="nowrap">{match[1]}{"".join(chips[:ON_A_LINE])}</span>{"".join(chips[ON_A_LINE:])}'

    sentence = escape(_("This sentence went with its source, which was removed."))
    gone = f'<em class="gone">{sentence}</em>'
    return _CITED.sub(linked, escaped).replace(_GONE, gone)
