"""Which index versions a release names: documents keep those."""

from typing import Any

from django.dispatch import receiver

from chat.models import Release
from documents.lineage import index_pins


@receiver(index_pins)
def named_by_releases(**kwargs: Any) -> set[int]:
    """Of all releases, also old ones: rolling back must find its index as it was left."""
    return set(Release.objects.exclude(index_version=None).values_list("index_version", flat=True))
