"""What beat does for evaluation: each task makes one call and may run twice."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from evaluation import alerts, canaries, escalating, judged_sample, nightly, retiring, runs, shadowing
from evaluation.drift import looking
from evaluation.probing import asking
from evaluation.reviews import upkeep
from evaluation.rollups import making
from ragapp.queues import evaluate_task, quick_task


@quick_task
def mail_alerts() -> None:
    """Mails what waits."""
    alerts.send_mail_due(timezone.now())


@quick_task
def pick_for_review() -> None:
    """Put into the reviewers' queue what the rules take, and say where the answers went wrong."""
    upkeep.keep_up(timezone.now())


@quick_task
def keep_escalations() -> None:
    """Pass on what rules say, remind who is to reply, and tell askers of replies."""
    escalating.keep_up(timezone.now())


@quick_task
def make_totals() -> None:
    """Totals of hours and days, up to now."""
    making.keep_up(timezone.now())


@evaluate_task
def run_evaluation(run_id: int) -> None:
    """Ask the questions of a run for a while."""
    if runs.advance(run_id, may_wait=True):
        run_evaluation.delay_on_commit(run_id)
    else:
        nightly.look_at(run_id)


@quick_task
def run_nightly() -> None:
    """Once a night: ask the datasets that are marked for it."""
    for run_id in nightly.start_all():
        run_evaluation.delay_on_commit(run_id)


@quick_task
def keep_runs() -> None:
    """Hint at runs that wait or whose worker fell silent."""
    for run_id in runs.due():
        run_evaluation.delay_on_commit(run_id)


@quick_task
def tend_canary() -> None:
    """Brakes, and the next share."""
    canaries.tend(timezone.now())


@evaluate_task
def look_for_drift() -> None:
    """The week that ended yesterday against the four before it."""
    looking.look(timezone.localdate() - timedelta(days=1))


@quick_task
def pick_for_shadow() -> None:
    """Questions that the release in the shadow answers, too."""
    for pk in shadowing.pick(timezone.now()):
        answer_in_shadow.delay_on_commit(pk)


@evaluate_task
def answer_in_shadow(pk: int) -> None:
    """One of them."""
    shadowing.answer(pk)


@evaluate_task
def judge_sample() -> None:
    """Some of yesterday's answers."""
    if settings.JUDGE_SAMPLE and judged_sample.judge_some(
        timezone.localdate() - timedelta(days=1), settings.JUDGE_SAMPLE
    ):
        judge_sample.delay_on_commit()


@quick_task
def start_probes() -> None:
    """Once a day: the test questions for each model that answers people."""
    for pk in asking.start_all(timezone.localdate()):
        probe_model.delay_on_commit(pk)


@quick_task
def keep_probes() -> None:
    """Hint at models whose test waits or whose worker fell silent."""
    for pk in asking.due():
        probe_model.delay_on_commit(pk)


@evaluate_task
def probe_model(pk: int) -> None:
    """Ask one model for a while."""
    if asking.advance(pk):
        probe_model.delay_on_commit(pk)


@quick_task
def watch_models() -> None:
    """Tell in time of models that their providers take away."""
    retiring.tell(timezone.now())
