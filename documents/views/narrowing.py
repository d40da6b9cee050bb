"""The rows of a collection narrowed by name, state, folder and tag, and the folders and tags there are."""

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Substr

from documents.models import Document, DocumentVersion, IngestionRun

State = IngestionRun.State
WORKING = (State.QUEUED, State.RUNNING)
STATES = {"ready": (State.READY,), "working": WORKING, "failed": (State.FAILED,), "held": (State.HELD,)}
TAGS_SHOWN = 30
FOLDERS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of a collection: its name, the path from the top, and how many documents lie in and below it."""

    name: str
    path: str
    documents: int = 0


def newest_state() -> Subquery:
    """The state of the newest version of a document."""
    newest = DocumentVersion.objects.filter(document=OuterRef("pk")).order_by("-number")
    return Subquery(newest.values("run__state")[:1])


def narrow(documents: QuerySet[Document], wanted: dict[str, Any]) -> QuerySet[Document]:
    """`documents` that fit the filter of the page."""
    if words := wanted.get("q"):
        documents = documents.filter(Q(title__icontains=words) | Q(path__icontains=words))
    if folder := (wanted.get("folder") or "").strip("/"):
        documents = documents.filter(path__startswith=f"{folder}/")
    if tag := wanted.get("tag"):
        documents = documents.filter(tags__contains=[tag])
    states = STATES.get(wanted.get("state") or "")
    return documents.annotate(newest_state=newest_state()).filter(newest_state__in=states) if states else documents


def folders_in(documents: QuerySet[Document], folder: str) -> list[Folder]:
    """The folders directly below `folder` ("" is the top), by name. E-mails with attachments are no folders."""
    prefix = f"{folder}/" if folder else ""
    rest = Substr("path", len(prefix) + 1)
    rows = (
        documents.filter(parent__isnull=True, path__startswith=prefix)
        .order_by()
        .annotate(rest=rest)
        .filter(rest__contains="/")
        .annotate(head=Func(F("rest"), Value("/"), Value(1), function="split_part", output_field=CharField()))
        .values("head")
        .annotate(n=Count("pk"))
        .order_by("head")[:FOLDERS_SHOWN]
    )
    return [Folder(name=row["head"], path=f"{prefix}{row['head']}", documents=row["n"]) for row in rows]


def crumbs_of(folder: str) -> list[Folder]:
    """The folders above and including `folder`, from the top."""
    parts = [part for part in folder.split("/") if part]
    return [Folder(name=part, path="/".join(parts[: at + 1])) for at, part in enumerate(parts)]


def tags_in(documents: QuerySet[Document]) -> list[str]:
    """The commonest tags of these documents, by name."""
    rows = (
        documents.order_by()
        .annotate(tag=Func("tags", function="unnest", output_field=CharField()))
        .values("tag")
        .annotate(n=Count("pk"))
        .order_by("-n", "tag")[:TAGS_SHOWN]
    )
    return sorted(row["tag"] for row in rows)
