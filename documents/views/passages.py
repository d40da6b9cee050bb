"""The passages of a document as an index version cut them, each marked on its page and in the text."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from documents.models import Chunk, DocumentVersion, IndexVersion, Level
from documents.views.reading import page_to_read, shown_type
from documents.views.requests import chosen_version, document_at, kept, signed_in

# In the list beside the passage: this many before and after it.
NEIGHBOURS = 6


@login_required
@require_safe
def browse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One passage at a time: its page and the text beside it, both marked, and the settings that cut it."""
    found = document_at(request, pk, Level.READER)
    version = chosen_version(request, found)
    held = IndexVersion.objects.filter(chunks__version=version).distinct().order_by("-is_live", "-pk")
    indexes = list(held)
    index = next((each for each in indexes if str(each.pk) == request.GET.get("index")), next(iter(indexes), None))
    passages = passages_of(version, index)
    passage = chosen_passage(request, passages) or passages.first()
    context: dict[str, Any] = {
        "document": found,
        "version": version,
        "index": index,
        "indexes": indexes,
        "count": passages.count(),
        "passage": passage,
        "keep": kept(request, "version", "index"),
    }
    if passage is not None and version is not None:
        context |= page_to_read(
            passage.extraction,
            media_type=shown_type(version, signed_in(request)),
            wanted=None,
            mark=(passage.start, passage.end),
        )
        near = passages.filter(ordinal__gte=passage.ordinal - NEIGHBOURS, ordinal__lte=passage.ordinal + NEIGHBOURS)
        context |= {
            "near": near,
            "before": passages.filter(ordinal__lt=passage.ordinal).last(),
            "after": passages.filter(ordinal__gt=passage.ordinal).first(),
        }
    return render(request, "documents/passages.html", context)


def passages_of(version: DocumentVersion | None, index: IndexVersion | None = None) -> QuerySet[Chunk]:
    """The passages of a version in reading order: those of `index`, else of the live one."""
    chunks = Chunk.objects.filter(index_version=index) if index else Chunk.objects.filter(index_version__is_live=True)
    return chunks.filter(version=version).order_by("ordinal")


def chosen_passage(request: HttpRequest, passages: QuerySet[Chunk]) -> Chunk | None:
    """The passage that `?passage=` asks for, counted from 1."""
    wanted = request.GET.get("passage", "")
    if not wanted.isdecimal() or len(wanted) > 8:
        return None
    return passages.select_related("extraction").filter(ordinal=int(wanted) - 1).first()
