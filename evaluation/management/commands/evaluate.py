"""`manage.py evaluate DATASET --release NAME --json`: asks a dataset's questions of a release."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat import releases
from chat.models import Release
from evaluation import gates, runs
from evaluation.datasets import corpus, folder, store
from evaluation.metrics.catalogue import METRICS
from evaluation.models import CaseResult, EvaluationRun, GateStage

# A measure that is printed as true or false.
FLAGS = frozenset({"gold_shown", "gold_in_first", "gold_in_first_3", "leak"})


class Command(BaseCommand):
    help = "Asks the questions of a dataset folder of a release and prints recall, nDCG, answers, refusals and leaks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", type=Path, help="folder with questions.jsonl and docs/")
        parser.add_argument("--release", default="", help="name of a release; default: the one in production")
        parser.add_argument("--folder", default="", help="only documents and questions below this folder, such as en/")
        parser.add_argument(
            "--existing", action="store_true", help="import nothing: ask what the named people may read"
        )
        parser.add_argument("--as", dest="asker", default="employee", help="who asks where a question names nobody")
        parser.add_argument(
            "--inline", action="store_true", help="import in this process instead of through the worker"
        )
        parser.add_argument("--keep", action="store_true", help="leave the imported documents there for the next run")
        parser.add_argument("--repeats", type=int, default=1, help="how often each question is asked; default: once")
        parser.add_argument(
            "--gate",
            choices=GateStage.values,
            help="end with status 2 unless the release passes the gates that this dataset has for this stage",
        )
        parser.add_argument("--json", action="store_true", help="print figures and results as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        release = self._release(options["release"])
        try:
            dataset = folder.load(options["dataset"])
            if options["existing"]:
                asked = corpus.existing(dataset, default_asker=options["asker"])
            else:
                asked = corpus.imported(dataset, folder=options["folder"], inline=options["inline"])
        except folder.DatasetError as error:
            raise CommandError(str(error)) from error
        try:
            run = self._run(dataset, asked, release, options)
            self._print(run, as_json=options["json"])
        except folder.DatasetError as error:
            raise CommandError(str(error)) from error
        finally:
            if not options["keep"]:
                corpus.remove(asked)
        if options["gate"]:
            self._gate(run, options["gate"])

    def _run(
        self, dataset: folder.Dataset, asked: corpus.Corpus, release: Release, options: dict[str, Any]
    ) -> EvaluationRun:
        version = store.take_in(dataset, asked, by=None)
        run = runs.start(version, release, by=None, corpus=asked, folder=options["folder"], repeats=options["repeats"])
        while runs.advance(run.pk, progress=self._progress):
            pass
        run.refresh_from_db()
        if run.state != run.State.DONE:
            raise CommandError(f"The run ended without figures: {run.failure or run.get_state_display()}")
        return run

    def _gate(self, run: EvaluationRun, stage: str) -> None:
        found = gates.verdict(run.release, stage)
        checks = [check for check in found.checks if check.gate.dataset_id == run.version.dataset_id]
        if not checks:
            raise CommandError(f"{run.version.dataset} has no gate for {stage}: nothing was checked.", returncode=2)
        if failed := [check.reason for check in checks if check.state is not gates.State.PASSED]:
            raise CommandError("\n".join(failed), returncode=2)
        self.stderr.write(f"{len(checks)} gates passed.")

    def _release(self, name: str) -> Release:
        if not name:
            return releases.production()
        found = Release.objects.filter(name=name).first()
        if found is None:
            known = ", ".join(Release.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no release {name!r}. Known releases: {known}.")
        return found

    def _progress(self, done: int, total: int) -> None:
        if self.stderr.isatty() or done % 100 == 0 or done == total:
            self.stderr.write(f"\r{done} of {total} asked", ending="" if done < total else "\n")

    def _print(self, run: EvaluationRun, *, as_json: bool) -> None:
        if as_json:
            answer = {
                "dataset": run.dataset,
                "release": run.release.name,
                "metrics": run.metrics,
                "results": [_printed(row) for row in run.results.select_related("case", "answer")],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(f"{run.dataset} × {run.release}")
        for measure in ("questions", "asked_without_right", *METRICS):
            if measure not in run.metrics:
                continue
            figure = run.metrics[measure]
            if isinstance(figure, dict):
                text = f"{figure['mean']:.3f}  [{figure['low']:.3f}, {figure['high']:.3f}]  n={figure['n']}"
            else:
                text = "not applicable" if figure is None else str(figure)
            self.stdout.write(f"  {measure:22} {text}")


def _printed(row: CaseResult) -> dict[str, Any]:
    """A result as it is printed; measures that do not apply are not there."""
    answer, measures = row.answer, dict(row.measures)
    return {
        "id": row.case.key,
        "as": row.asker,
        "category": row.case.category,
        "is_permitted": row.is_permitted,
        "answerable": row.case.is_answerable,
        "status": row.status,
        "answer": (answer.text or answer.failure) if answer else row.error,
        "ms": measures.pop("ms", None),
        "cost_usd": None if answer is None or answer.cost_usd is None else str(answer.cost_usd),
        "repeat": row.repeat,
        **row.facts,
        **{
            name: bool(value) if name in FLAGS else value
            for name, value in measures.items()
            if name not in ("cost_usd", "unanswerable_refused", "answerable_refused", "forbidden_refused")
        },
    }
