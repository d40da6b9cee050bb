"""Makes a follow-up question stand on its own: its subject comes from the conversation."""

import logging
import re
from collections.abc import Sequence
from itertools import pairwise

from chat import prompts
from chat.answering.types import Exchange, Order
from documents.retrieval.stopwords import STOPWORDS
from ragapp.llm import gateway
from ragapp.llm.errors import LLMError
from ragapp.llm.types import ChatRequest, Message

log = logging.getLogger(__name__)

REWRITE_TOKENS = 200
REWRITE_DEADLINE_S = 8.0
ANSWER_CHARS_SHOWN = 600


async def run(order: Order) -> str:
    """The question as it can be understood alone; unchanged when it can already, or starts another subject."""
    if not order.history:
        return order.question
    by_rules = stand_alone(order.question, order.history)
    if not gateway.is_configured():
        return by_rules
    system, user = prompts.fill(order.prompts["rewrite"], {"history": _told(order.history), "question": order.question})
    request = ChatRequest(
        task="rewrite",
        messages=(Message(role="system", content=system), Message(role="user", content=user)),
        max_output_tokens=REWRITE_TOKENS,
        deadline_s=REWRITE_DEADLINE_S,
    )
    try:
        text = " ".join((await gateway.complete(request)).text.split())
    except LLMError as error:
        log.warning("rewrite.by_rules", extra={"error": type(error).__name__})
        return by_rules
    return text if 0 < len(text) <= 2 * len(order.question) + 300 else by_rules


def _told(history: Sequence[Exchange]) -> str:
    return "\n".join(
        f"Question: {exchange.question}\nAnswer: {exchange.answer[:ANSWER_CHARS_SHOWN]}" for exchange in history
    )


# --- rules -----------------------------------------------------------------------------------------------

_WORD = re.compile(r"[^\s,;:?!.()\"“”„]+(?:[./:-][^\s,;:?!.()\"“”„]+)*")
_OPENERS = re.compile(
    r"^(and|but|or|also|ok(ay)?|so|und|aber|oder|auch|also)\b[\s,]*|"
    r"^(what|how) about\b\s*|^what if\b\s*|^same for\b\s*|^was ist mit\b\s*|^wie (ist|sieht) es (aus )?(mit|bei)\b\s*",
    re.IGNORECASE,
)
# Words that point back. "that" and "das" do so only where no noun follows, "es" where it is no "es gibt".
_POINTERS = re.compile(
    r"\b(it|its|they|them|their|theirs|he|him|she|her|this one|that one|these|those|the same|the latter|the former|"
    r"afterwards|there(?! (is|are|was|were|a|an)\b)|davon|dafür|damit|dazu|daran|darüber|danach|dabei|"
    r"dort|derselbe|dasselbe|deren|dessen|ihn|ihm)\b|"
    r"\b(this|that)(?=\s*[?.!,]|\s+(apply|mean|cost|take|work|last|include|happen|go|is|was|be|hold|true|also|too|"
    r"for|in|on|at|by|when|if)\b|$)|"
    r"\b(of|for|with|to|about|after|before|from) (this|that)(?=\s+(do|does|did|is|are|can|may|must|will|should)\b)|"
    r"\b(das|dies|es|sie|er)(?=\s*[?.!,]|\s+(auch|für|in|bei|noch|nur|dann|denn|heißt|bedeutet|kostet|wenn)\b|$)|"
    r"\b(ist|wird|gilt|darf|kann|muss) (das|dies|es|sie|er)(?= (auch|für|in|bei|noch|nur|dann|denn))",
    re.IGNORECASE,
)
_QUESTION_START = re.compile(
    r"^(what|which|when|where|who|whom|whose|why|how|do|does|did|is|are|was|were|can|could|may|must|should|will|has|"
    r"have|was|welche\w*|wann|wo|wohin|wer|wem|wen|warum|wieso|wie|darf|kann|muss|soll|ist|sind|gibt|gilt|hat|haben)\b",
    re.IGNORECASE,
)
# Words that name no subject: a question with nothing else leans on the one before.
_NO_SUBJECT_TEXT = (
    "far ahead often long soon early late fast much many more less most least apply need pay paid pays cost "
    "costs take takes book cancel claim request fix use hand fill work last happen count start begin end "
    "change differ still also too only exactly maximum minimum else ask first next again long know want show "
    "give given happens get gets got allowed possible required necessary case yes no sure why how old big high "
    "then ever need tell say mean details beantragen kosten kostet lange oft viel mehr weniger noch auch "
    "brauche braucht muss gilt gelten zahlen bezahlt früh spät weit voraus beginnt endet genau maximal "
    "mindestens möglich nötig erlaubt warum wieso"
)
_NO_SUBJECT = frozenset(_NO_SUBJECT_TEXT.split())
_PREPOSITIONS_TEXT = (
    "in on at for of after before from to with by during until since per under over between without für in im "
    "am an bei nach vor von vom zu zum zur mit ab bis seit pro unter über ohne während auf"
)
_PREPOSITIONS = frozenset(_PREPOSITIONS_TEXT.split())
_STOPS = STOPWORDS["en"] | STOPWORDS["de"]
_NUMBER_WORDS_TEXT = (
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty hundred "
    "ein eine zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig "
    "hundert"
)
_NUMBER_WORDS = frozenset(_NUMBER_WORDS_TEXT.split())


