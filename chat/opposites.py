"""Whether two questions ask for the same thing, by rules for English and German.

Vectors cannot tell: "with" and "without", 2025 and 2026, lessor and lessee lie side by side. So every word of both
questions has to be accounted for, in its order; what is taken for the same is written down here, and whatever is not
counts as another question. Whoever answers anew loses a moment, whoever answers the opposite loses trust.
"""

import re
from collections import Counter

from documents.retrieval.stopwords import STOPWORDS

LANGUAGES = ("en", "de")

_NEGATIONS = "not no never none nobody nothing neither nor without nicht kein nie niemals niemand nichts weder ohne"
_QUANTITIES = (
    "all every each any some only both either most least few several half double at-least at-most more-than "
    "less-than exactly alle jeder manche einige nur beide meiste wenigste wenige mehrere halb doppelt genau"
)
_TIMES = (
    "before after until till since during from by within between first last next previous later earlier early late "
    "yesterday today tomorrow now this was were did had will would been "
    "bis seit vor nach während ab von zwischen erste letzte nächste vorige später früher gestern heute morgen jetzt "
    "dieser war waren hatte wird werden würde"
)
_MODALS = "may must should might"
_KINDS = {
    "negation": frozenset(_NEGATIONS.split()),
    "quantity": frozenset(_QUANTITIES.split()),
    "time": frozenset(_TIMES.split()),
    "modality": frozenset(_MODALS.split()),
}
_COMPARISONS = frozenset("more less most least than maximum minimum mehr weniger als höher niedriger".split())
_UNITS = frozenset(
    "% ‰ € $ £ ¥ ° eur usd gbp chf euro dollar cent percent prozent second minute hour day week month quarter year "
    "sekunde minute stunde tag woche monat quartal jahr mm cm m km mile meter kilometer g kg ton gramm kilo tonne ml l "
    "liter kwh mwh kw mw w v a hz mb gb tb bit byte am pm °c °f".split()
)
_NUMBER_WORDS = {
    word: str(value)
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    )
    for value, word in enumerate(words.split())
}

