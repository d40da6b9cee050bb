"""What every row of background work has: who works on it, until when, and how often it was taken up."""

from django.db import models


class Leased(models.Model):
    """Has a `state` with at least "queued" and "running"; documents.leases says how the fields are used."""

    # Times that it was taken up since it last got on.
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)

    class Meta:
        abstract = True
