"""Whether answers that rest on a collection's documents may be given again."""

from django.db import transaction
from django.utils.translation import gettext as _

from documents.access import AccessRefused, has_level
from documents.models import Collection, Level
from ragapp.accounts.models import User
from ragapp.audit import log


@transaction.atomic
def choose(collection: Collection, *, keeps_answers: bool, by: User) -> None:
    """From the next question on. Raises AccessRefused when `by` does not own the collection."""
    if not has_level(by, collection, Level.OWNER):
        raise AccessRefused(_("Only an owner can change this collection."), _("Ask an owner to change it."))
    if (
        Collection.objects.filter(pk=collection.pk)
        .exclude(keeps_answers=keeps_answers)
        .update(keeps_answers=keeps_answers)
    ):
        log.record("collection_changed", by=by, target=collection, keeps_answers=keeps_answers)
