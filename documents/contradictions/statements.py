"""Sentences and table rows as statements: what they speak of, and the values they give."""

from __future__ import annotations

import re
from dataclasses import dataclass

from documents.contradictions.values import Value, values
from documents.retrieval.analyse import analyse
from documents.retrieval.stopwords import STOPWORDS

_BREAK = re.compile(
    r"(?<=[.!?。！？])[\"”“»)]*\s+(?=[\"“„«(]?[^\W_a-zß-ÿ])|\n\s*\n|\n(?=\s*(?:[-*•–]|\d+[.)])\s)|(?<=[:;])\n|。|！|？"
)
_ROW = re.compile(r"^[^\n]* \| [^\n]*", re.M)
_SHORTEST, _LONGEST = 12, 500
_TITLE_WORD = re.compile(r"[^\W\d_]{3,}")
_NAME = re.compile(
    r"\b[^\W\d_a-zß-ÿ][\w’'-]*[^\W\d_](?:\s+(?:de|von|van|der|la|di)?\s*[^\W\d_a-zß-ÿ][\w’'-]*[^\W\d_])*"
)
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])[\w/-]+\b|\b[^\W\d_a-zß-ÿ]{1,5}(?:-\d+)?\b")
_NOT = frozenset(
    "not no never none neither nor without cannot can't don't doesn't isn't aren't won't mustn't nicht kein keine "
    "keinen keinem keiner nie niemals ohne nunca jamás sin ne pas jamais sans aucun aucune prohibited forbidden banned "
    "disallowed verboten untersagt unzulässig prohibido prohibida interdit interdite optional voluntary freiwillig "
    "unnecessary excluded disabled unavailable refused denied"
    .split()
)  # fmt: skip
_YES = frozenset(
    "allowed permitted erlaubt gestattet zulässig permitido permitida autorisé autorisée required mandatory obligatory "
    "compulsory verpflichtend pflicht obligatorio obligatoire included enabled available accepted granted"
    .split()
)  # fmt: skip
_SAYING = frozenset(
    "do does did is are be been was were will would may can could must shall should to a an the it darf dürfen kann "
    "können muss müssen wird werden ist sind zu se es est".split()
)
# Not a denial, but a bound.
_BOUND = re.compile(r"\b(?:no|not|nicht|ne)\s+(?:later|more|less|fewer|longer|earlier|mehr|später|länger|plus)\b", re.I)
# How much something binds, how its value is put, and words that every sentence may hold.
_EMPTY = frozenset(
    "may must all every each any also only just both within after later least most up per between until till than over "
    "under above below more less fewer maximum minimum during "
    "last lasts take takes taken place run runs go goes amount amounts remain remains stay stays apply applies begin "
    "begins start starts effect accept accepts accepted spend spends plan plans make makes use used give gives given "
    "have has had get gets set be become cover covers covered include includes contain contains serve serves served "
    "beträgt betragen umfasst umfassen dauert dauern geht gehen gilt gelten liegt liegen beginnt beginnen erhält "
    "erhalten bekommt bekommen innerhalb binnen spätestens mindestens höchstens maximal bis ab "
    "es son dura duran tiene tienen recibe reciben hasta entre desde máximo mínimo "
    "est sont dure durent reçoit reçoivent entre jusqu".split()
)
# Words that say the same in such texts.
_ALIKE = {
    word: group[0]
    for group in (
        "employee employees staff worker workers personnel colleague colleagues everyone".split(),
        "may can allowed permitted entitled eligible could allow allows permit permits darf dürfen kann können erlaubt "
        "gestattet zulässig berechtigt puede pueden permitido permitida peut peuvent autorisé autorisée permis".split(),
        "must shall required mandatory need needs should obligatory compulsory require requires muss müssen "
        "verpflichtend pflicht erforderlich soll sollen debe deben obligatorio obligatoria doit doivent "
        "obligatoire".split(),
        "remotely remote home telework teleworking homeoffice".split(),
        "get gets receive receives granted given".split(),
        "leave holiday holidays vacation vacations".split(),
        "prohibited forbidden banned disallowed".split(),
        "office site premises".split(),
        "limit maximum cap".split(),
        "cost costs price fee".split(),
        "kept keep keeps retain retains retained retention store stored delete deletes deleted erase erased purged "
        "destroyed aufbewahrt gespeichert gelöscht conservan borran conservées supprimées".split(),
        "recording recordings footage video videos".split(),
        "submit submitted hand handed file filed send sent".split(),
        "reimburse reimbursed refund refunded reimbursement".split(),
        "deadline due latest".split(),
        "mitarbeiter mitarbeitende mitarbeitenden beschäftigte beschäftigten angestellte".split(),
    )
    for word in group
}
# German puts "zu" and "ge" inside of a verb: vorzulegen and vorgelegt are one.
_SPLIT_VERB = re.compile(r"^(ab|an|auf|aus|bei|ein|fest|her|hin|mit|nach|vor|weiter|zurück)(?:zu|ge)(\w{3,}?)(?:t|en)$")
# Before it, after it: of another time, unless a value stands beside: "within 14 days after delivery", "after 72 hours".
_RELATION = re.compile(r"\b(before|after|vor|nach|ab|antes|después|avant|après)\b", re.I)
_YEARS = range(1900, 2101)
# Words that name two different things where they stand in each other's place.
_OPPOSED = tuple(
    frozenset(pair.split())
    for pair in (
        "part full", "part-time full-time", "senior junior", "minimum maximum", "first second", "first last",
        "before after", "internal external", "domestic international", "domestic foreign", "weekday weekend",
        "weekdays weekends", "summer winter", "adult child", "adults children", "arrival departure", "open close",
        "opens closes", "start end", "starts ends", "begins ends", "gross net", "front back", "upper lower",
        "monthly yearly", "daily weekly", "weekly monthly", "monthly annual", "breakfast lunch", "lunch dinner",
        "breakfast dinner", "morning afternoon", "temporary permanent", "men women", "maternity paternity",
        "increase decrease", "buy sell", "hot cold", "import export", "north south", "east west", "left right",
        "new existing", "paid unpaid", "single married", "mother father", "sick annual",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The characters [start, end) of a text, with what they are compared by."""

    text: str
    start: int
    end: int
    topics: frozenset[str]  # stems of the words that carry its meaning, values and names left out
    words: frozenset[str]  # the same as they are written, in small letters
    values: tuple[Value, ...]
    names: frozenset[str]  # people, places, products, codes, years: what it speaks of, or who
    relations: frozenset[str]  # "before", "after": what is said holds then
    plain: frozenset[str]  # all words but those that affirm, deny, allow or demand
    is_negative: bool
    has_polarity: bool  # says whether something is so, in words that have an opposite
    skeleton: str  # the text with its values taken out
    is_row: bool  # of a table

    @property
    def is_sentence(self) -> bool:
        """Whether it ends as one; headings and items of a list say less than they seem to."""
        return self.text.rstrip('"”»)')[-1:] in ".!。" and not self.is_row


def statements(text: str, *, language: str, offset: int = 0) -> list[Statement]:
    """The statements of a passage that begins at `offset` of its document."""
    found = []
    for start, end in _spans(text):
        piece = text[start:end]
        if _SHORTEST <= len(piece) <= _LONGEST:
            found.append(statement(piece, language=language, start=offset + start))
    return found


def statement(text: str, *, language: str, start: int = 0) -> Statement:
    """`text`, one sentence or row, taken apart."""
    given = values(text)
    bare = list(text)
    for value in given:
        bare[value.start : value.end] = " " * (value.end - value.start)
    rest = "".join(bare)
    years = {f"{value.amount:.0f}" for value in given if value.kind == "count" and value.amount in _YEARS}
    names = _names(rest, language) | years
    small = [word.strip("’'").replace("’", "'") for word in re.findall(r"[\w’'-]+", _BOUND.sub(" ", rest).casefold())]
    stop = STOPWORDS.get(language, frozenset()) | STOPWORDS.get("en", frozenset())
    carrying = [_ALIKE.get(word, word) for word in small if len(word) > 1 and word not in _NOT]
    named = {part for name in names for part in name.split()}
    kept = [
        _SPLIT_VERB.sub(r"\1\2", word) if language == "de" else word
        for word in carrying
        if word not in stop and word not in named and word not in _EMPTY
    ]
    negations = sum(word in _NOT or word.endswith("n't") for word in small)
    return Statement(
        text=text,
        start=start,
        end=start + len(text),
        topics=frozenset(analyse(" ".join(kept), language)),
        words=frozenset(kept),
        values=tuple(given),
        names=frozenset(names),
        relations=_relations(text, given),
        plain=frozenset(small) - _NOT - _YES - _SAYING,
        is_negative=negations % 2 == 1,
        has_polarity=negations > 0 or any(word in _YES for word in small),
        skeleton=" ".join(rest.casefold().split()),
        is_row=" | " in text,
    )


def title_names(title: str, text: str, *, language: str) -> frozenset[str]:
    """The words of a title that its text uses, inside of sentences and always with a capital: names.

    German writes every noun so: none are told there.
    """
    if language == "de":
        return frozenset()
    words = {word for word in _TITLE_WORD.findall(title) if word[0].isupper()}
    return frozenset(
        word.casefold()
        for word in words
        if re.search(rf"[\w,] {re.escape(word)}\b", text) and not re.search(rf"\b{re.escape(word.lower())}\b", text)
    )


def opposed(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether words that only `a` has stand against words that only `b` has."""
    only_a, only_b = a - b, b - a
    return any(
        (one in only_a and other in only_b) or (other in only_a and one in only_b)
        for one, other in (tuple(pair) for pair in _OPPOSED)
    )


def _relations(text: str, given: list[Value]) -> frozenset[str]:
    starts, ends = {value.start for value in given}, {value.end for value in given}
    return frozenset(
        match[1].casefold()
        for match in _RELATION.finditer(text)
        if len(text[: match.start()].rstrip()) not in ends and match.end() + 1 not in starts
    )


def _names(text: str, language: str) -> set[str]:
    found = set()
    for match in _NAME.finditer(text):
        at = match.start()
        words = re.sub(r"['’]s\b", "", match.group()).split()
        if at == 0 or re.search(r"(?:[.!?:|\n]|^)\s*[\"“„«(]?$", text[:at]):
            # The first word of a sentence has a capital in any case.
            words = words[1:] if len(words) > 1 else []
        # German writes every noun with a capital: two of them in a row are a name.
        if len(words) > (1 if language == "de" else 0):
            found.add(" ".join(words).casefold())
    found |= {match.group().casefold() for match in _CODE.finditer(text) if match.group() not in ("I", "A", "Ich")}
    return found


def _spans(text: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    rows = [(m.start(), m.end()) for m in _ROW.finditer(text)]
    cuts = [(m.start(), m.end()) for m in _BREAK.finditer(text) if not any(a <= m.start() < b for a, b in rows)]
    cuts += [(a, a) for a, _ in rows] + [(b, b) for _, b in rows]
    for start, end in [*sorted(cuts), (len(text), len(text))]:
        if start > at:
            piece = text[at:start]
            lead = len(piece) - len(piece.lstrip())
            spans.append((at + lead, at + len(piece.rstrip())))
        at = max(at, end)
    return [(start, end) for start, end in spans if end > start]
