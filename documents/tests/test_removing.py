"""Removing a document while others work on what was made of it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import pytest
from django.db import OperationalError, connection, transaction

from documents import uploads
from documents.models import Chunk, Collection, Document
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid())"


def test_a_removal_that_the_database_ends_for_another_transaction_is_done_again(
    collection: Callable[..., Collection], add: Callable[..., Document], owner: User
) -> None:
    document = add(collection(owners=[owner]), "keys.txt", "Keys are handed out at the front desk.", by=owner)
    holds, receipts = Event(), []

    def remove() -> None:
        try:
            assert holds.wait(30)
            receipts.append(uploads.remove(document, by=owner))
        finally:
            connection.close()

    removing = Thread(target=remove)
    removing.start()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            list(Chunk.objects.select_for_update().filter(document=document))
            holds.set()
            pause = Event()
            while not cursor.execute(WAITING) and not cursor.fetchone()[0]:
                pause.wait(0.02)
            # It holds the document and waits for the passages, which are held here.
            Document.objects.select_for_update().get(pk=document.pk)
    except OperationalError:
        pass  # the database may end this one instead
    removing.join(60)

    assert [receipt.documents for receipt in receipts] == [1]
    assert not Chunk.objects.filter(document=document.pk).exists()
