"""Every night the datasets that are marked for it are asked of the release in production; what got worse is told."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from chat import releases
from evaluation import alerts, compare, runs
from evaluation.datasets import store
from evaluation.datasets.folder import DatasetError
from evaluation.models import Dataset, EvaluationRun
from ragapp.lib.stats import holm

KIND = "evaluation_regression"
WATCHED = (
    "gold_shown",
    "unwanted_shown",
    "ndcg@10",
    "groundedness",
    "citation_precision",
    "refusal_recall",
    "answerable_refused",
    "judge_correct",
)


def start_all() -> list[int]:
    """A run for each dataset that is asked every night and not being asked already. What cannot be asked is told."""
    started = []
    for dataset in Dataset.objects.filter(is_nightly=True):
        version = store.latest(dataset)
        open_states = (EvaluationRun.State.QUEUED, EvaluationRun.State.RUNNING)
        if version is None or version.runs.filter(is_nightly=True, state__in=open_states).exists():
            continue
        try:
            started.append(runs.start(version, releases.production(), by=None, is_nightly=True).pk)
        except DatasetError as error:
            alerts.raise_alert(KIND, dataset.name, str(error), link=_page(dataset))
    return started


@transaction.atomic
def look_at(run_id: int) -> list[compare.Difference]:
    """What is worse in a nightly run than in the one before on the same version; raises an alert for it.

    McNemar's test or turning signs, corrected for the metrics looked at (Holm). Safe to call twice: an alert that is
    open is not raised again.
    """
    run = EvaluationRun.objects.filter(pk=run_id, is_nightly=True, state=EvaluationRun.State.DONE).first()
    earlier = EvaluationRun.objects.filter(is_nightly=True, state=EvaluationRun.State.DONE, pk__lt=run_id)
    before = earlier.filter(version=run.version_id).first() if run else None
    if run is None or before is None:
        return []
    found = [compare.compare(before, run, name) for name in WATCHED]
    measured = [(one.metric, one.overall) for one in found if one.overall is not None]
    ps = holm([overall.p for _metric, overall in measured])
    worse = [
        (metric, overall)
        for (metric, overall), p in zip(measured, ps, strict=True)
        if p < compare.ALPHA and overall.is_worse
    ]
    if worse:
        metric, overall = worse[0]

        def text() -> str:
            said = _(
                "“%(metric)s” of %(dataset)s: %(before)s the night before, %(after)s now, which is worse (p %(p)s)."
            )
            return said % {
                "metric": metric.title,
                "dataset": run.version.dataset,
                "before": metric.written(overall.before),
                "after": metric.written(overall.after),
                "p": f"{overall.p:.4f}",
            }

        link = f"{reverse('evaluation:run_compare', args=[before.pk, run.pk])}?metric={metric.name}"
        alerts.raise_alert(KIND, run.version.dataset.name, text, link=link)
    return [overall for _metric, overall in worse]


def _page(dataset: Dataset) -> str:
    return reverse("evaluation:dataset", args=[dataset.pk])
