"""What beat does for answers."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import announcing, cache, comparing, conversations
from chat.models import Answer
from ragapp.queues import quick_task


@quick_task
def fail_abandoned() -> None:
    """Answers whose process died end as failed; the page offers to try again. Safe to run twice."""
    silent_since = timezone.now() - timedelta(seconds=settings.ANSWER_LEASE_S)
    abandoned = Answer.objects.filter(
        Q(heartbeat_at__lt=silent_since) | Q(heartbeat_at__isnull=True, created_at__lt=silent_since),
        state__in=(Answer.State.PENDING, Answer.State.STREAMING),
    )
    with transaction.atomic():
        found = list(abandoned.select_for_update().values_list("pk", flat=True))
        Answer.objects.filter(pk__in=found).update(
            state=Answer.State.FAILED,
            status=Answer.Status.FAILED,
            failure=_("The answer was interrupted. Your question is kept; try again."),
            finished_at=timezone.now(),
        )
        announcing.finished(found)
    conversations.remove_deleted()


@quick_task
def compare_reused() -> None:
    """Makes a sample of the answers that were given again anew, and compares. Safe to run twice."""
    cache.forget_old()
    comparing.compare_due()
