"""What beat does for evaluation: each task makes one call and may run twice."""

from django.utils import timezone

from evaluation import alerts
from ragapp.queues import quick_task


@quick_task
def mail_alerts() -> None:
    """Mails what waits."""
    alerts.send_mail_due(timezone.now())
