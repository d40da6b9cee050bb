"""Sources as they are shown while an answer comes: number, title and place of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from chat.models import Citation
from documents import access, lineage
from documents.retrieval.types import Hit
from ragapp.accounts.models import User


def of_hits(places: Mapping[int, tuple[Hit, int | None]]) -> list[dict[str, Any]]:
    """Passages by their numbers, with the character that is quoted where that is known."""
    sheets = lineage.sheet_names(hit.extraction_id for hit, _ in places.values())
    books = {extraction_id for extraction_id, _ in sheets}
    # Without a quoted character the passage's last one tells whether it goes on on another sheet.
    ends = {marker: max(hit.start, hit.end - 1) if at is None else at for marker, (hit, at) in places.items()}
    pages = lineage.pages_at(
        (hit.extraction_id, ends[marker])
        for marker, (hit, at) in places.items()
        if at is not None or hit.extraction_id in books
    )
    told = []
    for marker, (hit, at) in sorted(places.items()):
        ends_on = pages.get((hit.extraction_id, ends[marker]), hit.page)
        page = hit.page if at is None else ends_on
        told.append(
            {
                "marker": marker,
                "title": hit.title,
                "page": page,
                "sheet": sheets.get((hit.extraction_id, page or 0), "") if page == ends_on else "",
                "filename": hit.path,
                "document_id": str(hit.document_id),
                "version_number": hit.version_number,
            }
        )
    return told


def of_citations(citations: Sequence[Citation], *, reader: User) -> list[dict[str, Any]]:
    """The citations of an answer that is given again, of documents that the reader may read."""
    wanted = {citation.document_id for citation in citations}
    paths = dict(access.readable_documents(reader).filter(pk__in=wanted).values_list("pk", "path"))
    sheets = lineage.sheet_names(citation.extraction_id for citation in citations)
    return [
        {
            "marker": citation.marker,
            "title": citation.title,
            "page": citation.page,
            "sheet": sheets.get((citation.extraction_id, citation.page or 0), ""),
            "filename": paths[citation.document_id],
            "document_id": str(citation.document_id),
            "version_number": citation.version_number,
        }
        for citation in sorted(citations, key=lambda each: each.marker)
        if citation.document_id in paths
    ]
