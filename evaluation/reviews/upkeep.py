"""What is done for the queue between the visits of reviewers."""

from datetime import datetime, timedelta
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from chat import golden
from chat.models import GoldenAnswer
from evaluation import alerts
from evaluation.models import Alert, ReviewItem
from evaluation.reviews import sampling, stages, topics
from ragapp.accounts.models import User

# Of what askers say about an answer that waits already; more than the time between two runs.
TOLD_WITHIN = timedelta(minutes=10)
STALE = "golden answer"


def keep_up(now: datetime) -> None:
    """Applies the rules, and computes where the answers they took went wrong. May run twice."""
    sampling.apply_all(now=now)
    for item in ReviewItem.objects.filter(pk__in=topics.embed_waiting()).select_related("rule").defer("vector"):
        stages.refresh(item)
    stages.refresh_told_since(TOLD_WITHIN, now=now)
    tell_of_stale()


def tell_of_stale() -> int:
    """Tells the owners of golden answers, once, that a source has changed and nobody is given them any more."""
    told = Alert.objects.filter(kind=STALE, ended_at__isnull=True).values_list("link", flat=True)
    known, new = set(told), 0
    for owner in User.objects.filter(pk__in=GoldenAnswer.objects.filter(is_live=True).values("owner")):
        for pk in golden.stale_of(owner).values_list("pk", flat=True):
            if page_of(pk) in known:
                continue
            alerts.raise_alert(
                STALE,
                partial(_named, pk),
                partial(_told, pk),
                owner=owner,
                link=page_of(pk),
            )
            new += 1
    return new


def page_of(pk: int) -> str:
    """Where that golden answer is looked after; the alert about it leads there."""
    return reverse("admin:chat_goldenanswer_change", args=[pk])


def _named(pk: int) -> str:
    return _("Golden answer %(number)s is stale") % {"number": pk}


def _told(pk: int) -> str:
    return _("A source of golden answer %(number)s has changed, so the answer is no longer given.") % {"number": pk}
