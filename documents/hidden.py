"""What placeholders such as [PERSON_1] stand for: one encrypted file per document, in the vault.

The same value has the same placeholder in a document and all its versions, and another one in the next document: people
cannot be followed from document to document by their placeholders.
"""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

from django.db import transaction
from django.dispatch import receiver

from documents.lineage import documents_removed
from ragapp.privacy import vault
from ragapp.privacy.personal_data.types import Kind

PLACEHOLDER = re.compile(rf"\[({'|'.join(Kind.values)})_([1-9]\d*)\]")
_MARKS = re.compile(r"[\W_]+")


class Hidden:
    """The values that were hidden in one document, by kind, in the order of their numbers."""

    def __init__(self, values: dict[str, list[str]] | None = None) -> None:
        self.values: dict[str, list[str]] = values or {}
        self._numbers = {
            (kind, self._key(kind, value)): number
            for kind, listed in self.values.items()
            for number, value in enumerate(listed, start=1)
        }

    def placeholder(self, kind: Kind, value: str) -> str:
        """What stands for `value`: the same as before, or the next free number of its kind."""
        key = (kind.value, self._key(kind, value))
        if key not in self._numbers:
            listed = self.values.setdefault(kind.value, [])
            listed.append(value)
            self._numbers[key] = len(listed)
        return f"[{kind.value}_{self._numbers[key]}]"

    def value(self, placeholder: str) -> str | None:
        """What `placeholder` stands for; None for a placeholder that was never given."""
        match = PLACEHOLDER.fullmatch(placeholder)
        listed = self.values.get(match[1], []) if match else []
        return listed[int(match[2]) - 1] if match and int(match[2]) <= len(listed) else None

    def mask(self, text: str) -> str:
        """`text` with the placeholders of all values that are known already and stand in it as they were written."""
        for kind in Kind:
            for value in sorted(self.values.get(kind.value, ()), key=len, reverse=True):
                if value in text:
                    text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", self.placeholder(kind, value), text)
        return text

    @staticmethod
    def _key(kind: str, value: str) -> str:
        """Values that mean the same: case, blanks and the marks between digits do not count."""
        folded = value.casefold()
        return " ".join(folded.split()) if kind in (Kind.PERSON, Kind.PLACE) else _MARKS.sub("", folded)


def load(document_id: UUID) -> Hidden:
    """What was hidden in the document so far. Raises vault.Unreadable when its key is gone."""
    try:
        return Hidden(json.loads(vault.load(_file(document_id))))
    except FileNotFoundError:
        return Hidden()


def save(document_id: UUID, hidden: Hidden) -> None:
    """Keep it, encrypted. The caller holds a lock on the document's row."""
    vault.save(_file(document_id), json.dumps(hidden.values, ensure_ascii=False).encode())


def _file(document_id: UUID) -> str:
    return f"hidden/{document_id}"


@receiver(documents_removed)
def forget(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> None:
    """Removes what was hidden in removed documents, once their rows are gone for good."""

    def remove() -> None:
        for document_id in document_ids:
            vault.delete(_file(document_id))

    transaction.on_commit(remove)
