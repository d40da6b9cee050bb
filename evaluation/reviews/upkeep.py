"""What is done for the queue between the visits of reviewers."""

from datetime import datetime, timedelta

from evaluation.models import ReviewItem
from evaluation.reviews import sampling, stages, topics

# Of what askers say about an answer that waits already; more than the time between two runs.
TOLD_WITHIN = timedelta(minutes=10)


def keep_up(now: datetime) -> None:
    """Applies the rules, and computes where the answers they took went wrong. May run twice."""
    sampling.apply_all(now=now)
    for item in ReviewItem.objects.filter(pk__in=topics.embed_waiting()).select_related("rule").defer("vector"):
        stages.refresh(item)
    stages.refresh_told_since(TOLD_WITHIN, now=now)
