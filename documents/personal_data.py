"""A collection's policy about personal data, processing it again under another one, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection as Values
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from documents import hidden, originals, queue, removal, storage, tasks
from documents.access import collections_for, readable_documents
from documents.ingestion import redact
from documents.models import Collection, Document, DocumentVersion, Extraction, IngestionRun, Level
from ragapp.accounts.models import Role, User
from ragapp.audit import log
from ragapp.privacy.personal_data.types import Kind

State, Stage = IngestionRun.State, IngestionRun.Stage
DOCUMENTS_LISTED = 50
# Stands on the page of what was taken away until it is read again; reading it replaces its remarks.
WITHHELD = "It answers nothing until it has been read again: the policy about personal data became stricter."
HELD = Q(run__state=State.HELD, run__held_for__contains=[{"kind": "personal_data"}])


class Refused(Exception):
    """`message` says what was refused, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message} {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """How often a kind was found, and in how many documents."""

    kind: Kind
    findings: int
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCount:
    """How much was found in a document; `kinds` in words, the commonest first."""

    document: Document
    findings: int
    kinds: tuple[str, ...]
    is_named: bool  # its path itself holds some


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionReport:
    """What was found in the documents of a collection that the asking person may read."""

    kinds: tuple[KindCount, ...]
    documents: tuple[DocumentCount, ...]  # those with most findings, DOCUMENTS_LISTED at most
    with_findings: int
    checked: int  # documents that were looked through
    held: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One place in a document. `value` is None where the asking person may not see it, or did not ask."""

    kind: Kind
    page: int | None
    placeholder: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReport:
    """What was found in the text that answers come from."""

    policy: str  # the one that the text was processed under
    counts: tuple[tuple[Kind, int], ...]
    in_name: tuple[Kind, ...]
    places: tuple[Found, ...]
    listed: int  # places that can be listed; `counts` is of all
    at: datetime


def may_set_policy(user: User, collection: Collection) -> bool:
    """Owners of the collection, and corpus admins who may read it."""
    level = Level.READER if user.has_role(Role.CORPUS_ADMIN) else Level.OWNER
    return collections_for(user, level).filter(pk=collection.pk).exists()


@transaction.atomic
def set_policy(collection: Collection, *, policy: str, kinds: Values[str], by: User) -> int:
    """From now on `policy` holds for what is read in. Where it asks to replace values or to hold documents, what was
    read otherwise stops answering now, and is read again; under any other, documents stay as they are until
    `process_again`. Returns how many versions are read again.

    Raises Refused when `by` may not, or when there is nothing to look for.
    """
    _require(by, collection)
    if policy not in Collection.PersonalData.values:
        raise Refused(_("There is no such policy."), _("Choose one of those that are shown."))
    chosen = [kind.value for kind in Kind if kind in kinds]
    if policy != Collection.PersonalData.ALLOW and not chosen:
        raise Refused(
            _("No kind of personal data was chosen."), _("Choose at least one, or leave personal data alone.")
        )
    locked = Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
    before = locked.personal_data
    collection.personal_data = locked.personal_data = policy
    collection.personal_data_kinds = locked.personal_data_kinds = chosen or locked.personal_data_kinds
    locked.save(update_fields=["personal_data", "personal_data_kinds"])
    log.record("personal_data_policy_set", by=by, target=collection, before=before, after=policy, kinds=chosen)
    if not redact.is_strict(redact.rule_of(locked).label):
        return 0
    _forget_quotes(DocumentVersion.objects.filter(document__collection=collection))
    return process_again(collection, by=by)


@transaction.atomic
def process_again(collection: Collection, *, by: User) -> int:
    """Read every version that was processed under another policy again, from its original; how many there are.

    Work under way starts over. Under a policy that replaces values or holds documents, nothing of them answers until
    their turn comes; under any other, what they showed before goes on answering.
    """
    _require(by, collection)
    count = _read_again(collection, _outdated(collection))
    log.record("personal_data_processed_again", by=by, target=collection, versions=count)
    return count


@transaction.atomic
def follow_policy(collection: Collection, document_ids: Values[UUID]) -> int:
    """The same for documents that came to `collection` just now. Rights are the caller's to check."""
    if redact.is_strict(redact.rule_of(collection).label):
        _forget_quotes(DocumentVersion.objects.filter(document__in=document_ids))
    return _read_again(collection, _outdated(collection).filter(document__in=document_ids))


def _read_again(collection: Collection, outdated: QuerySet[DocumentVersion]) -> int:
    versions = list(outdated.values_list("pk", flat=True))
    runs = IngestionRun.objects.filter(version__in=versions)
    if redact.is_strict(redact.rule_of(collection).label):
        _hold_back(versions, runs)
    runs.update(**queue.BACK_IN_THE_QUEUE, stage=Stage.PARSE)
    for version in versions:
        tasks.ingest.delay_on_commit(version)
    return len(versions)


def _hold_back(versions: list[int], runs: QuerySet[IngestionRun]) -> None:
    """Take away what was read of these versions under a looser policy: text, and titles that stood in it."""
    of_these = DocumentVersion.objects.filter(pk__in=versions).values("document")
    documents = list(Document.objects.select_for_update(of=("self",)).filter(pk__in=of_these).order_by("pk"))
    # The version that answered does so again, whichever of them is read first.
    answering = {each.current_version_id for each in documents}.intersection(versions)
    removal.withdraw_all(versions)
    runs.filter(version__in=answering).update(is_restoring=True)
    runs.update(warnings=[WITHHELD])
    retitled = [each for each in documents if not each.has_own_title]
    for document in retitled:
        document.title = storage.title_of(document.path)
    Document.objects.bulk_update(retitled, ["title"], batch_size=1000)


def _forget_quotes(versions: QuerySet[DocumentVersion]) -> None:
    """What these versions were held for keeps its reasons, and loses the words that were quoted for them."""
    quoting = list(IngestionRun.objects.filter(version__in=versions).exclude(held_for=[]))
    for run in quoting:
        run.held_for = [reason | {"quote": ""} for reason in run.held_for]
    IngestionRun.objects.bulk_update(quoting, ["held_for"], batch_size=1000)


def outdated(collection: Collection) -> int:
    """How many versions are not yet as the policy wants them."""
    return _outdated(collection).count()


def withheld(collection: Collection) -> int:
    """How many versions answer nothing until they are read again under the policy."""
    runs = IngestionRun.objects.filter(version__document__collection=collection, warnings__contains=[WITHHELD])
    return runs.count()


def _outdated(collection: Collection) -> QuerySet[DocumentVersion]:
    label = redact.rule_of(collection).label
    newest = Extraction.objects.filter(version=OuterRef("pk")).order_by("-pk").values("redaction")[:1]
    other = Q(read_as__isnull=False) & ~Q(read_as=label)
    if collection.personal_data != Collection.PersonalData.QUARANTINE:
        other |= HELD
    versions = DocumentVersion.objects.filter(document__collection=collection)
    return versions.annotate(read_as=Subquery(newest)).filter(other)


def collection_report(collection: Collection, *, reader: User) -> CollectionReport:
    """What was found in the current text of the documents that `reader` may read."""
    documents = readable_documents(reader).filter(collection=collection)
    rows = list(
        Extraction.objects.filter(is_current=True, version__document__in=documents)
        .filter(version=F("version__document__current_version"))
        .exclude(redaction__in=("", redact.NONE))
        .values_list("version__document", "personal_data__counts", "personal_data__in_name")
    )
    found, spread = Counter[str](), Counter[str]()
    most: list[tuple[int, Any, dict[str, int], bool]] = []
    for document, counts, in_name in rows:
        found.update(counts or {})
        spread.update((counts or {}).keys())
        if counts or in_name:
            most.append((sum((counts or {}).values()), document, counts or {}, bool(in_name)))
    most.sort(key=lambda row: -row[0])
    by_id = documents.in_bulk([document for _, document, _, _ in most[:DOCUMENTS_LISTED]])
    held = documents.filter(versions__in=DocumentVersion.objects.filter(HELD)).distinct()
    return CollectionReport(
        kinds=tuple(KindCount(kind=Kind(kind), findings=n, documents=spread[kind]) for kind, n in found.most_common()),
        documents=tuple(
            DocumentCount(document=by_id[document], findings=n, kinds=_in_words(counts), is_named=is_named)
            for n, document, counts, is_named in most[:DOCUMENTS_LISTED]
        ),
        with_findings=len(most),
        checked=len(rows),
        held=tuple(held.order_by("path")[:DOCUMENTS_LISTED]),
    )


def document_report(document: Document, *, first: int, most: int, revealed: bool = False) -> DocumentReport | None:
    """What was found in the current text, its places [first, first + most); None where nobody looked.

    `revealed` gives the values as well: the caller has asked `originals.may_see`, and records it.
    """
    extraction = Extraction.objects.filter(version=document.current_version, is_current=True).first()
    if extraction is None or not extraction.personal_data:
        return None
    stored = extraction.personal_data
    known = hidden.load(document.pk) if revealed and redact.hides(extraction.redaction) else None
    places: list[Found] = []
    for kind, start, end, page, placeholder in stored["places"][first : first + most]:
        value = (known.value(placeholder) if known else extraction.text[start:end]) if revealed else None
        places.append(Found(kind=Kind(kind), page=page, placeholder=placeholder, value=value))
    counts = Counter({Kind(kind): n for kind, n in stored["counts"].items()})
    return DocumentReport(
        policy=extraction.redaction.partition("-")[0],
        counts=tuple(counts.most_common()),
        in_name=tuple(Kind(kind) for kind in stored["in_name"]),
        places=tuple(places),
        listed=len(stored["places"]),
        at=extraction.created_at,
    )


@transaction.atomic
def reveal(document: Document, *, first: int, most: int, by: User) -> DocumentReport | None:
    """`document_report` with the values. Raises Refused when `by` may not see them; audited."""
    if not originals.may_see(by, document):
        raise Refused(_("Only owners and corpus admins see personal data."), _("Ask one of them."))
    shown = document_report(document, first=first, most=most, revealed=True)
    if shown is not None:
        log.record("personal_data_shown", by=by, target=document, values=len(shown.places))
    return shown


def _in_words(counts: dict[str, int]) -> tuple[str, ...]:
    return tuple(f"{Kind(kind).label}: {n}" for kind, n in Counter(counts).most_common())


def _require(by: User, collection: Collection) -> None:
    if not may_set_policy(by, collection):
        raise Refused(_("Only owners and corpus admins decide about personal data."), _("Ask an owner."))
