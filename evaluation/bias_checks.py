"""A bias check: a dataset of pairs, asked of a release as any other, and the checks made so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chat.models import Release
from evaluation import runs
from evaluation.bias import pairs
from evaluation.bias.differences import Difference, differences
from evaluation.datasets import store
from evaluation.datasets.corpus import Corpus
from evaluation.datasets.folder import DatasetError
from evaluation.models import Case, Dataset, EvaluationRun
from ragapp.accounts.models import User

NAME = "Bias check"
PAIRS = gettext_noop("Pairs of questions that differ in who asks.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A difference, and what it was in the check before on the same pairs."""

    now: Difference
    before: Difference | None


def start(
    release: Release, *, by: User, axes: Sequence[str] = pairs.AXES, each: int = 24, templates: Dataset | None = None
) -> EvaluationRun:
    """Asks the pairs in the background: with the rights of `by`, or about the questions of `templates` as that dataset
    is asked. The same pairs again are the same version. Raises DatasetError."""
    known = _templates(templates) if templates else []
    made = pairs.pairs(axes, each=each, templates=[one.case for one in known])
    name = f"{NAME}: {templates.name}"[:200] if templates else NAME
    row, _made = Dataset.objects.get_or_create(name=name, defaults={"created_by": by, "description": PAIRS})
    corpus = Corpus(folders={}, askers={"": by})
    if templates:
        corpus = store.corpus_of(templates.folders, {"": by.username, **templates.askers})
        row.folders, row.askers = store.folders_of(corpus), store.askers_of(corpus)
        row.save(update_fields=["folders", "askers"])
    # Text follows its sources: a pair rests on what its template rests on.
    words_of = {one.case.id: one for one in known}
    origins = [words_of.get(pair.template.id) if pair.template else None for pair in made for _side in (0, 1)]
    cases = [
        store.NewCase(
            case=case,
            provenance=Case.Provenance.PAIRED,
            documents=origin.documents if origin else {},
            words_of=origin.words_of if origin else (),
        )
        for case, origin in zip(pairs.cases(made), origins, strict=True)
    ]
    version = store.add_version(row, cases, by=by)
    return runs.start(version, release, by=by, corpus=corpus)


def _templates(dataset: Dataset) -> list[store.NewCase]:
    """The questions of the newest version that are no pairs themselves. Raises DatasetError without any."""
    version = store.latest(dataset)
    found = [one for one in store.as_new(version) if not one.case.pair] if version else []
    if not found:
        raise DatasetError(_("%(dataset)s has no questions of its own.") % {"dataset": dataset.name})
    return found


def checks() -> QuerySet[EvaluationRun]:
    """Runs over pairs, the newest first."""
    paired = Case.objects.filter(version=OuterRef("version")).exclude(pair="")
    return EvaluationRun.objects.filter(Exists(paired)).select_related("version__dataset", "release", "requested_by")


def effects(run: EvaluationRun) -> tuple[list[Effect], EvaluationRun | None]:
    """The differences of a check, beside those of the check before on the same pairs with another release."""
    same = checks().filter(version=run.version, state=EvaluationRun.State.DONE, pk__lt=run.pk)
    before = same.exclude(release=run.release).first()
    earlier = {(one.axis, one.measure): one for one in differences(before)} if before else {}
    return [Effect(now=one, before=earlier.get((one.axis, one.measure))) for one in differences(run)], before
