"""Which questions a small model may answer: by what can be measured before it is asked, and by how it did so far."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from chat.answering.types import Decision, Exchange
from chat.models import Answer
from ragapp.llm import usage

WORDS_MAX = 20
SUFFICIENCY_FROM = 0.9
# Of the sentences that small models wrote, the share that their sources must support; judged from so many answers on.
FLOOR = 0.9
JUDGED_FROM = 20
JUDGED_DAYS = 7
JUDGED_ANSWERS = 200
# Questions that ask to weigh, to explain or to gather.
_HARD = re.compile(
    r"\b(why|how come|explain|compare|comparison|differ\w*|versus|vs|summari[sz]e|summary|overview|list|all|every|each|"
    r"both|pros|cons|evaluate|assess|recommend|calculate|warum|wieso|weshalb|erklär\w*|vergleich\w*|unterschied\w*|"
    r"zusammenfass\w*|überblick|alle[nrs]?|jede[nrs]?|beide[nrs]?|bewerte\w*|empfiehl\w*|berechne\w*|liste)\b",
    re.IGNORECASE,
)


def run(question: str, history: Sequence[Exchange], decision: Decision, *, now: datetime) -> bool:
    """Whether the small tier is asked first. Reads the database."""
    return is_simple(question, history, decision) and is_good_enough(now)


def is_simple(question: str, history: Sequence[Exchange], decision: Decision) -> bool:
    """Short, one thing asked at the start of a conversation, and clearly answered by one passage."""
    return (
        decision.status == "answered"
        and decision.sufficiency >= SUFFICIENCY_FROM
        and not history
        and len(question.split()) <= WORDS_MAX
        and question.count("?") <= 1
        and not _HARD.search(question)
    )


def is_good_enough(now: datetime) -> bool:
    """Whether the documents support what small models wrote in the last days; true while there is too little to say.

    Below the floor the usual models answer, until the bad answers are older than that.
    """
    answer_ids = usage.routed_answers("simple", since=now - timedelta(days=JUDGED_DAYS), limit=JUDGED_ANSWERS)
    if len(answer_ids) < JUDGED_FROM:
        return True
    lists = Answer.objects.filter(pk__in=answer_ids).values_list("sentences", flat=True)
    verdicts = [sentence["is_supported"] for sentences in lists for sentence in sentences]
    return not verdicts or sum(verdicts) / len(verdicts) >= FLOOR
