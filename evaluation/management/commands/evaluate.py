"""`manage.py evaluate DATASET --release NAME --json`: asks a dataset's questions of a release."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat import releases
from chat.models import Release
from evaluation import runner
from evaluation.datasets import corpus, folder
from evaluation.models import EvaluationRun


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
            run = runner.run(dataset, asked, release, folder=options["folder"], progress=self._progress)
        finally:
            if not options["keep"]:
                corpus.remove(asked)
        self._print(run, as_json=options["json"])

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
                "results": run.results,
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(f"{run.dataset} × {run.release}")
        for measure, figure in run.metrics.items():
            if isinstance(figure, dict):
                text = f"{figure['mean']:.3f}  [{figure['low']:.3f}, {figure['high']:.3f}]  n={figure['n']}"
            else:
                text = "not applicable" if figure is None else str(figure)
            self.stdout.write(f"  {measure:22} {text}")
