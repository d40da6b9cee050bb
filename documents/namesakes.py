"""Several documents under one path: who may not read the one that has it is to hear nothing of it."""

from __future__ import annotations

from django.db.models import Max

from documents.models import AccessEntry, AccessList, Collection, Document, Level
from ragapp.accounts.models import User


def free(collection: Collection, path: str) -> int:
    """The number under which another document can have `path`, beside those that its owner may not know of."""
    last = Document.objects.filter(collection=collection, path=path).aggregate(last=Max("namesake"))["last"]
    return 0 if last is None else last + 1


def narrow_like(document: Document, other: Document, *, uploader: User) -> None:
    """Give the new `document` the entries of the list above `other`, and `uploader` as one who may change it."""
    above: Document | None = other
    while above is not None and above.access_list is None:
        above = above.parent
    if above is None:
        return
    document.access_list = AccessList.objects.create()
    document.save(update_fields=["access_list"])
    entries = AccessEntry.objects.filter(access_list=above.access_list).exclude(user=uploader)
    AccessEntry.objects.bulk_create(
        [
            *(
                AccessEntry(access_list=document.access_list, group=e.group, user=e.user, level=e.level)
                for e in entries
            ),
            AccessEntry(access_list=document.access_list, user=uploader, level=Level.CONTRIBUTOR),
        ]
    )
