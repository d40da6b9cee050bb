"""Checks of what a model wrote, sentence by sentence, before a reader sees it."""

import re

from ragapp.privacy.personal_data.detect import find
from ragapp.privacy.personal_data.labelled import secrets
from ragapp.privacy.personal_data.types import DEFAULT_KINDS, Finding, Kind

_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)|!\[([^\]]*)\]\[[^\]]*\]")
_LINK = re.compile(r"\[([^\]]+)\]\((?:[^()]|\([^()]*\))*\)")
_REFERENCE = re.compile(r"^\s*\[[^\]]+\]:\s*\S+.*$", re.MULTILINE)
_ADDRESS = re.compile(r"<?\b(?:https?|ftp|data|javascript):[^\s>)\]]+>?", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>|<!--.*?-->", re.DOTALL)
_MARKER = re.compile(r"\[(\d{1,3})\]")
_MARKERS_BEFORE = re.compile(r"\s*(?:\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]\s*)+")
_MARKERS_TOGETHER = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})+)\]")
# Only keys and tokens of a known form: "the password is changed every 90 days" is a sentence of many handbooks.
_NO_TOKENS = frozenset({"password", "url-password"})
_BEGINS_A_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")
_COUNTED = tuple(kind for kind in DEFAULT_KINDS if kind not in (Kind.PERSON, Kind.SECRET, Kind.BIRTH_DATE))
LEAK_WORDS = 10
# The same without spaces and signs, so that spelling it another way does not help.
LEAK_LETTERS = 60
EMBEDDED_CHARS = 400


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


def markers_before(sentence: str) -> str:
    """The markers at its beginning, which belong to the sentence before."""
    match = _MARKERS_BEFORE.match(sentence)
    return match.group() if match else ""


def without_markers(text: str) -> str:
    """The words alone."""
    return re.sub(r"[ \t]+([.,;:!?]|$)", r"\1", _MARKER.sub("", text)).strip()


def leaks(text: str, *, system: str) -> str:
    """Why a sentence may not be shown: it repeats the system prompt or holds a secret. Empty when it may."""
    if _BEGINS_A_KEY.search(text) or any(found.detail not in _NO_TOKENS for found in secrets(text)):
        return "secret"
    words, rules = _words(text), f" {' '.join(_words(system))} "
    for start in range(len(words) - LEAK_WORDS + 1):
        if f" {' '.join(words[start : start + LEAK_WORDS])} " in rules:
            return "system prompt"
    letters, told = "".join(words), rules.replace(" ", "")
    for start in range(0, len(letters) - LEAK_LETTERS + 1, LEAK_LETTERS // 2):
        piece = letters[start : start + LEAK_LETTERS]
        if piece in told or piece in told[::-1]:
            return "system prompt"
    return ""


def personal_data_not_in(text: str, given: str) -> list[Finding]:
    """Numbers and addresses of people in `text` that stand nowhere in `given`, in order. Names are not looked for."""
    found = find(text, kinds=_COUNTED)
    if not found:
        return []
    told = "".join(letter for letter in given.casefold() if letter.isalnum())
    return [
        one
        for one in found
        if "".join(letter for letter in text[one.start : one.end].casefold() if letter.isalnum()) not in told
    ]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
