"""Decides whether the passages answer the question: a small logistic model over readable features.

Also finds two versions of one document that say different things, and which of them is followed.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date

from chat.answering import scoring
from chat.answering.types import Decision, Evidence, Reason, Status
from chat.releases.settings import AnswerSettings
from documents.retrieval.analyse import analyse
from documents.retrieval.types import Hit

FEATURES = (
    "dense",  # cosine of question and best sentence
    "gap",  # how far that stands above the sixth best of the candidates
    "rest",  # share of the question's weight (IDF) in the passage, without names, times the share of the names there
    "score",  # the best sentence's score, in parts of SCORE_SCALE
)
# Those that are fitted: "gap" helped on one collection and not on others, and stays for the releases that weigh it.
FITTED = ("dense", "rest", "score")
GAP_TO = 5
SCORE_SCALE = 15.0
# Two sentences of two versions are about the same thing when this share of their words is the same.
SAME_SUBJECT = 0.4
RIVAL_MARGIN = 4.0
# A rule does not answer a question for a statistic, and these words have no synonyms: they count like names.
_STATISTICS = frozenset(
    lexeme
    for language, words in (("en", "average median total overall"), ("de", "durchschnitt durchschnittlich insgesamt"))
    for lexeme in analyse(words, language)
)
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"\w+(?:[./'’-]\w+)*")


def run(
    question: str,
    evidence: Sequence[Evidence],
    hits: Sequence[Hit],
    *,
    languages: Sequence[str],
    today: date,
    settings: AnswerSettings,
    has_model: bool,
) -> Decision:
    """Answered, caveat, conflict or not_found. With a model the bar is lower: it can say so itself."""
    if not evidence:
        return Decision(status="not_found", sufficiency=0.0, reason="nothing_found")
    pair = _rival_versions(question, evidence, hits, today)
    if pair is not None:
        followed, set_aside, is_asked_for = pair
        if is_asked_for:
            # Whether the version that was asked for answers, not whether the other one would.
            evidence = [piece for piece in evidence if hits[piece.hit].document_id != hits[set_aside].document_id]
    measured = measure(question, evidence, hits, languages=languages)
    sufficiency = probability(measured, settings.sufficiency_weights)
    bar = settings.refuse_below_with_model if has_model else settings.refuse_below
    if sufficiency < bar:
        reason, missing = _lacking(question, evidence, hits, languages)
        return Decision(status="not_found", sufficiency=sufficiency, features=measured, reason=reason, missing=missing)
    # A model says itself what the passages leave open.
    in_part = not has_model and sufficiency < settings.caveat_below
    if pair is None:
        return Decision(
            status="caveat" if in_part else "answered",
            sufficiency=sufficiency,
            features=measured,
            reason="in_part" if in_part else "answers",
        )
    dated = hits[followed].valid_from != hits[set_aside].valid_from or _years(hits[followed]) != _years(hits[set_aside])
    status: Status = "caveat" if dated else "conflict"
    if is_asked_for:
        status = "caveat" if in_part else "answered"
    return Decision(
        status=status,
        sufficiency=sufficiency,
        features=measured,
        reason="in_part" if is_asked_for and in_part else "versions",
        followed=followed,
        set_aside=None if is_asked_for else set_aside,
        ignored=frozenset(place for place, hit in enumerate(hits) if hit.document_id == hits[set_aside].document_id),
    )


def measure(
    question: str, evidence: Sequence[Evidence], hits: Sequence[Hit], *, languages: Sequence[str]
) -> dict[str, float]:
    """The features of the decision, most of them between 0 and 1."""
    asked = scoring.ask(question, languages)
    weights = scoring.weights_of(
        asked, [frozenset(analyse(piece.text, hits[piece.hit].language)) for piece in evidence]
    )
    fixed = asked.names | (_STATISTICS & frozenset(asked.lexemes))
    others = {lexeme: weight for lexeme, weight in weights.items() if lexeme not in fixed}
    best = evidence[0]
    found = _lexemes_of(hits[best.hit])
    cosines = sorted((piece.dense for piece in evidence), reverse=True)
    return {
        "dense": max(0.0, best.dense),
        "gap": best.dense - cosines[min(GAP_TO, len(cosines) - 1)],
        "rest": _share(others, found) * _held(fixed, found),
        "score": best.score / SCORE_SCALE,
    }


def _lacking(
    question: str, evidence: Sequence[Evidence], hits: Sequence[Hit], languages: Sequence[str]
) -> tuple[Reason, tuple[str, ...]]:
    """Why the passages are not enough, and the question's words that none of them has."""
    asked = scoring.ask(question, languages)
    there = {place: _lexemes_of(hits[place]) for place in {piece.hit for piece in evidence}}
    anywhere = frozenset[str]().union(*there.values())
    missing = []
    for word in dict.fromkeys(_WORD.findall(question)):
        lexemes = [lexeme for language in languages[:1] for lexeme in analyse(word, language)]
        if any(lexeme in asked.lexemes for lexeme in lexemes) and not anywhere.intersection(lexemes):
            missing.append(word)
    lacks_names = bool(asked.names) and not asked.names <= there[evidence[0].hit]
    return "names_missing" if lacks_names else "too_far", tuple(missing)


