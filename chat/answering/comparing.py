"""Questions that compare: "Which is longer, A or B?", "Which grade has the highest bonus?".

Without a language model nobody reads two passages together and says which is more. What is to be compared is shown side
by side instead; of a table's rows those with the most, or the least, come first.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from chat.answering import scoring, weigh
from chat.answering.types import Compared, Evidence
from chat.releases.settings import AnswerSettings
from documents.retrieval.analyse import analyse
from documents.retrieval.types import Hit

_COMPARATIVE = (
    r"(?:longer|shorter|higher|lower|bigger|larger|smaller|cheaper|faster|slower|quicker|older|newer|younger|earlier|"
    r"later|sooner|heavier|lighter|stronger|weaker|greater|better|worse|more|less|fewer|"
    r"länger|kürzer|höher|niedriger|größer|kleiner|billiger|günstiger|teurer|schneller|langsamer|älter|neuer|jünger|"
    r"früher|später|schwerer|leichter|stärker|besser|schlechter|mehr|weniger)\w{0,2}"
)
_COMPARES = re.compile(rf"\b{_COMPARATIVE}\b", re.IGNORECASE)
_VERB = (
    r"(?:have|has|had|cost|costs|last|lasts|take|takes|get|gets|make|makes|made|earn|earned|pay|pays|employ|employs)"
)
_OPENING = (
    r"(?:is|are|was|were|does|do|did|has|have|had|will|can|ist|sind|war|waren|hat|haben|hatte|gilt|kostet|kosten|dauert|"
    r"bekommt|zahlt)"
)
_SIDES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:differences?|differ) between (?P<a>.+?) and (?P<b>.+)$",
        r"\bcompare (?P<a>.+?) (?:and|with|to) (?P<b>.+)$",
        r"\bunterschiede? zwischen (?P<a>.+?) und (?P<b>.+)$",
        rf"^(?P<head>.*\b{_COMPARATIVE}\b[^,:]*)[,:]\s*(?P<a>[^,]+?)\s+(?:or|oder)\s+(?P<b>[^,]+)$",
        rf"^{_OPENING}\s+(?P<a>.+?)\s+(?:or|oder)\s+(?P<b>.+?)\s+(?P<tail>(?:{_VERB}\s+)?{_COMPARATIVE}\b.*)$",
        rf"^{_OPENING}\s+(?P<a>.+?)\s+(?P<tail>{_COMPARATIVE}(?:\s\w+)?)\s+(?:than|als)\s+(?P<b>.+)$",
    )
)
_SHARED = re.compile(r"^(for|in|of|at|on|by|to|with|für|bei|im|mit)\b", re.IGNORECASE)

_MOST = re.compile(
    r"\b(?<!at )(?:most|highest|largest|longest|biggest|greatest|fastest|heaviest|dearest|"
    r"(?:höchst|längst|größt|teuerst|meist|schnellst|schwerst)e\w{0,2})\b",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"\b(?<!at )(?:least|lowest|smallest|shortest|cheapest|fewest|slowest|lightest|"
    r"(?:niedrigst|kürzest|kleinst|billigst|günstigst|wenigst|langsamst|leichtest)e\w{0,2})\b",
    re.IGNORECASE,
)
_DAYS = (
    (r"minutes?|minuten?", 1 / 1440), (r"hours?|stunden?", 1 / 24), (r"days?|tage?n?", 1), (r"weeks?|wochen?", 7),
    (r"months?|monate?n?", 30.4), (r"years?|jahre?n?", 365),
)  # fmt: skip
_TIMES = (
    (r"k|thousand|tausend|tsd\.?", 1e3), (r"m|million(?:en|s)?|mio\.?", 1e6), (r"bn|billions?|milliarden?|mrd\.?", 1e9)
)  # fmt: skip
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Of the rows of a table, so many have to have a number in the column.
_NUMERIC = 0.6
# A side counts as found in a piece that has this share of the words that tell it from the other side.
_OF_SIDE = 0.5


def sides(question: str) -> tuple[str, ...]:
    """The question once for each of two things that it compares; none where it compares no two."""
    text = " ".join(question.split()).rstrip(" ?.!")
    for pattern in _SIDES:
        if match := pattern.search(text):
            parts = match.groupdict(default="")
            one, other = parts["a"].strip(), parts["b"].strip()
            if (shared := _SHARED.match(other)) and (before := re.search(rf"\b{shared[0]}\b", one, re.IGNORECASE)):
                other = one[: before.start()] + other
            head, tail = parts.get("head", ""), parts.get("tail", "")
            return tuple(_alone(" ".join((head, side, tail))) for side in (one, other))
    return ()


def _alone(words: str) -> str:
    """Without "longer", which no passage about one side says."""
    return f"{' '.join(_COMPARES.sub(' ', words).split())}?"


def run(
    question: str,
    evidence: Sequence[Evidence],
    hits: Sequence[Hit],
    *,
    languages: Sequence[str],
    settings: AnswerSettings,
) -> Compared:
    """What the question compares, if it does."""
    return Compared(
        sides=_beside_each_other(question, hits, languages=languages, settings=settings),
        rows=ranked(question, evidence, hits, languages=languages, most=settings.answer_sentences),
    )


def _beside_each_other(
    question: str, hits: Sequence[Hit], *, languages: Sequence[str], settings: AnswerSettings
) -> list[tuple[str, list[Evidence]]]:
    """For each side its question and what answers it best, best first; empty unless there is something for each."""
    asked = sides(question)
    found = []
    words = [scoring.ask(side, languages) for side in asked]
    for place, side in enumerate(asked):
        own = frozenset(words[place].lexemes) - frozenset(words[1 - place].lexemes)
        evidence = [
            piece
            for piece in weigh.run(side, hits, languages=languages, settings=settings)
            if own and len(own & _lexemes(words[place], piece, hits)) >= _OF_SIDE * len(own)
        ]
        if not evidence:
            return []
        found.append((side, evidence))
    return found


def ranked(
    question: str, evidence: Sequence[Evidence], hits: Sequence[Hit], *, languages: Sequence[str], most: int
) -> list[Evidence]:
    """The rows of the best piece's table by the column that is asked for; none where that is not clear."""
    is_most, is_least = _MOST.search(question) is not None, _LEAST.search(question) is not None
    if is_most == is_least or not evidence or evidence[0].kind != "row":
        return []
    first = evidence[0]
    asked = scoring.ask(question, languages)
    language = hits[first.hit].language
    if any(map(str.isdigit, "".join(asked.names & frozenset(analyse(first.text, language))))):
        # "the highest salary in band E4" is one row.
        return []
    rows = _table(first, hits)
    column = _column(asked, [_cells(row.text) for row in rows], language)
    if column is None:
        return []
    valued = [(_value(_cells(row.text)[column][1], language), row) for row in rows]
    known = [(value, row) for value, row in valued if value is not None]
    known.sort(key=lambda one: one[0], reverse=is_most)
    return [row for _, row in known[:most]]


