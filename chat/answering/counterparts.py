"""Puts a part of a question in the place of its counterpart: "… in London?" and "Zurich" → "… in Zurich?"."""

import re
from itertools import pairwise

from documents.retrieval.stopwords import STOPWORDS

STOPS = STOPWORDS["en"] | STOPWORDS["de"]
_PREPOSITIONS_TEXT = (
    "in on at for of after before from to with by during until since per under over between without für in im "
    "am an bei nach vor von vom zu zum zur mit ab bis seit pro unter über ohne während auf"
)
PREPOSITIONS = frozenset(_PREPOSITIONS_TEXT.split())
_NUMBER_WORDS_TEXT = (
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty hundred "
    "ein eine zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig "
    "hundert"
)
_NUMBER_WORDS = frozenset(_NUMBER_WORDS_TEXT.split())
# After these words comes what a question is about: "How often are laptops replaced?".
_BEFORE_A_NOUN_TEXT = (
    "the a an my our your is are was were do does did can may must will has have der die das den dem ein eine einen "
    "mein meine unser unsere ist sind wird werden war waren hat haben darf kann muss gilt"
)
_BEFORE_A_NOUN = frozenset(_BEFORE_A_NOUN_TEXT.split())
_ARTICLES = frozenset("the a an my our your der die das den dem ein eine einen".split())
_AUXILIARIES = frozenset(
    "do does did can could may might must shall should will would darf kann muss soll wird".split()
)
_ADVERBS = frozenset(
    "back again later earlier before afterwards abroad online today tomorrow yesterday now here there always never "
    "otherwise only too zurück später früher heute morgen jetzt hier dort sonst danach".split()
)
_VERBS = re.compile(
    r"\w+ed|kept|paid|made|held|sold|built|given|taken|done|sent|lost|found|need|needs|take|takes|cost|costs|mean|"
    r"means|last|lasts|work|works|start|starts|begin|begins|end|ends|apply|applies|open|close|stand|have|has|get|gets",
    re.IGNORECASE,
)


def with_other_part(before: str, part: str) -> str:
    """The earlier question with `part` for its counterpart; behind it where no counterpart is found."""
    part = part.rstrip(" ?.!")
    words = before.rstrip(" ?.!").split()
    new = part.split()
    if not new:
        return before
    if tail := _same_code(words, new):
        return f"{' '.join(tail)}?"
    preposition = new[0].casefold() if new[0].casefold() in PREPOSITIONS else ""
    if preposition and (span := _phrase(words, preposition)):
        start, end = _up_to_the_name(words, span) if _is_name(new[-1]) else span
        return f"{' '.join([*words[:start], *_counted(words[start:end], new), *words[end:]])}?"
    if not preposition and (span := _alike(words, new)):
        start, end = _with_what_is_repeated(words, span, new)
        return f"{' '.join([*words[:start], *new, *words[end:]])}?"
    if not preposition and (span := _noun(words, new)):
        start, end = span
        # "an internal calibration" and "express": what may be more than the counterpart is kept.
        dropped = (
            "" if new[0].casefold() in _ARTICLES or end - start <= len(new) else f" ({' '.join(words[start:end])})"
        )
        return f"{' '.join([*words[:start], *new, *words[end:]])}{dropped}?"
    return f"{' '.join(words)} {part}?"


def fits_in(before: str, part: str) -> bool:
    """Whether `part` has a counterpart by its form: a preposition, a code, a number or a name."""
    words, new = before.rstrip(" ?.!").split(), part.rstrip(" ?.!").split()
    return bool(new) and (new[0].casefold() in PREPOSITIONS or _alike(words, new) is not None)


