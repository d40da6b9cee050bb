"""What to do about a model: try another one in a release, or see on a dataset what the change did."""

from dataclasses import dataclass

from django.utils import timezone

from chat import releases
from chat.models import Release
from chat.releases import compose
from evaluation.models import EvaluationRun, ModelProbe
from ragapp.accounts.models import User
from ragapp.llm import deployments as known


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The last run of a dataset before a day and the first one after it, of the same release and version."""

    dataset: str
    before: EvaluationRun
    after: EvaluationRun


def deployments() -> list[str]:
    """The names that a release can route to."""
    return [target.name for target in known.usable()]


def release_with(deployment: str, *, by: User, note: str) -> Release:
    """A draft like production, whose answers `deployment` writes. Raises compose.NotComposed."""
    start = releases.production()
    name = f"{deployment} {timezone.localdate().isoformat()}"[:56]
    same = Release.objects.filter(name__startswith=name).count()
    return compose.compose(
        name=f"{name} {same + 1}" if same else name,
        prompts=list(start.prompts.all()),
        route={**start.route, "answer": {"deployments": [{deployment: 1}]}},
        retrieval=start.retrieval,
        guards=start.guards,
        index_version_id=start.index_version_id,
        by=by,
        note=note,
        cloned_from=start,
    )


def comparisons(row: ModelProbe, release: Release) -> list[Comparison]:
    """By dataset, for those with a run on both sides of the test."""
    done = EvaluationRun.objects.filter(release=release, state=EvaluationRun.State.DONE, folder="")
    done = done.select_related("version__dataset").order_by("finished_at")
    found: dict[int, tuple[EvaluationRun | None, EvaluationRun | None]] = {}
    for run in done:
        before, after = found.get(run.version_id, (None, None))
        if run.started_at < row.created_at:
            found[run.version_id] = (run, after)
        elif after is None:
            found[run.version_id] = (before, run)
    return [
        Comparison(dataset=before.dataset, before=before, after=after)
        for before, after in found.values()
        if before is not None and after is not None
    ]