def _lexemes(asked: scoring.Asked, piece: Evidence, hits: Sequence[Hit]) -> frozenset[str]:
    hit = hits[piece.hit]
    words = frozenset(analyse(f"{piece.around} {piece.text} {hit.path}", hit.language))
    return asked.met_in(words | scoring.of_document(hit.found_by, hit.text, hit.language))


def _table(first: Evidence, hits: Sequence[Hit]) -> list[Evidence]:
    """The rows of the same columns in the hits of that document."""
    names = [name for name, _ in _cells(first.text)]
    document = hits[first.hit].document_id
    return [
        replace(piece, score=first.score, dense=first.dense, names=first.names)
        for place, hit in enumerate(hits)
        if hit.document_id == document
        for piece in weigh.pieces(hit, place)
        if piece.kind == "row" and [name for name, _ in _cells(piece.text)] == names
    ]


def _cells(row: str) -> list[tuple[str, str]]:
    cells = (cell.partition(":") for cell in row.split(" | "))
    return [(name.strip(), value.strip()) for name, _, value in cells]


def _column(asked: scoring.Asked, rows: Sequence[list[tuple[str, str]]], language: str) -> int | None:
    """The column of numbers whose name has most of the question's words; the only one where none has any."""
    if len(rows) < 2:
        return None
    numeric = [
        place
        for place in range(1, len(rows[0]))
        if sum(_value(row[place][1], language) is not None for row in rows) >= _NUMERIC * len(rows)
    ]
    shared = {
        place: len(asked.met_in(frozenset(analyse(rows[0][place][0], language))) & frozenset(asked.lexemes))
        for place in numeric
    }
    best = max(shared.values(), default=0)
    chosen = [place for place in numeric if shared[place] == best]
    return chosen[0] if len(chosen) == 1 else None


def _value(cell: str, language: str) -> float | None:
    """The number in a cell, of times in days."""
    match = _NUMBER.search(cell)
    if match is None:
        return None
    point = "," if language == "de" else "."
    written = match[0].replace("." if point == "," else ",", "").replace(",", ".")
    try:
        value = float(written)
    except ValueError:
        return None
    unit = re.match(r"\s*([^\W\d_]+\.?)", cell[match.end() :])
    for pattern, factor in (*_DAYS, *_TIMES):
        if unit and re.fullmatch(pattern, unit[1], re.IGNORECASE):
            return value * factor
    return value