# What people say around a question.
_AROUND = {
    "en": re.compile(
        r"^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|please|kindly|thanks|thank you)\b[\s,.!]*|"
        r"(?:can|could|would|will) you (?:please |kindly )?(?:tell|explain to|show|let) (?:me|us)(?: know)?\b[\s,:]*|"
        r"(?:please )?(?:tell|show) (?:me|us)\b(?! about)[\s,:]*|do you know\b[\s,]*|"
        r"i(?: woul|')d like to know\b[\s,:]*|i (?:want|need) to know\b[\s,:]*|i was wondering\b[\s,:]*)+|"
        r"[\s,]+(?:please|thanks|thank you)(?=[\s.!?]*$)",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"^(?:(?:hallo|hi|hey|guten (?:morgen|tag|abend)|bitte|danke|vielen dank)\b[\s,.!]*|"
        r"(?:können|könnten) sie (?:mir|uns) (?:bitte )?sagen\b[\s,:]*|(?:kannst|könntest) du (?:mir|uns) (?:bitte )?"
        r"sagen\b[\s,:]*|(?:bitte )?sag(?:en sie|e)? (?:mir|uns)(?: bitte)?\b[\s,:]*|wei(?:ß|ss)t du\b[\s,]*|"
        r"wissen sie\b[\s,]*|ich (?:möchte|will|würde gerne?)(?: gerne?)? wissen\b[\s,:]*)+|"
        r"[\s,]+(?:bitte|danke|vielen dank)(?=[\s.!?]*$)",
        re.IGNORECASE,
    ),
}
# Several words that mean what one does; what a word is put for stands in no other question by itself.
_PHRASES = {
    "en": (
        (r"(?:what|which) (?:is the )?number of", "how many"),
        (r"(?:what|which) (?:is the )?amount of", "how much"),
        (r"at (?:the very )?least|no less than|no fewer than|a minimum of", "at-least"),
        (r"at (?:the very )?most|no more than|not more than|up to|a maximum of", "at-most"),
        (r"more than|over(?= \d)|above(?= \d)", "more-than"),
        (r"(?:less|fewer) than|under(?= \d)|below(?= \d)", "less-than"),
        (r"is it (?:required|necessary|mandatory)(?: for (?:me|us))? to", "must i"),
        (r"(?:have|has|need|needs|required|obliged|obligated) to", "must"),
        (r"(?:is it|am i|are we) (?:allowed|permitted|possible|able)(?: for (?:me|us))? to", "may i"),
        (r"(?:allowed|permitted|able) to", "may"),
        (r"(how|where) (?:can|could|may)(?= (?:i|we)\b)", r"\1"),
        (r"in charge of|responsible for", "responsible"),
        (r"entitled to|eligible for", "get"),
        (r"per (?:calendar )?year|each year|every year|a year|yearly|annually", "per-year"),
        (r"per month|each month|every month|a month|monthly", "per-month"),
        (r"per week|each week|every week|a week|weekly", "per-week"),
        (r"per day|each day|every day|a day|daily", "per-day"),
    ),
    "de": (
        (r"wieviele?", "wie viele"),
        (r"mindestens|wenigstens|nicht weniger als", "at-least"),
        (r"höchstens|maximal|nicht mehr als|bis zu", "at-most"),
        (r"mehr als|über(?= \d)", "more-than"),
        (r"weniger als|unter(?= \d)", "less-than"),
        (r"ist es (?:mir |uns )?(?:erlaubt|gestattet|möglich)", "darf ich"),
        (r"gibt es", ""),
        (r"(?:pro|im|in jedem|jedes) jahr|jährlich", "per-year"),
        (r"(?:pro|im|in jedem|jeden) monat|monatlich", "per-month"),
        (r"(?:pro|in der|in jeder|jede) woche|wöchentlich", "per-week"),
        (r"(?:pro|am|an jedem|jeden) tag|täglich", "per-day"),
    ),
}
_SAME_TEXT = {
    "en": (
        "may can could; get gets have has receive receives obtain obtains; what which; start starts begin begins; "
        "end ends finish finishes; maximum max; minimum min; buy buys purchase purchases; phone telephone; "
        "laptop notebook; colleague coworker; child children; person people; email mail; photo photograph; "
        "firm company; require requires required need needs needed; at in; me us"
    ),
    "de": (
        "may darf dürfen kann können; must muss müssen; should soll sollen sollte sollten; bekomme bekommt bekommen "
        "erhalte erhält erhalten habe hat haben; welche welcher welches welchen welchem; beginn anfang; "
        "beginnt beginne beginnen startet starten; endet enden; maximum höchstmaß; "
        "firma unternehmen; handy mobiltelefon; email mail; "
        "kein keine keinen keinem keiner keines; jeder jede jedes jeden jedem; alle aller allen; "
        "dieser diese dieses diesen diesem; in im; an am; zu zum zur; von vom; bei beim; "
        "den einen meinen unseren deinen; dem einem meinem unserem deinem; der einer meiner unserer deiner; "
        "des eines meines unseres deines; die eine meine unsere deine; "
        "erste erster erstes ersten; letzte letzter letztes letzten"
    ),
}
_SAME = {
    language: {word: words.split()[0] for words in groups.split(";") for word in words.split()}
    for language, groups in _SAME_TEXT.items()
}
# Words that add nothing here. In German the articles that mark a case tell who does what to whom, and stay.
_SMALL = {
    "en": frozenset("a an the is are am be do does there of actually currently my our your".split()),
    "de": frozenset("ein das ist sind bin denn eigentlich mal derzeit aktuell es man mein unser dein".split()),
}
# The one who asks, as who does something: its place says nothing. As whom something is done to, it stays a word.
_ASKER = {"en": frozenset(("i", "we")), "de": frozenset(("ich", "wir"))}
# Words that another may follow as what it belongs to; "of" may stand behind any, the others behind these.
_BELONGS = frozenset(("for", "on", "about", "of"))
_HEADS = frozenset(
    "policy rule form deadline limit guide guideline process procedure allowance budget period regulation handbook "
    "training insurance".split()
)
# After "is" these are done to somebody, without it by somebody.
_DONE = re.compile(
    r"\w{2,}ed|paid|made|held|given|taken|done|sent|seen|told|kept|sold|bought|written|chosen|known|shown|found|left|"
    r"lost|met|read|built|led"
)
_QUESTION_WORDS_TEXT = {
    "en": "what which who whom whose when where why how is are do does can may must should will did was were",
    "de": "was welche welcher welches wer wem wen wann wo warum wieso wie ist sind darf kann muss soll wird gibt",
}
_QUESTION_WORDS = {language: frozenset(words.split()) for language, words in _QUESTION_WORDS_TEXT.items()}
_FRONTED = {
    "en": re.compile(r"^((?:in|at|on|for|after|before|during|within|with|without) [^,?]{2,60}), (.+)$", re.IGNORECASE),
    "de": re.compile(r"^((?:in|im|am|an|für|nach|vor|während|bei|mit|ohne) [^,?]{2,60}), (.+)$", re.IGNORECASE),
}
_CONTRACTED = (
    (re.compile(r"\bcan(?:no|['’])t\b", re.IGNORECASE), "can not"),
    (re.compile(r"\bwon['’]t\b", re.IGNORECASE), "will not"),
    (re.compile(r"(\w)n['’]t\b", re.IGNORECASE), r"\1 not"),
    (re.compile(r"\b(what|who|where|when|how|that|there|it)['’]s\b", re.IGNORECASE), r"\1 is"),
    (re.compile(r"\b(i)['’]m\b", re.IGNORECASE), r"\1 am"),
    (re.compile(r"([%€$£¥])"), r" \1 "),
    (re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])"), " "),
)
_EDGES = "?!.,;:()[]{}\"“”„‚‘’'«»…"


