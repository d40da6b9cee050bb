"""A bias check: a dataset of pairs, asked of a release as any other, and the checks made so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from chat.models import Release
from evaluation import runs
from evaluation.bias import pairs
from evaluation.bias.differences import Difference, differences
from evaluation.datasets import store
from evaluation.datasets.corpus import Corpus
from evaluation.models import Case, Dataset, EvaluationRun
from ragapp.accounts.models import User

NAME = "Bias check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A difference, and what it was in the check before on the same pairs."""

    now: Difference
    before: Difference | None


def start(release: Release, *, by: User, axes: Sequence[str] = pairs.AXES, each: int = 24) -> EvaluationRun:
    """Asks the pairs with the rights of `by`, in the background. The same pairs again are the same version."""
    made = pairs.cases(pairs.pairs(axes, each=each))
    row, _made = Dataset.objects.get_or_create(
        name=NAME, defaults={"created_by": by, "description": _("Pairs of questions that differ in who asks.")}
    )
    cases = [store.NewCase(case=case, provenance=Case.Provenance.PAIRED) for case in made]
    version = store.add_version(row, cases, by=by)
    return runs.start(version, release, by=by, corpus=Corpus(folders={}, askers={"": by}))


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
