"""Datasets in the database: taking in the folder form, versions that do not change, and who may see which case."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from documents import access
from evaluation.datasets import folder
from evaluation.datasets.corpus import Corpus
from evaluation.models import Case, CaseSource, Dataset, DatasetVersion
from ragapp.accounts.models import User
from ragapp.audit import log

AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case on its way into a version. `documents` holds ids of documents by their names, where they are known.

    `words_of`: names of documents that are not right ones, but that words of the case come from.
    """

    case: folder.Case
    provenance: str = Case.Provenance.IMPORTED
    documents: Mapping[str, UUID] = field(default_factory=dict)
    words_of: Sequence[str] = ()
    approved_by_id: int | None = None


@transaction.atomic
def take_in(dataset: folder.Dataset, corpus: Corpus, *, by: User | None, name: str = "") -> DatasetVersion:
    """The version that holds exactly these cases, made if it is not there yet, in the dataset called `name`.

    The dataset is asked of `corpus` from now on. Raises DatasetError without cases.
    """
    if not dataset.cases:
        raise folder.DatasetError(_("There is no question in questions.jsonl."))
    row, _made = Dataset.objects.get_or_create(name=(name or dataset.name)[:200], defaults={"created_by": by})
    row.folders, row.askers = folders_of(corpus), askers_of(corpus)
    row.save(update_fields=["folders", "askers"])
    documents = known_documents(dataset.cases, corpus)
    cases = [NewCase(case=case, documents=documents) for case in dataset.cases]
    version = add_version(row, cases, by=by, readers=dataset.readers)
    _find_again(version, documents)
    return version


