"""The index version that a question asks: looked up for each, read only when its row is another one."""

from __future__ import annotations

from django.db import connection

from documents.models import IndexVersion
from ragapp.lib import prepared

# Where a row stands and who wrote it: after every change of it another place, or another writer.
_WRITTEN = "SELECT id, xmin::text, ctid::text FROM documents_indexversion"
_LIVE, _BY_ID = f"{_WRITTEN} WHERE is_live", f"{_WRITTEN} WHERE id = %s::bigint"
# By database and id: how the row was written when it was read, and the row. Of this process.
_read: dict[tuple[str, int], tuple[tuple[str, str], IndexVersion]] = {}


def asked_index(index_version_id: int | None) -> IndexVersion | None:
    """The one with this id, or the live one for None. It is everybody's: callers change nothing in it."""
    rows = prepared.rows(_LIVE, []) if index_version_id is None else prepared.rows(_BY_ID, [index_version_id])
    if not rows:
        return None
    pk, *written = rows[0]
    key, state = (connection.alias, pk), (written[0], written[1])
    known = _read.get(key)
    if known is not None and known[0] == state:
        return known[1]
    index = IndexVersion.objects.filter(pk=pk).first()
    if index is not None:
        # Written once more meanwhile, it is only read again the next time.
        _read[key] = (state, index)
    return index