def _same_code(words: list[str], new: list[str]) -> list[str] | None:
    """ "RB-203/5" and "of the /9" → "RB-203/9"."""
    end = new[-1]
    if not re.fullmatch(r"[/.-]\w+", end):
        return None
    for place in range(len(words) - 1, -1, -1):
        head, sign, _ = words[place].rpartition(end[0])
        if sign and any(map(str.isdigit, words[place])):
            return [*words[:place], head + end, *words[place + 1 :]]
    return None


def _phrase(words: list[str], preposition: str) -> tuple[int, int] | None:
    """The last phrase that begins with `preposition`, up to the next preposition."""
    starts = [place for place, word in enumerate(words) if word.casefold() == preposition and place > 0]
    if not starts:
        return None
    end = starts[-1] + 1
    while end < len(words) and words[end].casefold() not in PREPOSITIONS:
        end += 1
    return starts[-1], end


def _up_to_the_name(words: list[str], span: tuple[int, int]) -> tuple[int, int]:
    """ "in London kosten": a name replaces the name, and what follows it stays."""
    start, end = span
    last = max((place for place in range(start, end) if _is_name(words[place])), default=end - 1)
    return start, last + 1


def _counted(old: list[str], new: list[str]) -> list[str]:
    """A number without what it counts takes that from the old phrase: "after three years", "after ten"."""
    if not _is_number(new[-1]):
        return new
    last = max((place for place, word in enumerate(old) if _is_number(word)), default=len(old))
    return [*new, *old[last + 1 :]]


def _alike(words: list[str], new: list[str]) -> tuple[int, int] | None:
    """The last run of words of the same kind as `new`: names for a name, a number for a number, a code for a code."""
    first = new[-1]
    kinds = (_is_code, _is_number, _is_name)
    kind = next((kind for kind in kinds if kind(first)), None)
    if kind is None:
        return None
    places = [place for place in range(1, len(words)) if kind(words[place])]
    if not places:
        return None
    start = end = places[-1]
    for earlier, later in reversed(list(pairwise(places))):
        if later != start or later - earlier != 1:
            break
        start = earlier
    return start, end + 1


def _noun(words: list[str], new: list[str]) -> tuple[int, int] | None:
    """What the question is about, for a part that is a noun: "are laptops replaced" and "phones"."""
    if new[-1].casefold() in _ADVERBS:
        return None
    small = [word.casefold() for word in words]
    places = [at for at in range(1, len(words)) if small[at - 1] in _BEFORE_A_NOUN and _is_noun(words[at])]
    with_article = [at for at in places if small[at - 1] in _ARTICLES]
    has_article = new[0].casefold() in _ARTICLES
    place = next(iter(with_article if has_article and with_article else places), None)
    if place is None:
        return None
    end = place + 1
    while end < len(words) and _is_noun(words[end]):
        end += 1
    if end - place > 1:
        before = small[place - 2] if small[place - 1] in _ARTICLES else small[place - 1]
        if small[0] in ("who", "wer") and place == 2:
            place += 1  # "Who may approve travel costs?"
        elif end == len(words) and before in _AUXILIARIES:
            end -= 1  # "How much may the forklift lift?"
    return (place - 1 if has_article and small[place - 1] in _ARTICLES else place), end


def _with_what_is_repeated(words: list[str], span: tuple[int, int], new: list[str]) -> tuple[int, int]:
    """ "level 2" and "level 4": the word before the number is there already."""
    start, end = span
    if len(new) > 1 and start > 0 and words[start - 1].casefold() == new[0].casefold():
        start -= 1
    return start, end


def _is_noun(word: str) -> bool:
    """Not certain: whatever is no small word and no verb that we know."""
    plain = word.casefold()
    return plain not in STOPS and plain not in PREPOSITIONS and _VERBS.fullmatch(plain) is None


def _is_code(word: str) -> bool:
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _is_number(word: str) -> bool:
    return (word[:1].isdigit() and not _is_code(word)) or word.casefold() in _NUMBER_WORDS


def _is_name(word: str) -> bool:
    return word[:1].isupper() and word.casefold() not in STOPS