def stand_alone(question: str, history: Sequence[Exchange]) -> str:
    """`question` with what it leaves out, by rules for English and German."""
    if not history:
        return question
    before = history[-1].question
    opener = _OPENERS.match(question)
    rest = question[opener.end() :].strip() if opener else question.strip()
    points_back = _POINTERS.search(rest) is not None
    is_whole = _QUESTION_START.match(rest) is not None
    if opener and not is_whole and not points_back:
        return _with_other_part(before, rest)
    if points_back or not _subjects(rest):
        return _with_topic(rest, before) if _subjects(before) else _with_topic(rest, " ".join(history[-1].titles[:1]))
    if not is_whole and len(_WORD.findall(rest)) <= 4 and not opener:
        return _with_other_part(before, rest) if _fits_in(before, rest) else question
    return rest[:1].upper() + rest[1:] if opener else question


def _subjects(text: str) -> list[str]:
    """The words of `text` that can be a subject."""
    return [
        word for word in _WORD.findall(text) if word.casefold() not in _STOPS and word.casefold() not in _NO_SUBJECT
    ]


def _with_topic(question: str, before: str) -> str:
    """The question, followed by the words that tell what the one before was about and that it lacks itself."""
    have = {word.casefold() for word in _WORD.findall(question)}
    topic = [word for word in _subjects(before) if word.casefold() not in have]
    return f"{question.rstrip(' ?.!')} ({' '.join(topic)})?" if topic else question


def _with_other_part(before: str, part: str) -> str:
    """The earlier question with `part` for its counterpart: "… in London?" and "Zurich" → "… in Zurich?"."""
    part = part.rstrip(" ?.!")
    words = before.rstrip(" ?.!").split()
    new = part.split()
    if not new:
        return before
    if tail := _same_code(words, new):
        return f"{' '.join(tail)}?"
    preposition = new[0].casefold() if new[0].casefold() in _PREPOSITIONS else ""
    if preposition and (span := _phrase(words, preposition)):
        start, end = _up_to_the_name(words, span) if _is_name(new[-1]) else span
        return f"{' '.join([*words[:start], *_counted(words[start:end], new), *words[end:]])}?"
    if not preposition and (span := _alike(words, new)):
        start, end = span
        return f"{' '.join([*words[:start], *new, *words[end:]])}?"
    return f"{' '.join(words)} {part}?"


def _fits_in(before: str, part: str) -> bool:
    words, new = before.rstrip(" ?.!").split(), part.rstrip(" ?.!").split()
    return bool(new) and (new[0].casefold() in _PREPOSITIONS or _alike(words, new) is not None)


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
    while end < len(words) and words[end].casefold() not in _PREPOSITIONS:
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


def _is_code(word: str) -> bool:
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _is_number(word: str) -> bool:
    return (word[:1].isdigit() and not _is_code(word)) or word.casefold() in _NUMBER_WORDS


def _is_name(word: str) -> bool:
    return word[:1].isupper() and word.casefold() not in _STOPS