def difference(asked: str, known: str, *, language: str) -> str:
    """What sets `asked` apart from `known`, or "" when an answer to the one answers the other.

    One of "negation", "number", "name", "unit", "time", "comparison", "quantity", "modality", "order", "words", and
    "language" where there are no rules for it, or one question is put in another language.
    """
    if same_words(asked) == same_words(known):
        return ""
    if language not in LANGUAGES:
        return "language"
    first, second = terms(asked, language), terms(known, language)
    if first == second:
        return "" if first else "words"
    one, other = Counter(first), Counter(second)
    apart = (one - other) + (other - one)
    return min((_kind(term) for term in apart), key=_ORDER.index) if apart else "order"


def same_words(question: str) -> str:
    """`question` without what never changes it: spaces, the signs at its end and the case of its first letter."""
    text = " ".join(question.replace("\u00ad", "").split()).rstrip("?!.… ")
    return text[:1].casefold() + text[1:]


def terms(question: str, language: str) -> list[str]:
    """The words that count, in their order and one form each: what two ways of asking the same have in common."""
    text = " ".join(question.replace("\u00ad", "").split())
    for pattern, plain in _CONTRACTED:
        text = pattern.sub(plain, text)
    text = " ".join(_AROUND[language].sub("", text).split())
    if fronted := _FRONTED[language].match(text):
        text = f"{fronted[2].rstrip(_EDGES)} {fronted[1]}"
    for phrase, plain in _PHRASES[language]:
        text = re.sub(rf"\b(?:{phrase})(?=\W|$)", plain, text, flags=re.I)
    words = [word for each in text.split() if (word := each.strip(_EDGES))]
    found = _in_order(words, language)
    if language == "en" and {"is", "are"} & set(map(_low, words)) and any(map(_DONE.fullmatch, found)):
        found.insert(0, "be")
    return ["i", *found] if any(_low(word) in _ASKER[language] for word in words) else found


def _in_order(words: list[str], language: str) -> list[str]:
    """Without small words; "days of leave" as "leave days"."""
    found: list[str] = []
    behind: int | None = None  # where the word stands that the ones to come belong before
    for word in words:
        low = _low(word)
        if low in _BELONGS and language == "en" and found and (low == "of" or found[-1] in _HEADS):
            behind = len(found) - 1 if _may_belong(found[-1]) else None
            continue
        if low in _SMALL[language] or low in _ASKER[language]:
            behind = behind if low in _SMALL[language] and low not in _QUESTION_WORDS[language] else None
            continue
        term = _term(word, language)
        if behind is not None and (low in _QUESTION_WORDS[language] or not _may_belong(term)):
            behind = None
        if behind is None:
            found.append(term)
        else:
            found.insert(behind, term)
            behind += 1
    return found


def _may_belong(term: str) -> bool:
    """Whether the word can be one of two that belong together; not certain, a verb may pass."""
    return term[:1].isalpha() and "-" not in term and _kind(term) in ("words", "unit", "name", "comparison")


def _low(word: str) -> str:
    """In small letters, but for what is short and all capitals: IT is not it, and US not us."""
    return word if word.isupper() and len(word) > 1 else word.casefold()


def _term(word: str, language: str) -> str:
    low = _low(word)
    plain = low.casefold()
    if low in _NUMBER_WORDS:
        return _NUMBER_WORDS[low]
    if low in _SAME[language]:
        return _SAME[language][low]
    if low != plain and plain in STOPWORDS[language]:
        return low
    base = _base(plain, language)
    return _SAME[language].get(base, base)


def _base(word: str, language: str) -> str:
    """Without the ending of a plural or a case. A stemmer would make one word of employer and employed."""
    if not word.isalpha() or len(word) < 4:
        return word
    if language == "en":
        if word.endswith("ies") and len(word) > 4:
            return word[:-3] + "y"
        if word.endswith(("sses", "shes", "ches", "xes", "zes")):
            return word[:-2]
        return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    for ending in ("en", "e", "n"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


_ORDER = ("negation", "number", "quantity", "modality", "time", "comparison", "unit", "name", "words")


def _kind(term: str) -> str:
    for kind, members in _KINDS.items():
        if term in members or term.startswith("per-"):
            return kind if term in members else "quantity"
    if any(letter.isdigit() for letter in term):
        return "number"
    if term in _UNITS:
        return "unit"
    if term.isupper():
        return "name"
    return "comparison" if term in _COMPARISONS else "words"
