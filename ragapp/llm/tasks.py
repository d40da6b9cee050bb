"""What beat does for the model layer."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from ragapp.llm.models import Call
from ragapp.queues import quick_task


@quick_task
def forget_calls() -> None:
    """Rows of the ledger go after their time. Safe to run twice."""
    Call.objects.filter(at__lt=timezone.now() - timedelta(days=settings.LLM_CALLS_KEPT_DAYS)).delete()