@transaction.atomic
def add_version(
    dataset: Dataset,
    cases: Sequence[NewCase],
    *,
    by: User | None,
    readers: Mapping[str, Sequence[str]] | None = None,
    note: str = "",
) -> DatasetVersion:
    """The next version with these cases in this order; the one that is there when nothing would change."""
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    readers = {name: list(people) for name, people in (readers or {}).items()}
    stamp = _stamp(cases, readers)
    if same := dataset.versions.filter(sha256=stamp).first():
        return same
    number = (dataset.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = DatasetVersion.objects.create(
        dataset=dataset, number=number, sha256=stamp, readers=readers, note=note[:500], created_by=by
    )
    _fill(version, cases)
    log.record("dataset_version_made", by=by, target=version, cases=len(cases))
    return version


def latest(dataset: Dataset) -> DatasetVersion | None:
    """The newest version; None before there is one."""
    return dataset.versions.order_by("-number").first()


def as_new(version: DatasetVersion) -> list[NewCase]:
    """The cases of a version, ready to go into the next one."""
    found = []
    for row in version.cases.prefetch_related("sources"):
        sources = list(row.sources.all())
        found.append(
            NewCase(
                case=as_case(row),
                provenance=row.provenance,
                documents={one.name: one.document_id for one in sources if one.document_id},
                words_of=[one.name for one in sources if one.grade is None],
                approved_by_id=row.approved_by_id,
            )
        )
    return found


def as_folder(version: DatasetVersion) -> tuple[folder.Dataset, list[Case]]:
    """A version in the form that is asked, and the rows of its cases in the same order."""
    rows = list(version.cases.prefetch_related("sources"))
    dataset = folder.Dataset(
        name=version.dataset.name,
        sha256=version.sha256,
        cases=tuple(as_case(row) for row in rows),
        documents=None,
        readers={name: tuple(people) for name, people in version.readers.items()},
    )
    return dataset, rows


def as_case(row: Case) -> folder.Case:
    """A row as the value that travels."""
    return folder.Case(
        id=row.key,
        question=row.question,
        answers=tuple(row.answers),
        relevant={source.name: source.grade for source in row.sources.all() if source.grade is not None},
        asker=row.asker,
        answerable=row.is_answerable,
        category=row.category,
        split=row.split,
        pair=row.pair,
        variant=row.variant,
        unwanted=tuple(row.unwanted),
    )


def cases_for(viewer: User, cases: QuerySet[Case]) -> QuerySet[Case]:
    """Those of `cases` all of whose sources `viewer` may read now; text follows its sources.

    A source that was not found is for the person who brought the version.
    """
    readable = access.readable_documents(viewer).values("pk")
    closed = CaseSource.objects.filter(case=OuterRef("pk")).exclude(document_id__in=readable)
    closed = closed.exclude(document_id__isnull=True, case__version__created_by=viewer)
    return cases.filter(~Exists(closed))


def listed() -> QuerySet[Dataset]:
    """All datasets, with how many versions each has."""
    return Dataset.objects.annotate(version_count=Count("versions", distinct=True)).order_by("name")


def corpus_of(folders: Mapping[str, str], askers: Mapping[str, str]) -> Corpus:
    """Where to ask and who, from what a dataset or a run stores. Raises DatasetError when somebody is gone."""
    people = {person.username: person for person in User.objects.filter(username__in=askers.values(), is_active=True)}
    if missing := sorted(set(askers.values()) - set(people)):
        raise folder.DatasetError(_("Nobody with the sign-in name %(name)s exists any more.") % {"name": missing[0]})
    return Corpus(
        folders={int(pk): below for pk, below in folders.items()},
        askers={name: people[username] for name, username in askers.items()},
    )


def folders_of(corpus: Corpus) -> dict[str, str]:
    """As JSON holds them."""
    return {str(pk): below for pk, below in corpus.folders.items()}


def askers_of(corpus: Corpus) -> dict[str, str]:
    """As JSON holds them."""
    return {name: person.username for name, person in corpus.askers.items()}


def known_documents(cases: Sequence[folder.Case], corpus: Corpus) -> dict[str, UUID]:
    """The documents that the cases name, as far as the askers may read them."""
    wanted = {name for case in cases for name in case.relevant}
    found: dict[str, UUID] = {}
    for person in {person.pk: person for person in corpus.askers.values()}.values():
        readable = access.readable_documents(person).filter(parent__isnull=True)
        if corpus.folders:
            readable = readable.filter(collection_id__in=list(corpus.folders))
        else:
            readable = readable.filter(path__in=list(wanted))
        for pk, collection_id, path in readable.values_list("pk", "collection_id", "path"):
            if (name := corpus.name_of(collection_id, path)) in wanted:
                found.setdefault(name, pk)
    return found


def _fill(version: DatasetVersion, cases: Sequence[NewCase]) -> None:
    rows = [
        Case(
            version=version,
            ordinal=ordinal,
            key=new.case.id[:120],
            question=new.case.question,
            answers=list(new.case.answers),
            asker=new.case.asker,
            is_answerable=new.case.answerable,
            category=new.case.category,
            split=new.case.split,
            provenance=new.provenance,
            pair=new.case.pair[:120],
            variant=new.case.variant[:60],
            unwanted=list(new.case.unwanted),
            approved_by_id=new.approved_by_id,
        )
        for ordinal, new in enumerate(cases)
    ]
    Case.objects.bulk_create(rows, batch_size=AT_ONCE)
    sources = []
    for row, new in zip(rows, cases, strict=True):
        grades: dict[str, float | None] = {**dict.fromkeys(new.words_of), **new.case.relevant}
        sources += [
            CaseSource(case=row, name=name[:1000], grade=grade, document_id=new.documents.get(name))
            for name, grade in grades.items()
        ]
    CaseSource.objects.bulk_create(sources, batch_size=AT_ONCE)


def _find_again(version: DatasetVersion, documents: Mapping[str, UUID]) -> None:
    """The documents may have been imported anew since the version was made."""
    rows = list(CaseSource.objects.filter(case__version=version).filter(Q(name__in=list(documents))))
    for row in rows:
        row.document_id = documents[row.name]
    CaseSource.objects.bulk_update(rows, ["document_id"], batch_size=AT_ONCE)


def _stamp(cases: Sequence[NewCase], readers: Mapping[str, Sequence[str]]) -> str:
    held: list[Any] = [[_told(new.case), str(new.provenance), sorted(new.words_of)] for new in cases]
    text = json.dumps([held, readers], sort_keys=True, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()


def _told(case: folder.Case) -> dict[str, Any]:
    """What a case says. Without unwanted sentences it is as before there were any, and so is the version's stamp."""
    told = asdict(case)
    if not case.unwanted:
        del told["unwanted"]
    return told
