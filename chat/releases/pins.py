"""What documents are told of releases: which index versions they name, and how they look for passages."""

from typing import Any

from django.dispatch import receiver

from chat.models import Release
from chat.releases import rollout, settings
from documents.lineage import Way, answering_ways, index_pins
from ragapp.accounts.models import User

RELEASES_TOLD = 50


@receiver(index_pins)
def named_by_releases(**kwargs: Any) -> set[int]:
    """Of all releases, also old ones: rolling back must find its index as it was left."""
    return set(Release.objects.exclude(index_version=None).values_list("index_version", flat=True))


@receiver(answering_ways)
def by_releases(*, asker: User, **kwargs: Any) -> list[Way]:
    """The release that answers the person first, then the others, the newest first. Unreadable ones are left out."""
    theirs = rollout.current(asker)
    others = Release.objects.exclude(pk=theirs.pk).order_by("-pk")[:RELEASES_TOLD]
    return [way for release in (theirs, *others) if (way := _way(release))]


def _way(release: Release) -> Way | None:
    try:
        top_k = settings.read(release.retrieval).top_k
    except settings.ReleaseInvalid:
        return None
    return Way(name=release.name, index_version_id=release.index_version_id, top_k=top_k)
