"""A sample of the answers that were given again is made anew in the background and compared."""

import re
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from chat import cache
from chat.answering.run import Outcome, ask_once
from chat.models import Answer, CacheLookup

AT_ONCE, ATTEMPTS = 3, 3
LEASE = timedelta(minutes=5)
ANSWERED = (Answer.Status.ANSWERED, Answer.Status.CAVEAT, Answer.Status.CONFLICT)
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_MARKER = re.compile(r"\[\d{1,3}\]")


def compare_due() -> int:
    """Compares some of those that wait; how many. Safe to run twice and at once: each is leased first."""
    taken = _take()
    for pk in taken:
        compare(CacheLookup.objects.get(pk=pk))
    return len(taken)


def compare(lookup: CacheLookup) -> None:
    """Answers the question of the hit anew, for who asked it, and writes down whether both say the same.

    Where the documents have changed since, or the answer is gone, nothing can be said.
    """
    given = Answer.objects.select_related("turn__conversation__user", "release").filter(pk=lookup.answer_id).first()
    found = "changed"
    if given is not None and given.release is not None and _is_as_then(given, lookup.key):
        outcome = ask_once(
            given.turn.question,
            user=given.turn.conversation.user,
            collection_id=given.turn.collection_id,
            release=given.release,
            store=False,
        )
        found = verdict(given, outcome)
    CacheLookup.objects.filter(pk=lookup.pk).update(
        compared_at=timezone.now(),
        lease_until=None,
        found=found,
        is_wrong=None if found == "changed" else found != "same",
    )


def verdict(given: Answer, anew: Outcome) -> str:
    """ "same", or what is another: the "ending", or the "sources" or "figures", when none of them are the same."""
    if anew.status not in ANSWERED:
        return "ending"
    before = {citation.quote for citation in given.citations.all() if citation.is_support}
    after = {str(citation["quote"]) for citation in anew.citations}
    if not any(_overlap(one, other) for one in before for other in after):
        return "sources"
    said, says = (set(_FIGURE.findall(_MARKER.sub("", text))) for text in (given.text, anew.answer))
    return "figures" if said and says and not said & says else "same"


def _overlap(one: str, other: str) -> bool:
    return bool(one and other) and (one in other or other in one)


def _is_as_then(given: Answer, key: str) -> bool:
    assert given.release is not None
    asked = cache.Asked(
        text=given.turn.question,
        language=given.language,
        reader=given.turn.conversation.user,
        collection_id=given.turn.collection_id,
        release_id=given.release.pk,
        index_version_id=given.release.index_version_id,
        route=given.release.route,
        today=timezone.localdate(),
    )
    return cache.key_of(asked) == key


@transaction.atomic
def _take() -> list[int]:
    now = timezone.now()
    due = CacheLookup.objects.filter(is_sampled=True, compared_at__isnull=True).exclude(lease_until__gt=now)
    # What failed again and again is left, and counts as not compared.
    due.filter(attempts__gte=ATTEMPTS).update(compared_at=now, found="failed", lease_until=None)
    rows = list(due.filter(attempts__lt=ATTEMPTS).select_for_update(skip_locked=True).order_by("looked_at")[:AT_ONCE])
    for row in rows:
        row.attempts, row.lease_until = row.attempts + 1, now + LEASE
    CacheLookup.objects.bulk_update(rows, ["attempts", "lease_until"])
    return [row.pk for row in rows]