def _lexemes_of(hit: Hit) -> frozenset[str]:
    return frozenset(analyse(f"{hit.title} {hit.path} {hit.heading_path} {hit.text}", hit.language))


def _share(weights: Mapping[str, float], found: frozenset[str]) -> float:
    total = sum(weights.values())
    return sum(weight for lexeme, weight in weights.items() if lexeme in found) / total if total else 1.0


def _held(names: frozenset[str], found: frozenset[str]) -> float:
    return len(names & found) / len(names) if names else 1.0


def probability(measured: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The logistic model's value."""
    total = weights.get("bias", 0.0) + sum(weights.get(name, 0.0) * measured[name] for name in FEATURES)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


# --- versions --------------------------------------------------------------------------------------------


def _rival_versions(
    question: str, evidence: Sequence[Evidence], hits: Sequence[Hit], today: date
) -> tuple[int, int, bool] | None:
    """The hit to follow, the one to set aside, and whether the question asked for that version. None: no rivals."""
    top = evidence[0]
    for piece in evidence[1:]:
        if piece.score < top.score - RIVAL_MARGIN:
            break
        here, there = hits[top.hit], hits[piece.hit]
        if here.document_id == there.document_id or not _same_work(here, there):
            continue
        named = set(_YEAR.findall(question))
        if named & _years(here) and not named & _years(there):
            return top.hit, piece.hit, True
        if named & _years(there) and not named & _years(here):
            return piece.hit, top.hit, True
        if not _disagree(top, piece, here.language):
            continue
        first, second = sorted((top.hit, piece.hit), key=lambda place: _standing(hits[place], today), reverse=True)
        return first, second, False
    return None


def _same_work(one: Hit, other: Hit) -> bool:
    """Titles that differ only in numbers: a policy of 2025 and one of 2026."""
    first, second = (
        {word for word in re.findall(r"[^\W\d_]+", hit.title.casefold()) if word not in ("version", "v", "draft")}
        for hit in (one, other)
    )
    return bool(first) and first == second


def _disagree(one: Evidence, other: Evidence, language: str) -> bool:
    """About the same thing, with other numbers."""
    first, second = (frozenset(analyse(_NUMBER.sub(" ", piece.text), language)) for piece in (one, other))
    together = len(first | second) or 1
    about_the_same = len(first & second) / together >= SAME_SUBJECT or _section(one) == _section(other) != ""
    return about_the_same and set(_NUMBER.findall(one.text)) != set(_NUMBER.findall(other.text))


def _section(piece: Evidence) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", piece.around.rpartition("›")[2].casefold()))


def _years(hit: Hit) -> set[str]:
    years = set(_YEAR.findall(f"{hit.title} {hit.path}"))
    return years or ({str(hit.valid_from.year)} if hit.valid_from else set())


def _standing(hit: Hit, today: date) -> tuple[bool, date]:
    """Valid already, then the latest."""
    year = max(_years(hit), default="")
    since = hit.valid_from or (date(int(year), 1, 1) if year else date.min)
    return since <= today, since
