"""The answers behind a number: those of its period and kind whose sources the viewer may read."""

from collections.abc import Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.asked import OF_PEOPLE
from chat.models import Answer
from evaluation import review
from evaluation.models import Escalation, Feedback, Review
from evaluation.rollups.making import bounds
from evaluation.rollups.reading import Narrowed, total
from ragapp.accounts.models import User

_UP = Exists(Feedback.objects.filter(answer=OuterRef("pk"), thumb=1))
_DOWN = Exists(Feedback.objects.filter(answer=OuterRef("pk"), thumb=-1))
_GOOD = Exists(Review.objects.filter(answer=OuterRef("pk"), verdict="good"))
_NOT_GOOD = Exists(Review.objects.filter(answer=OuterRef("pk")).exclude(verdict="good"))
_BAD = Exists(Review.objects.filter(answer=OuterRef("pk"), verdict="bad"))
_STARS = Exists(Feedback.objects.filter(answer=OuterRef("pk"), rating__isnull=False))
_ASKED = Exists(Escalation.objects.filter(answer=OuterRef("pk")))
_HAS_TEXT = Q(status__in=[Answer.Status.ANSWERED, Answer.Status.CAVEAT, Answer.Status.CONFLICT])
_FAILED = Q(state=Answer.State.FAILED)
WHAT: Mapping[str, tuple[Promise, Q]] = {
    "answers": (_("All answers"), Q()),
    "answered": (_("Answered"), Q(status=Answer.Status.ANSWERED) & ~_FAILED),
    "caveat": (_("Answered with a caveat"), Q(status=Answer.Status.CAVEAT) & ~_FAILED),
    "conflict": (_("Sources conflict"), Q(status=Answer.Status.CONFLICT) & ~_FAILED),
    "not_found": (_("Not in the documents"), Q(status=Answer.Status.NOT_FOUND) & ~_FAILED),
    "blocked": (_("Blocked"), Q(status=Answer.Status.BLOCKED) & ~_FAILED),
    "failed": (_("Failed"), _FAILED | Q(status=Answer.Status.FAILED)),
    "stopped": (_("Stopped"), Q(status="") & ~_FAILED),
    "accepted": (_("Accepted"), _HAS_TEXT & ~Q(_DOWN) & ~Q(_BAD) & ~Q(_ASKED)),
    "thumbs_up": (_("Helpful"), Q(_UP)),
    "thumbs_down": (_("Not helpful"), Q(_DOWN)),
    "rated": (_("With a thumb"), Q(_UP) | Q(_DOWN)),
    "stars": (_("With a rating"), Q(_STARS)),
    "reviewed": (_("Reviewed"), Q(_GOOD) | Q(_NOT_GOOD)),
    "reviewed_bad": (_("Judged not good"), Q(_NOT_GOOD)),
    "escalated": (_("A person was asked"), Q(_ASKED)),
    "unaided": (_("Answered without a person"), _HAS_TEXT & ~Q(_ASKED)),
    "weighed": (_("Passages weighed"), Q(decision__sufficiency__isnull=False)),
    "cited": (_("Used a passage"), Q(candidates__contains=[{"used": True}])),
    "cited_first": (_("Used the first passage"), Q(candidates__0__used=True)),
    "guarded": (
        _("A guard acted"),
        Q(guard_verdicts__contains=[{"verdict": "mask"}]) | Q(guard_verdicts__contains=[{"verdict": "block"}]),
    ),
    "unsupported": (_("With sentences without support"), Q(sentences__contains=[{"is_supported": False}])),
    "cached": (_("From the cache"), ~Q(cache_layer="")),
    "fallback": (_("By a stand-in model"), Q(fallback_step__gt=0)),
    "cost_unknown": (_("Of unknown cost"), Q(cost_usd__isnull=True)),
}


# Kinds that are counted under other names; those of no count are left out. The last ones are taken away.
_COUNTED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rated": (("thumbs_up", "thumbs_down"), ()),
    "stars": (("rated",), ()),
    "reviewed_bad": (("reviewed",), ("reviewed_good",)),
}
_NOT_COUNTED = frozenset({"unsupported", "weighed"})


def in_all(narrowed: Narrowed, what: str) -> int | None:
    """How many of a kind the totals count, whoever may read them; None where they do not count it."""
    if what in _NOT_COUNTED:
        return None
    more, less = _COUNTED.get(what, ((what,), ()))
    now = total(narrowed)
    return sum(now[name] for name in more) - sum(now[name] for name in less)


def behind(narrowed: Narrowed, what: str, *, viewer: User) -> QuerySet[Answer]:
    """Newest first. Raises KeyError for a kind that is not in WHAT."""
    begin, end = bounds(narrowed.since)[0], bounds(narrowed.until)[1]
    found = review.answers_for(viewer).filter(OF_PEOPLE, WHAT[what][1], created_at__gte=begin, created_at__lt=end)
    if narrowed.release_id is not None:
        found = found.filter(release_id=narrowed.release_id)
    if narrowed.model is not None:
        found = found.filter(model=narrowed.model)
    if narrowed.collection_id is not None:
        found = found.filter(turn__collection_id=narrowed.collection_id)
    if narrowed.group_id is not None:
        found = found.filter(turn__conversation__user__groups=narrowed.group_id)
    return found.select_related("turn", "release").order_by("-created_at")
