"""Documents as rows of a table: the version that matters now, how far it has come, and what can be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import F, Func, IntegerField, Prefetch, QuerySet
from django.db.models.fields.json import KeyTransform

from documents import queue
from documents.ingestion.parsers import ocr
from documents.ingestion.parsers.base import page_numbers
from documents.models import Document, DocumentVersion, Extraction, IngestionRun

STAGES = tuple(IngestionRun.Stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMark:
    """One piece of the stage bar; `face` is done, now, failed, held or todo."""

    label: str
    face: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a line of the table shows.

    `version` and its `run` are the newest, of which something may have to be done; once that is ready and an older one
    was restored, they are what answers.
    """

    document: Document
    version: DocumentVersion | None
    newest_number: int
    run: IngestionRun | None
    stages: tuple[StageMark, ...]
    stage_number: int
    seconds: float
    pages: int | None

    @property
    def is_working(self) -> bool:
        """Whether the row will change by itself."""
        return self.run is not None and self.run.state in (IngestionRun.State.QUEUED, IngestionRun.State.RUNNING)

    @property
    def is_failed(self) -> bool:
        """Whether somebody has to do something."""
        return self.run is not None and self.run.state == IngestionRun.State.FAILED

    @property
    def is_held(self) -> bool:
        """Whether a person has to look at it before it may answer."""
        return self.run is not None and self.run.state == IngestionRun.State.HELD

    @property
    def unread(self) -> str:
        """The pages that gave no text, as people write them; "" when there are none or it is being worked on."""
        pages = self.run.unread_pages if self.run is not None and not self.is_working else []
        return page_numbers(pages)

    @property
    def ocr_languages(self) -> tuple[str, ...]:
        """Tesseract's names of the languages that those pages can be recognised in; none where it is not installed."""
        usual = settings.OCR_LANGUAGES.split("+")
        return tuple(sorted(ocr.languages(), key=lambda name: (name not in usual, name)))

    @property
    def may_be_retried(self) -> bool:
        """Whether another try can end otherwise: a file that is locked or damaged stays so."""
        return self.run is not None and queue.may_be_retried(self.run)


def with_runs(documents: QuerySet[Document]) -> QuerySet[Document]:
    """`documents` with their versions and runs, the newest first."""
    versions = DocumentVersion.objects.select_related("run").order_by("-number")
    return documents.select_related("current_version", "parent").prefetch_related(Prefetch("versions", versions))


def rows_of(documents: Iterable[Document]) -> list[Row]:
    """Rows for documents that came through `with_runs`."""
    found = list(documents)
    shown = {document.pk: _version_shown(document) for document in found}
    counts = page_counts(version.pk for version in shown.values() if version is not None)
    return [_row(document, shown[document.pk], counts) for document in found]


def row_of(document_id: UUID) -> Row:
    """The row of one document."""
    return rows_of(with_runs(Document.objects.filter(pk=document_id)))[0]


def page_counts(version_ids: Iterable[int]) -> dict[int, int]:
    """How many pages each version has, counted where the layout lies."""
    pages = Func(KeyTransform("pages", "layout"), function="jsonb_array_length", output_field=IntegerField())
    counted = Extraction.objects.filter(version__in=list(version_ids), is_current=True)
    return dict(counted.annotate(pages=pages).values_list("version", F("pages")))


def _version_shown(document: Document) -> DocumentVersion | None:
    known = list(document.versions.all())
    newest = known[0] if known else None
    answering = next((each for each in known if each.pk == document.current_version_id), None)
    run = getattr(newest, "run", None)
    is_settled = run is not None and run.state == IngestionRun.State.READY
    return answering if is_settled and answering is not None else newest


def _row(document: Document, version: DocumentVersion | None, counts: dict[int, int]) -> Row:
    run = getattr(version, "run", None) if version is not None else None
    number = STAGES.index(IngestionRun.Stage(run.stage)) if run is not None else 0
    return Row(
        document=document,
        version=version,
        newest_number=max((each.number for each in document.versions.all()), default=0),
        run=run,
        stages=tuple(_marks(run, number)),
        stage_number=number + 1,
        seconds=sum(run.stage_ms.values()) / 1000 if run is not None else 0.0,
        pages=counts.get(version.pk) if version is not None else None,
    )


def _marks(run: IngestionRun | None, now: int) -> Iterable[StageMark]:
    for place, stage in enumerate(STAGES):
        if run is None or run.state == IngestionRun.State.QUEUED:
            face = "todo"
        elif run.state == IngestionRun.State.READY or place < now:
            face = "done"
        elif place > now:
            face = "todo"
        else:
            face = {IngestionRun.State.FAILED: "failed", IngestionRun.State.HELD: "held"}.get(
                IngestionRun.State(run.state), "now"
            )
        yield StageMark(label=str(stage.label), face=face)
