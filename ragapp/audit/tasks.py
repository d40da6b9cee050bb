"""Sealing in the background, by beat."""

import logging

from django.utils import timezone

from ragapp.audit import chain
from ragapp.audit.models import AuditSeal
from ragapp.queues import quick_task

logger = logging.getLogger(__name__)


@quick_task
def seal() -> None:
    """Safe to run twice, and beside itself: one process seals at a time, and an event is linked once."""
    sealed = 0
    while linked := chain.seal_batch(timezone.now()):
        sealed += linked
    if sealed and (head := AuditSeal.objects.order_by("-pk").first()):
        # The log is a witness outside the database: a chain that was cut off at its end lacks this hash.
        logger.info("audit.sealed", extra={"events": sealed, "link": head.pk, "head": head.hash})
