"""What beat does for the model layer."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from ragapp.llm.models import Batch, BatchedRequest, Call
from ragapp.llm.models.batch import KEPT_FOR
from ragapp.queues import quick_task


@quick_task
def forget_calls() -> None:
    """Rows of the ledger, and what batches left behind, go after their time. Safe to run twice."""
    now = timezone.now()
    BatchedRequest.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    Batch.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    Call.objects.filter(at__lt=now - timedelta(days=settings.LLM_CALLS_KEPT_DAYS)).delete()
