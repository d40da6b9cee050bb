"""Runs as rows: made, worked on in slices by whoever holds the lease, paused, resumed, cancelled, summed up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from chat.models import Release
from documents import leases
from evaluation import judge, runner
from evaluation.bias import differences
from evaluation.datasets import store
from evaluation.datasets.corpus import Corpus
from evaluation.datasets.folder import DatasetError
from evaluation.metrics import figures
from evaluation.models import Case, CaseResult, DatasetVersion, EvaluationRun
from evaluation.runner import Ask
from ragapp.accounts.models import User
from ragapp.audit import log
from ragapp.llm import batching

logger = logging.getLogger(__name__)

State = EvaluationRun.State
# One answer may take a model as long as this; after a slice the next task of the queue has its turn.
LEASE = timedelta(minutes=10)
SLICE_S = 120.0
ATTEMPTS_MAX = 5
REPEATS_MAX = 10
# So many questions in a row that end without an answer end the run: something is broken, not one question.
ERRORS_IN_A_ROW = 10
GAVE_UP = gettext_noop(
    "This run stopped its worker five times at the same question. Resume it once the cause is mended."
)
BROKEN = gettext_noop(
    "Ten questions in a row could not be asked. What was measured is kept; resume it once the cause is mended."
)
NOTHING = gettext_noop("No question of this version is about documents below that folder.")
UNEXPECTED = gettext_noop(
    "Something went wrong. What was measured is kept; resume it. An administrator can see more in the log."
)
# How often a run that waits for batches looks whether they are back.
LOOK_EVERY = timedelta(minutes=1)
_WORK = "evaluation-run-"
Progress = Callable[[int, int], None]
Place = tuple[int, str, int]


@transaction.atomic
def start(
    version: DatasetVersion,
    release: Release,
    *,
    by: User | None,
    corpus: Corpus | None = None,
    folder: str = "",
    repeats: int = 1,
    is_judged: bool = False,
    is_nightly: bool = False,
) -> EvaluationRun:
    """A run that waits. It asks of `corpus`, or where the dataset is asked. Raises DatasetError when it cannot."""
    dataset = version.dataset
    folders = store.folders_of(corpus) if corpus else dataset.folders
    askers = store.askers_of(corpus) if corpus else dataset.askers
    store.corpus_of(folders, askers)
    repeats = min(max(1, repeats), REPEATS_MAX)
    total = repeats * sum(1 for _ in runner.asks(store.as_folder(version)[0], folder))
    if not total:
        raise DatasetError(gettext(NOTHING))
    run = EvaluationRun.objects.create(
        version=version,
        release=release,
        folder=folder,
        folders=folders,
        askers=askers,
        repeats=repeats,
        is_judged=is_judged,
        is_nightly=is_nightly,
        requested_by=by,
        total=total,
    )
    log.record("evaluation_started", by=by, target=run, questions=total, repeats=repeats)
    return run


def advance(run_id: int, *, slice_s: float = SLICE_S, progress: Progress | None = None, may_wait: bool = False) -> bool:
    """Ask for about `slice_s` seconds. True when it has to be hinted at again.

    `may_wait`: where the settings say so, models are asked through their provider's batches, for which the run waits.

    Safe to call at any time, by anyone, twice: a question that was answered is not asked again.
    """
    rows = EvaluationRun.objects.select_related("version__dataset", "release")
    run = leases.claim(rows.filter(pk=run_id), lease=LEASE, attempts_max=ATTEMPTS_MAX, failure="", finished_at=None)
    if run is None:
        return False
    work = _work(run) if may_wait else ""
    try:
        batching.fetch(_work(run))
        is_through = _ask(run, time.monotonic() + slice_s, progress, work)
        batching.require_all(_work(run))
        if not is_through:
            leases.let_go(run, state=State.QUEUED, attempts=0)
            return True
        summed = summary(run) | differences.figures(run)
        if run.is_judged:
            with batching.offline(work):
                summed["judge"] = judge.examine(run, judge.asker(run.release))
        if leases.let_go(run, state=State.DONE, attempts=0, metrics=summed, finished_at=timezone.now()):
            batching.end(_work(run))
    except batching.Postponed:
        batching.send(_work(run))
        _wait(run)
    except leases.LeaseLost:
        logger.info("evaluation_run.lost", extra={"run": run_id})
    except (DatasetError, _Broken) as error:
        _fail(run, str(error))
    except Exception:
        logger.exception("evaluation_run.failed", extra={"run": run_id})
        _fail(run, UNEXPECTED)
    return False


def due() -> list[int]:
    """The runs to hint at: those that wait, and those whose worker fell silent."""
    runs = EvaluationRun.objects.all()
    leases.silent(runs, attempts_min=ATTEMPTS_MAX).update(
        state=State.FAILED, failure=GAVE_UP, worker="", finished_at=timezone.now()
    )
    for run in runs.filter(state=State.CANCELLED, pk__in=map(_run_of, batching.works())):
        batching.end(_work(run))
    return list(leases.to_hint_at(runs, every=LEASE).order_by("pk").values_list("pk", flat=True))


def pause(run: EvaluationRun) -> bool:
    """Stop after the question that is being asked; False when it was not running."""
    return _stop(run, State.PAUSED, (State.QUEUED, State.RUNNING))


def cancel(run: EvaluationRun) -> bool:
    """End it without figures; what was measured is kept. False when it had ended."""
    return _stop(run, State.CANCELLED, (State.QUEUED, State.RUNNING, State.PAUSED), finished_at=timezone.now())


def resume(run: EvaluationRun) -> bool:
    """Let it go on where it stopped; False when it did not stop."""
    stopped = (State.PAUSED, State.CANCELLED, State.FAILED)
    return _stop(run, State.QUEUED, stopped, attempts=0, failure="", finished_at=None)


def summary(run: EvaluationRun) -> dict[str, Any]:
    """The figures over what was measured so far."""
    return figures.summarise(values(run.results.select_related("case")))


def values(results: QuerySet[CaseResult]) -> list[figures.Result]:
    """Rows as figures take them; a case that is in two versions under one key is the same case."""
    return [
        figures.Result(
            unit=(row.case.key, str(row.case.ordinal), row.asker),
            repeat=row.repeat,
            is_permitted=row.is_permitted,
            status=row.status,
            measures=row.measures,
            category=row.case.category,
        )
        for row in results
    ]


class _Broken(Exception):
    """Going on would only fail more."""


def _work(run: EvaluationRun) -> str:
    """What its batches are of."""
    return f"{_WORK}{run.pk}"


def _run_of(work: str) -> int:
    return int(work.removeprefix(_WORK))


def _wait(run: EvaluationRun) -> None:
    """Until the next look at its batches it is nobody's, and hinted at by nobody."""
    later = timezone.now() + LOOK_EVERY
    leases.ours(run).update(state=State.QUEUED, worker="", attempts=0, lease_until=later)


