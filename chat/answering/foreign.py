"""Languages that nobody asked for: a model that answers in one of them has been told to by a source."""

import re
from collections.abc import Collection

from chat.answering.language import GERMAN_NAMES, NAMES, SCRIPTS
from documents.retrieval.stopwords import STOPWORDS

# So many stop words of a language, and that part of all words, are no name and no quotation.
SURE_WORDS, SURE_SHARE = 3, 0.25
# The languages that are written with the signs by which language.SCRIPTS tells one.
_WRITTEN_ALIKE = {
    "zh": {"zh", "ja", "ko"},
    "ru": {"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn"},
    "ar": {"ar", "fa", "ur", "ps"},
}


def is_foreign(sentence: str, *, expected: Collection[str]) -> bool:
    """Whether it is surely in none of the `expected` languages (ISO 639-1, "" for one that is not known)."""
    if "" in expected:
        return False
    letters = sum(letter.isalpha() for letter in sentence)
    for language, script in SCRIPTS:
        if len(script.findall(sentence)) > SURE_SHARE * letters:
            return not _WRITTEN_ALIKE.get(language, {language}) & set(expected)
    words = re.findall(r"[^\W\d_]+", sentence.casefold())
    seen = {language: sum(word in stops for word in words) for language, stops in STOPWORDS.items()}
    ours = max((seen.get(language, 0) for language in expected), default=0)
    return max(seen.values(), default=0) >= max(SURE_WORDS, SURE_SHARE * len(words), 2 * ours + 1)


def named_in(text: str) -> set[str]:
    """The languages that are called by their names, as in "answer in French"."""
    words = set(re.findall(r"\w+", text.casefold()))
    return {language for language, name in (*NAMES.items(), *GERMAN_NAMES.items()) if name.casefold() in words}
