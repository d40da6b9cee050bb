"""From what was shown back to the bytes, and the signal that a source has gone."""

from django.dispatch import Signal

# Sent in the transaction that removes a document, with `document_ids: list[UUID]`.
documents_removed = Signal()