def _ask(run: EvaluationRun, until: float, progress: Progress | None, work: str) -> bool:
    """Ask what is left; False when time ran out first. What waits for a batch of `work` is passed by."""
    corpus = store.corpus_of(run.folders, run.askers)
    done: set[Place] = set(run.results.values_list("case_id", "asker", "repeat"))
    errors = 0
    for ask, case, repeat in _places(run):
        if (case.pk, ask.asker, repeat) in done:
            continue
        if time.monotonic() > until:
            return False
        started = time.monotonic()
        try:
            with batching.offline(work, nth=repeat):
                result = _result(run, ask, case, repeat, corpus)
        except batching.Postponed:
            leases.renew(run, lease=LEASE)
            continue
        with transaction.atomic():
            leases.hold(run)
            result.save()
            done.add((case.pk, ask.asker, repeat))
            leases.renew(
                run, lease=LEASE, attempts=0, done=len(done), work_s=F("work_s") + (time.monotonic() - started)
            )
        errors = errors + 1 if result.status == "error" else 0
        if errors >= ERRORS_IN_A_ROW:
            raise _Broken(BROKEN)
        if progress:
            progress(len(done), run.total)
    return True


def _places(run: EvaluationRun) -> Iterable[tuple[Ask, Case, int]]:
    dataset, rows = store.as_folder(run.version)
    by_case = {id(case): row for case, row in zip(dataset.cases, rows, strict=True)}
    for repeat in range(run.repeats):
        for ask in runner.asks(dataset, run.folder):
            yield ask, by_case[id(ask.case)], repeat


def _result(run: EvaluationRun, ask: Ask, case: Case, repeat: int, corpus: Corpus) -> CaseResult:
    row = CaseResult(run=run, case=case, asker=ask.asker, is_permitted=ask.is_permitted, repeat=repeat)
    try:
        measured = runner.measure(ask, corpus, run.release)
    except batching.Postponed:
        raise
    except Exception as error:  # one question must not end the others; it is counted, and is no score
        logger.exception("evaluation_run.question_failed", extra={"run": run.pk, "case": case.pk})
        row.status, row.error = "error", type(error).__name__
        return row
    if run.index_version_id is None and measured.index_version_id:
        run.index_version_id = measured.index_version_id
        leases.renew(run, lease=LEASE, index_version_id=measured.index_version_id)
    row.answer, row.status = measured.answer, measured.status
    row.measures, row.facts = dict(measured.measures), dict(measured.facts)
    if batching.current() is not None:
        # How long a batch took says nothing about how long people wait.
        row.measures = {name: value for name, value in measured.measures.items() if name != "ms"}
    try:
        if run.is_judged:
            judge.judge(row, judge.asker(run.release))
    except batching.Postponed:
        measured.answer.turn.conversation.delete()
        raise
    return row


def _stop(run: EvaluationRun, state: str, since: Iterable[str], **fields: object) -> bool:
    rows = EvaluationRun.objects.filter(pk=run.pk, state__in=list(since))
    return bool(rows.update(state=state, worker="", lease_until=None, **fields))


def _fail(run: EvaluationRun, message: str) -> None:
    leases.let_go(run, state=State.FAILED, failure=message[:500], finished_at=timezone.now())
