"""Every day the judge looks at some of what people were answered, so that drift shows in its verdicts, too."""

import time
from datetime import date

from chat.models import Answer
from evaluation import judge
from evaluation.judge import Ask
from evaluation.models import JudgedAnswer
from evaluation.rollups.making import bounds

ANSWERED = (Answer.Status.ANSWERED, Answer.Status.CAVEAT, Answer.Status.CONFLICT)
SLICE_S = 60.0


def judge_some(day: date, n: int, *, ask: Ask | None = None, slice_s: float = SLICE_S) -> bool:
    """Judges answers of `day` for a while, until `n` are judged; True when more are left. May run twice.

    Ids are random, so the first by id are a random sample. What the judge says nothing of is passed by; when it says
    nothing of three in a row it is away, and the rest of the day is let be.
    """
    begin, end = bounds(day)
    rows = Answer.objects.filter(
        created_at__gte=begin,
        created_at__lt=end,
        status__in=ANSWERED,
        release__isnull=False,
        turn__conversation__is_hidden=False,
    )
    wanted = list(rows.select_related("turn", "release").order_by("pk")[:n])
    known = set(JudgedAnswer.objects.filter(answer__in=wanted).values_list("answer", flat=True))
    until, silent = time.monotonic() + slice_s, 0
    for answer in (one for one in wanted if one.pk not in known):
        if time.monotonic() > until:
            return True
        assert answer.release is not None  # the rows were chosen so
        said = judge.verdict(answer, answer.turn.question, ask or judge.asker(answer.release))
        silent = silent + 1 if said is None else 0
        if silent >= 3:
            return False
        if said is not None:
            JudgedAnswer.objects.get_or_create(answer=answer, defaults={"is_good": said >= judge.GOOD_FROM})
    return False
