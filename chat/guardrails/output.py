"""Checks of what a model wrote, sentence by sentence, before a reader sees it."""

import re

_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)|!\[([^\]]*)\]\[[^\]]*\]")
_LINK = re.compile(r"\[([^\]]+)\]\((?:[^()]|\([^()]*\))*\)")
_REFERENCE = re.compile(r"^\s*\[[^\]]+\]:\s*\S+.*$", re.MULTILINE)
_ADDRESS = re.compile(r"<?\b(?:https?|ftp|data|javascript):[^\s>)\]]+>?", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>|<!--.*?-->", re.DOTALL)
_MARKER = re.compile(r"\[(\d{1,3})\]")
_MARKERS_TOGETHER = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})+)\]")
_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bsk-[A-Za-z0-9_-]{20,}\b|\bgh[pousr]_[A-Za-z0-9]{30,}\b|"
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}\b"
)
LEAK_WORDS = 10


def without_channels(text: str) -> str:
    """The text without what could call out or run: links and images lose their address, HTML goes."""
    text = _IMAGE.sub(lambda match: match[1] or match[2] or "", text)
    text = _LINK.sub(lambda match: match[1], text)
    text = _REFERENCE.sub("", text)
    text = _TAG.sub("", text)
    return _ADDRESS.sub("", text)


def with_known_markers(text: str, known: frozenset[int]) -> str:
    """Markers that stand for no source are dropped; "[1, 2]" becomes "[1][2]"."""
    text = _MARKERS_TOGETHER.sub(lambda match: "".join(f"[{number}]" for number in re.findall(r"\d+", match[1])), text)
    text = _MARKER.sub(lambda match: match[0] if int(match[1]) in known else "", text)
    return re.sub(r"[ \t]+([.,;:!?])", r"\1", text)


def markers_in(text: str) -> tuple[int, ...]:
    """The markers of a text in order, each once."""
    return tuple(dict.fromkeys(int(number) for number in _MARKER.findall(text)))


def without_markers(text: str) -> str:
    """The words alone."""
    return re.sub(r"[ \t]+([.,;:!?]|$)", r"\1", _MARKER.sub("", text)).strip()


def leaks(text: str, *, system: str) -> str:
    """Why a sentence may not be shown: it repeats the system prompt or holds a secret. Empty when it may."""
    if _SECRET.search(text):
        return "secret"
    words, rules = _words(text), f" {' '.join(_words(system))} "
    for start in range(len(words) - LEAK_WORDS + 1):
        if f" {' '.join(words[start : start + LEAK_WORDS])} " in rules:
            return "system prompt"
    return ""


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
