"""What beat does for evaluation: each task makes one call and may run twice."""

from django.utils import timezone

from evaluation import alerts
from evaluation.reviews import sampling
from evaluation.rollups import making
from ragapp.queues import quick_task


@quick_task
def mail_alerts() -> None:
    """Mails what waits."""
    alerts.send_mail_due(timezone.now())


@quick_task
def pick_for_review() -> None:
    """Puts into the reviewers' queue what the rules take."""
    sampling.apply_all(now=timezone.now())


@quick_task
def make_totals() -> None:
    """Totals of hours and days, up to now."""
    making.keep_up(timezone.now())
