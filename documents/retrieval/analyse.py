"""Text to lexemes: one analyser for passages and for questions, so that both meet in the lexical index.

Words are normalised (NFKC, case, thousands separators), stemmed in the text's language and freed of accents.
Identifiers (RB-203/7, e-mail, 4.2.1, v3) give their whole and their parts. Scripts that write no spaces give pairs of
characters. Lexemes carry no language: names and codes must be found across languages, and a stem that means something
else in another language is rare. Nothing is left out of a passage; a question loses its stop words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from threading import local

from documents.retrieval.stopwords import STOPWORDS

# Part of an index version: a change here makes passages and questions miss each other until they are re-indexed.
ANALYSER = "words-1"
LEXEME_MAX_CHARS = 64
FALLBACK_LANGUAGE = "en"

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

# Han, kana, Hangul, Thai, Lao, Khmer, Burmese: no spaces between words, or particles glued to them.
_UNSPACED = (
    r"\u0E00-\u0EFF\u1000-\u109F\u1100-\u11FF\u1780-\u17FF\u3005-\u3007\u3040-\u30FF\u3130-\u318F"
    r"\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF\U00020000-\U0003FFFF"
)
_RUN = re.compile(rf"[{_UNSPACED}]+")
# Vowel signs and points that Python's \w leaves out although they stand inside words.
_MARKS = r"\u0300-\u036F\u0591-\u05C7\u0610-\u061A\u064B-\u065F\u0900-\u0963\u0966-\u0DFF"
# A token: letters, marks and digits, joined by single signs as identifiers, dates and compounds have them.
_TOKEN = re.compile(rf"[\w{_MARKS}]+(?:[-./:@#+'’‑–][\w{_MARKS}]+|,(?<=\d,)\d+)*")
_PARTS = re.compile(rf"(?:[^\W\d_]|[{_MARKS}])+|\d+")
_THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}([,.'’\u00a0\u202f])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]\d+)?(?![\w]|[,.]\d)")
_DECIMAL = re.compile(r"\d+[.,]\d+")
_JOINS = re.compile(r"[-‑–_]")
_stemmers = local()


def analyse(text: str, language: str) -> list[str]:
    """The lexemes of a passage in reading order, repeated as they occur. `language` is ISO 639-1 or ""."""
    return [lexeme for token in _tokens(text) for lexeme in _lexemes(token, language or FALLBACK_LANGUAGE)]


def analyse_query(text: str, languages: Sequence[str]) -> Counter[str]:
    """How often each lexeme of a question occurs, its words stemmed in each of `languages`.

    A word counts once for every different stem it has. Stop words of the language the question seems to be in are
    dropped, unless nothing would be left.
    """
    wanted = list(dict.fromkeys(language for language in languages if language)) or [FALLBACK_LANGUAGE]
    tokens = list(_tokens(text))
    dropped = _stop_words(tokens, wanted)
    kept = [token for token in tokens if token not in dropped] or tokens
    found: Counter[str] = Counter()
    for token in kept:
        lists = [Counter(_lexemes(token, language)) for language in wanted]
        for lexeme in set().union(*lists):
            found[lexeme] += max(lexemes[lexeme] for lexemes in lists)
    return found


def _tokens(text: str) -> Iterable[str]:
    # Before NFKC, which makes the narrow spaces between thousands ordinary ones.
    text = unicodedata.normalize("NFKC", _THOUSANDS.sub(_without_thousands, text)).casefold()
    for match in _TOKEN.finditer(text):
        token = match[0]
        if not _RUN.search(token):
            yield token
            continue
        at = 0
        for run in _RUN.finditer(token):
            if run.start() > at:
                yield from _TOKEN.findall(token[at : run.start()])
            yield from _pairs(run[0])
            at = run.end()
        yield from _TOKEN.findall(token[at:])


def _without_thousands(match: re.Match[str]) -> str:
    return match[0].replace(match[1], "").replace(",", ".")


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


@lru_cache(maxsize=200_000)
def _lexemes(token: str, language: str) -> tuple[str, ...]:
    """The lexemes of a token; none when it is an accent that stands alone."""
    return tuple(lexeme for lexeme in _whole_and_parts(token, language) if any(map(str.isalnum, lexeme)))


def _whole_and_parts(token: str, language: str) -> tuple[str, ...]:
    """A plain word: its stem. Anything else: the whole, then its parts."""
    if _PARTS.fullmatch(token):
        return (_finish(token, language),)
    if _DECIMAL.fullmatch(token):
        return (token.replace(",", "."),)
    parts = _PARTS.findall(token)
    if not any(part.isdecimal() for part in parts):
        if "'" in token or "’" in token:
            return _elided(token, language)
        # Compounds: "e-mail" must meet "email", and "mail".
        whole = _JOINS.sub("", token)
        return (_finish(whole, language), *(_finish(part, language) for part in parts))
    whole = re.sub(r"[‑–]", "-", token)
    lexemes = [whole[:LEXEME_MAX_CHARS], *(_finish(part, language) for part in parts)]
    return tuple(dict.fromkeys(lexemes))


def _elided(token: str, language: str) -> tuple[str, ...]:
    """English keeps "employee's" for its stemmer; elsewhere (l'eau, dell'acqua) the word stands after the sign."""
    words = [token.replace("’", "'")] if language == "en" else re.split(r"['’]", token)
    return tuple(_finish(word, language) for word in words if word)


def _finish(word: str, language: str) -> str:
    """The stem without accents, of bounded length."""
    if word.isdecimal():
        return word.lstrip("0")[:LEXEME_MAX_CHARS] or "0"
    stemmed = _stemmer(language)(word) if len(word) <= LEXEME_MAX_CHARS else word
    return _without_accents(stemmed or word)[:LEXEME_MAX_CHARS]


def _without_accents(word: str) -> str:
    if word.isascii():
        return word
    # Latin letters only: elsewhere marks tell letters apart (й and и, が and か).
    plain = [letter for letter in unicodedata.normalize("NFD", word) if not "\u0300" <= letter <= "\u036f"]
    return "".join(plain) if plain and "a" <= plain[0] <= "z" else word


def _stemmer(language: str) -> Callable[[str], str]:
    """The stemmer of `language` for this thread, or none where Snowball has none."""
    name = STEMMERS.get(language)
    if name is None:
        return str
    known: dict[str, Callable[[str], str]] = _stemmers.__dict__
    if name not in known:
        # Not through `snowballstemmer.stemmer`, which takes PyStemmer's older rules when that happens to be installed.
        stemmer = getattr(import_module(f"snowballstemmer.{name}_stemmer"), f"{name.title()}Stemmer")
        known[name] = stemmer().stemWord
    return known[name]


def _stop_words(tokens: Sequence[str], languages: Sequence[str]) -> frozenset[str]:
    """The stop words of the language, among `languages`, of which most were seen; of the first at a tie."""
    best: frozenset[str] = frozenset()
    most = 0
    for language in languages:
        words = STOPWORDS.get(language, frozenset())
        seen = sum(token in words for token in tokens)
        if seen > most:
            best, most = words, seen
    return best
