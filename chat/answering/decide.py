"""Decides whether the passages answer the question: a small logistic model over readable features.

Also finds two versions of one document that say different things, and which of them is followed.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date

from chat.answering import scoring, versions
from chat.answering.types import NOTHING_COMPARED, Compared, Decision, Evidence, Reason, Status
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
# A rule does not answer a question for a statistic, and these words have no synonyms: they count like names.
_STATISTICS = frozenset(
    lexeme
    for language, words in (("en", "average median total overall"), ("de", "durchschnitt durchschnittlich insgesamt"))
    for lexeme in analyse(words, language)
)
# "grade G7", "Entgeltgruppe 16": what a row is called by, and no amount.
_CODE = re.compile(r"(?<![^\W\d_] )\b[A-Za-z]{1,4}-?\d{1,4}\b|(?<=[^\W\d_] )\d{1,3}(?=\s*[?.]?\s*$)")
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
    compared: Compared = NOTHING_COMPARED,
) -> Decision:
    """Answered, caveat, conflict or not_found. With a model the bar is lower: it can say so itself.

    `compared`: what the question compares, which is shown where there is no model.
    """
    if not evidence:
        return Decision(status="not_found", sufficiency=0.0, reason="nothing_found")
    pair = versions.rivals(question, evidence, hits, languages=languages, today=today)
    if pair is not None:
        followed, set_aside, is_asked_for = pair
        if is_asked_for:
            # Whether the version that was asked for answers, not whether the other one would.
            evidence = [piece for piece in evidence if hits[piece.hit].document_id != hits[set_aside].document_id]
    if pair is None and not has_model and (two := _side_by_side(compared, hits, languages, settings)):
        return two
    measured = measure(question, evidence, hits, languages=languages)
    sufficiency = probability(measured, settings.sufficiency_weights)
    bar = settings.refuse_below_with_model if has_model else settings.refuse_below
    outdated = versions.outdated(question, evidence, hits, today)
    if sufficiency < bar or (not has_model and _is_of_another(question, evidence[0], hits, languages, today)):
        reason, missing = _lacking(question, evidence, hits, languages)
        return Decision(status="not_found", sufficiency=sufficiency, features=measured, reason=reason, missing=missing)
    # A model says itself what the passages leave open.
    in_part = not has_model and sufficiency < settings.caveat_below
    if pair is None and not has_model and compared.rows:
        return _compared(compared.rows, sufficiency, measured)
    if pair is None:
        return Decision(
            status="caveat" if in_part else "answered",
            sufficiency=sufficiency,
            features=measured,
            reason="in_part" if in_part else "answers",
            ignored=outdated,
        )
    dated = versions.differ_in_time(hits[followed], hits[set_aside])
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
        ignored=outdated.union(_of_document(hits, set_aside)) - {followed},
    )


def _of_document(hits: Sequence[Hit], place: int) -> frozenset[int]:
    """The places of all hits of that one's document."""
    return frozenset(at for at, hit in enumerate(hits) if hit.document_id == hits[place].document_id)


def _side_by_side(
    compared: Compared, hits: Sequence[Hit], languages: Sequence[str], settings: AnswerSettings
) -> Decision | None:
    """The best of each side, where the passages suffice for each."""
    pieces: list[Evidence] = []
    measured: dict[str, float] = {}
    least = 1.0
    for side, evidence in compared.sides:
        of_side = measure(side, evidence, hits, languages=languages)
        sufficiency = probability(of_side, settings.sufficiency_weights)
        if sufficiency <= least:
            least, measured = sufficiency, of_side
        if evidence[0] not in pieces:
            pieces.append(evidence[0])
    if not pieces or least < settings.refuse_below:
        return None
    return _compared(pieces, least, measured)


def _compared(pieces: Sequence[Evidence], sufficiency: float, measured: Mapping[str, float]) -> Decision:
    return Decision(
        status="caveat",
        sufficiency=sufficiency,
        features=measured,
        reason="compared",
        compared=tuple(pieces),
    )


def _is_of_another(question: str, best: Evidence, hits: Sequence[Hit], languages: Sequence[str], today: date) -> bool:
    """Whether the question is about a year, or a row with a number, that the best passage is not about, or about
    somebody or something whose name no passage has."""
    asked = scoring.ask(question, languages)
    hit = hits[best.hit]
    found = asked.met_in(lexemes_of(hit)) | versions.years_of(hit)
    years = set(versions.YEAR.findall(question)) - {str(today.year)}
    if years and not years & found:
        return True
    if best.kind == "row" and any(
        not asked.met_in(frozenset(analyse(code, languages[0]))) & found for code in _CODE.findall(question)
    ):
        return True
    names = scoring.proper_names(question, languages[0])
    return bool(names - asked.met_in(frozenset[str]().union(*map(lexemes_of, hits))))


def measure(
    question: str, evidence: Sequence[Evidence], hits: Sequence[Hit], *, languages: Sequence[str]
) -> dict[str, float]:
    """The features of the decision, most of them between 0 and 1."""
    asked = scoring.ask(question, languages)
    weights = scoring.weights_of(
        asked, [asked.met_in(frozenset(analyse(piece.text, hits[piece.hit].language))) for piece in evidence]
    )
    fixed = asked.names | (_STATISTICS & frozenset(asked.lexemes))
    others = {lexeme: weight for lexeme, weight in weights.items() if lexeme not in fixed}
    best = evidence[0]
    found = asked.met_in(lexemes_of(hits[best.hit]))
    cosines = sorted((piece.dense for piece in evidence), reverse=True)
    return {
        "dense": max(0.0, best.dense),
        "gap": best.dense - cosines[min(GAP_TO, len(cosines) - 1)],
        "rest": _share(others, found) * _held(fixed, found),
        # Which of them comes first is another matter than whether it answers.
        "score": (best.score + scoring.NAMES_COST * best.features.get("lacking", 0.0)) / SCORE_SCALE,
    }


def _lacking(
    question: str, evidence: Sequence[Evidence], hits: Sequence[Hit], languages: Sequence[str]
) -> tuple[Reason, tuple[str, ...]]:
    """Why the passages are not enough, and the question's words that none of them has."""
    asked = scoring.ask(question, languages)
    there = {place: asked.met_in(lexemes_of(hits[place])) for place in {piece.hit for piece in evidence}}
    anywhere = frozenset[str]().union(*there.values())
    missing = []
    for word in dict.fromkeys(_WORD.findall(question)):
        lexemes = [lexeme for language in languages[:1] for lexeme in analyse(word, language)]
        if any(lexeme in asked.lexemes for lexeme in lexemes) and not anywhere.intersection(lexemes):
            missing.append(word)
    lacks_names = bool(asked.names) and not asked.names <= there[evidence[0].hit]
    return "names_missing" if lacks_names else "too_far", tuple(missing)


def lexemes_of(hit: Hit) -> frozenset[str]:
    """What a passage is about: its words, those above it, and those of the question that its document is found by."""
    return frozenset(analyse(f"{hit.title} {hit.path} {hit.heading_path} {hit.text}", hit.language)) | hit.found_by


def _share(weights: Mapping[str, float], found: frozenset[str]) -> float:
    total = sum(weights.values())
    return sum(weight for lexeme, weight in weights.items() if lexeme in found) / total if total else 1.0


def _held(names: frozenset[str], found: frozenset[str]) -> float:
    return len(names & found) / len(names) if names else 1.0


def probability(measured: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The logistic model's value."""
    total = weights.get("bias", 0.0) + sum(weights.get(name, 0.0) * measured[name] for name in FEATURES)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
