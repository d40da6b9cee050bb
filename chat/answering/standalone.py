"""Makes a follow-up stand on its own by rules, for English and German: no language model is asked."""

import re
from collections.abc import Sequence

from chat.answering.counterparts import PREPOSITIONS, STOPS, fits_in, with_other_part
from chat.answering.types import Exchange
from ragapp.lib.text import sentences

ITEM_WORDS = 12
_WORD = re.compile(r"[^\s,;:?!.()\"“”„]+(?:[./:-][^\s,;:?!.()\"“”„]+)*")
_OPENERS = re.compile(
    r"^(and|but|or|also|ok(ay)?|so|well|thanks|thank you|und|aber|oder|auch|also|danke|gut)\b[\s,.!]*|"
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
    r"\b(during|in|at|of|for|with|to|about|after|before|from|by|until|since|on) (that|such an?) \w+|"
    r"\b(in|bei|nach|vor|während|von|mit) (dies(er|em|en|es)|jene[rmns]?) \w+|"
    r"\b(das|dies|es|sie|er)(?=\s*[?.!,]|\s+(auch|für|in|bei|noch|nur|dann|denn|heißt|bedeutet|kostet|wenn)\b|$)|"
    r"\b(ist|wird|gilt|darf|kann|muss) (das|dies|es|sie|er)(?= (auch|für|in|bei|noch|nur|dann|denn))",
    re.IGNORECASE,
)
# Words of the same form that point nowhere: "How long does it take to …", "Gibt es in Kassel …", the polite "Sie".
_EMPTY = re.compile(
    r"(?i:\b(does|will|did|would|can|may) it (take|cost|need|mean|matter|help)\b(?= (to|for|if|when|that|until)\b)|"
    r"\b(is|was|isn't|if) it(?= (true|possible|allowed|permitted|ok|okay|safe|necessary|required|mandatory|compulsory|"
    r"legal|better|best|worth|fine|normal|right)\b)|\b(gibt|dauert|geht) es\b|\bes gibt\b|"
    r"\bist es(?= (erlaubt|möglich|nötig|richtig|wahr|verboten|notwendig|zulässig)\b))|(?<=[a-zäöüß] )Sie\b"
)
# "If a supplier offers a gift, may I keep it?": what the word stands for is in the sentence itself.
_HERE_ALREADY = re.compile(
    r"^(?:if|when|once|after|before|wenn|falls|sobald|bevor|nachdem)\b.*\b(?:an?|the|my|our|ein\w*|der|die|das|den|mein"
    r"\w*)\s+\w+.*[,\s](it|its|them|they|their|him|her|he|she|es|ihn|ihm|sie|er)\b|"
    r"\b(?:do|can|may|must|should|are|will|have)\s+(?:\w+\s+){0,2}(?!this\b|its\b)[a-z]{3,}s\b.*\b(their|theirs|them|they)\b|"
    r"\b(?:an?)\s+\w+\b.*\b(?:if|when|once|that|after|before|until|while|unless)\b.*\b(it|its|him|her|he|she)\b",
    re.IGNORECASE,
)
_QUESTION_START = re.compile(
    r"^(what|which|when|where|who|whom|whose|why|how|do|does|did|is|are|was|were|can|could|may|must|should|will|has|"
    r"have|was|welche\w*|wann|wo|wohin|wer|wem|wen|warum|wieso|wie|darf|dürfen|kann|können|muss|müssen|soll|ist|sind|"
    r"gibt|gilt|hat|haben|bekomme|zahlt|in which|on which|at which|for which|by when|until when|since when|from when|"
    r"bis wann|seit wann|ab wann|tell|show|explain|list|give|zeig\w*|erklär\w*|nenn\w*)\b",
    re.IGNORECASE,
)
# Words that name no subject: a question with nothing else leans on the one before.
_NO_SUBJECT_TEXT = (
    "far ahead often long soon early late fast much many more less most least apply need pay paid pays cost "
    "costs take takes book bring cancel claim request fix use hand fill work last happen count start begin end "
    "change differ still also too only exactly maximum minimum else ask first next again long know want show "
    "give given happens get gets got allowed possible required necessary case yes no sure why how old big high "
    "then ever need tell say mean details someone somebody anyone anybody something anything along "
    "beantragen kosten kostet lange oft viel mehr weniger noch auch "
    "brauche braucht muss gilt gelten zahlen bezahlt früh spät weit voraus beginnt endet genau maximal "
    "mindestens möglich nötig erlaubt warum wieso wann jemand etwas"
)
_NO_SUBJECT = frozenset(_NO_SUBJECT_TEXT.split())
_YES = re.compile(
    r"^(yes|yeah|yep|yup|sure|of course|please( do)?|go ahead|ok(ay)?|correct|exactly|right|ja|jawohl|gerne?|klar|"
    r"bitte|genau|richtig|natürlich)([\s,.!]+(please|do|that|sure|bitte|gerne?|genau|that one))*[\s.!]*$",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"^(would you like( me)? to( know)?|do you want( me)? to( know)?|shall i|should i|may i|do you mean|did you mean|"
    r"are you asking|möchten sie( wissen)?|wollen sie( wissen)?|soll ich|meinen sie|willst du( wissen)?|meinst du)\b"
    r"[\s,:]*",
    re.IGNORECASE,
)
_ORDINALS: tuple[tuple[int, str], ...] = (
    (0, r"first|1st|erste[rsn]?"),
    (1, r"second|2nd|zweite[rsn]?"),
    (2, r"third|3rd|dritte[rsn]?"),
    (3, r"fourth|4th|vierte[rsn]?"),
    (4, r"fifth|5th|fünfte[rsn]?"),
    (-1, r"last|letzte[rsn]?"),
)
# Only where it stands for a thing by itself: "the second one", "und der zweite?", not "the second year".
_PICKS = tuple(
    (place, re.compile(
        rf"\b((?:the|number|option) (?:{words})(?: (?:one|option|point|item|entry))?|"
        rf"(?:der|die|das|dem|den|vom|zum|beim) (?:{words})(?: (?:punkt|option|eintrag))?)(?=\s*[?.!,]|\s*$|"
        rf"\s+(?:cost|costs|mean|means|work|works|include|includes|apply|last|take|kostet|bedeutet|gilt|ist|is|auch|too|also))",
        re.IGNORECASE,
    ))
    for place, words in _ORDINALS
)  # fmt: skip
_ITEM = re.compile(r"^\s*(?:[-–•*]|\d{1,2}[.)])\s+(.+)$", re.MULTILINE)
_MARKS = re.compile(r"\s*\[\d{1,3}\]|[*_`\\]")
_REQUEST = re.compile(
    r"^(tell me( more)?( about)?|more( about)?|show( me)?|explain|erzähl\w* mir( mehr)?( über)?|mehr( zu| über)?|"
    r"nenn\w*|erklär\w*( mir)?)\b\s*",
    re.IGNORECASE,
)


