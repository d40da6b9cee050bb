"""A version whose reading failed, is held, or left pages without text, is read again because a person asks for it."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from documents import queue, tasks
from documents.ingestion.parsers import ocr
from documents.models import DocumentVersion, IngestionRun
from documents.uploads import UploadRefused, require_contributor
from ragapp.accounts.models import User
from ragapp.audit import log


@transaction.atomic
def retry(version: DocumentVersion, *, by: User) -> None:
    """Start a failed ingestion again, at the stage that failed, or look anew at what is held. Others go on as they are.

    Raises UploadRefused when `by` may not, or when another try would end the same way.
    """
    require_contributor(version.document, by)
    ended = (IngestionRun.State.FAILED, IngestionRun.State.HELD)
    run = IngestionRun.objects.select_for_update().filter(version=version, state__in=ended).first()
    if run is None:
        return
    if run.state == IngestionRun.State.FAILED and not queue.may_be_retried(run):
        raise UploadRefused(f"Another try would end the same way: {run.failure}", run.hint)
    IngestionRun.objects.filter(pk=run.pk).update(**queue.BACK_IN_THE_QUEUE)
    tasks.ingest.delay_on_commit(version.pk)


@transaction.atomic
def recognise(version: DocumentVersion, *, by: User, languages: str = "") -> None:
    """Read the pages of `version` that have no text by text recognition, however many; it answers as before meanwhile.

    `languages`: Tesseract's names, joined by "+"; those of the settings when empty. Raises UploadRefused when `by` may
    not, or Tesseract or a language is not installed.
    """
    require_contributor(version.document, by)
    if not ocr.available():
        raise UploadRefused(_("Text recognition is not installed."), _("Ask an administrator to install Tesseract."))
    chosen = languages or settings.OCR_LANGUAGES
    missing = sorted(set(chosen.split("+")) - set(ocr.languages()))
    if missing:
        raise UploadRefused(
            _("Text in %(name)s cannot be recognised here.") % {"name": ", ".join(missing)[:60]},
            _("Choose another language."),
        )
    run = IngestionRun.objects.select_for_update().filter(version=version).exclude(unread_pages=[]).first()
    if run is not None and run.state in (IngestionRun.State.READY, IngestionRun.State.FAILED):
        again = {**queue.BACK_IN_THE_QUEUE, "stage": IngestionRun.Stage.PARSE, "ocr_languages": chosen}
        IngestionRun.objects.filter(pk=run.pk).update(**again)
        log.record("document_recognised", by=by, target=version.document, version=version.number)
        tasks.ingest.delay_on_commit(version.pk)