def stand_alone(question: str, history: Sequence[Exchange]) -> str:
    """`question` with what it leaves out; unchanged when it leaves nothing out, or starts another subject."""
    if not history:
        return question
    last = history[-1]
    if _YES.match(question.strip()):
        return _agreed(last)
    if picked := _picked(question, last):
        return picked
    rest, has_opener = _without_openers(question)
    points_back = _points_back(rest)
    is_whole = _QUESTION_START.match(rest) is not None
    if has_opener and not is_whole and not points_back:
        return with_other_part(last.question, rest)
    if points_back or not _subjects(rest):
        return _with_topic(rest, _topic(history))
    if not is_whole and len(_WORD.findall(rest)) <= 4 and not has_opener:
        return with_other_part(last.question, rest) if fits_in(last.question, rest) else question
    return _begun(rest) if has_opener else question


def _without_openers(question: str) -> tuple[str, bool]:
    """Without "and", "OK, what about" before it; whether there was any."""
    rest, has_opener = question.strip(), False
    while (opener := _OPENERS.match(rest)) and opener.end():
        rest, has_opener = rest[opener.end() :].strip(), True
    return rest, has_opener


def _points_back(question: str) -> bool:
    if _HERE_ALREADY.search(question):
        return False
    return _POINTERS.search(_EMPTY.sub(" ", question)) is not None


def _agreed(last: Exchange) -> str:
    """ "Yes": what the answer offered at its end, else the question once more."""
    text = _MARKS.sub("", last.answer).strip()
    spans = sentences(text)
    closing = text[slice(*spans[-1])] if spans else ""
    offer = _OFFER.match(closing)
    if not closing.endswith("?") or offer is None:
        return last.question
    return _with_topic(_begun(closing[offer.end() :]), last.question)


def _picked(question: str, last: Exchange) -> str:
    """ "The second one": with the words of that item of the answer. Empty when none is picked or there is none."""
    for place, pattern in _PICKS:
        match = pattern.search(question)
        if match is None:
            continue
        items = _items(last.answer)
        if len(items) < 2 or place >= len(items):
            return ""
        named = f"{question[: match.start()]}{items[place]}{question[match.end() :]}"
        return _with_topic(_begun(_REQUEST.sub("", _without_openers(named)[0])), last.question)
    return ""


def _items(answer: str) -> list[str]:
    """The beginnings of the items of a list, else of the paragraphs."""
    found = _ITEM.findall(answer) or [paragraph for paragraph in answer.split("\n\n") if paragraph.strip()]
    return [" ".join(_MARKS.sub("", item).split()[:ITEM_WORDS]).rstrip(" .;:,") for item in found]


def _topic(history: Sequence[Exchange]) -> str:
    """The latest question that names a subject, else the first document that answered."""
    asked = next((exchange.question for exchange in reversed(history) if _subjects(exchange.question)), "")
    return asked or " ".join(history[-1].titles[:1])


def _subjects(text: str) -> list[str]:
    """The words of `text` that can be a subject."""
    return [
        word
        for word in _WORD.findall(text)
        if word.casefold() not in STOPS and word.casefold() not in _NO_SUBJECT and word.casefold() not in PREPOSITIONS
    ]


def _with_topic(question: str, before: str) -> str:
    """The question, followed by the words that tell what the one before was about and that it lacks itself."""
    have = {word.casefold() for word in _WORD.findall(question)}
    topic = [word for word in dict.fromkeys(_subjects(before)) if word.casefold() not in have]
    asked = _begun(question.rstrip(" ?.!"))
    return f"{asked} ({' '.join(topic)})?" if topic else _begun(question)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
