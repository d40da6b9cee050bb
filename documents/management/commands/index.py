"""manage.py index: list, build, switch and remove index versions, compare two, and advise on one."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents import indexes, tasks
from documents.indexes import comparing, labelled, removing, reports, sizes
from documents.ingestion import chunk, rebuild
from documents.models import Collection, IndexBuild, IndexReport, IndexVersion
from ragapp.accounts.models import User
from ragapp.llm.errors import EmbeddingModelError


class Command(BaseCommand):
    """Versions are named by their names. Only figures are printed, never text of documents."""

    help = "List, build, switch and remove index versions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="state, embedder, passages and size of each version")
        build = actions.add_parser("build", help="build a version beside the live one")
        build.add_argument("name", nargs="?", default="", help="default: v and the next number")
        build.add_argument("--model", default="", help="default: RAGAPP_EMBEDDING_MODEL")
        build.add_argument(
            "--endpoint", default="", help="an entry of RAGAPP_EMBEDDING_ENDPOINTS that serves the model"
        )
        build.add_argument("--dimensions", type=int, default=0, help="keep only the first so many")
        build.add_argument("--target", type=int, default=chunk.TARGET, help="word pieces of a passage")
        build.add_argument("--inline", action="store_true", help="do the work in this process, without a worker")
        for action, text in (
            ("switch", "answer questions from this version; the one before stays for the way back"),
            ("resume", "let a build that failed or was stopped go on"),
            ("cancel", "stop a build"),
            ("remove", "remove the rows of a version that is not live"),
        ):
            actions.add_parser(action, help=text).add_argument("name")
        compare = actions.add_parser("compare", help="ask two versions the same questions")
        compare.add_argument("name")
        compare.add_argument("against", nargs="?", default="", help="default: the live one")
        compare.add_argument("--questions", type=Path, help="folder of a dataset; default: what people asked last")
        compare.add_argument("--collection", default="", help="where the dataset's documents were imported")
        compare.add_argument("--json", action="store_true")
        actions.add_parser("advise", help="size and recall of the live version, and what to change")
        for one in actions.choices.values():
            one.add_argument("--as", dest="user", default="admin", metavar="USER", help="who is recorded; admin")
        actions.add_parser("collect", help="remove versions that were retired long ago")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except (indexes.CannotSwitch, removing.CannotRemove) as error:
            raise CommandError(str(error)) from error
        except EmbeddingModelError as error:
            raise CommandError(f"{error.message} {error.hint}") from error

    def _list(self, options: dict[str, Any]) -> None:
        for index in IndexVersion.objects.order_by("pk"):
            found = sizes.sizes_of(index)
            build = IndexBuild.objects.filter(index_version=index).first()
            progress = f", {build.done}/{build.total} ({build.state})" if build and not index.ready_at else ""
            self.stdout.write(
                f"{index.name:<12} {index.state.value:<10} {index.embedder.described}; "
                f"{found.chunks} passages, {found.total / 2**20:.0f} MB{progress}"
            )

    def _build(self, options: dict[str, Any]) -> None:
        name = options["name"] or indexes.next_name()
        if IndexVersion.objects.filter(name=name).exists():
            raise CommandError(f"There is an index called {name} already. Choose another name.")
        chosen = indexes.embedder_for(options["model"], options["endpoint"], options["dimensions"])
        chunker = {**chunk.CHUNKER, "target": options["target"]}
        made = indexes.create(indexes.Plan(name=name, chunker=chunker, embedder=chosen), by=_person(options))
        if not options["inline"]:
            tasks.build_index.delay_on_commit(made.pk)
            self.stdout.write(f"{name} is being built in the background; see manage.py index list.")
            return
        while rebuild.advance(made.pk):
            self._say_progress(made)
        self._say_progress(made)

    def _say_progress(self, index: IndexVersion) -> None:
        build = IndexBuild.objects.get(index_version=index)
        if build.state == IndexBuild.State.FAILED:
            raise CommandError(f"{build.failure} {build.hint}")
        self.stdout.write(f"{index.name}: {build.done} of {build.total} documents ({build.state})")

    def _switch(self, options: dict[str, Any]) -> None:
        index = rebuild.switch(_named(options).pk, by=_person(options))
        self.stdout.write(f"Questions are answered from {index.name} now.")

    def _resume(self, options: dict[str, Any]) -> None:
        index = _named(options)
        if not rebuild.resume(index.pk):
            raise CommandError(f"{index.name} has neither failed nor been stopped.")
        tasks.build_index.delay_on_commit(index.pk)

    def _cancel(self, options: dict[str, Any]) -> None:
        index = _named(options)
        if not rebuild.cancel(index.pk):
            raise CommandError(f"{index.name} is not being built.")

    def _remove(self, options: dict[str, Any]) -> None:
        index = removing.give_up(_named(options).pk, by=_person(options))
        self.stdout.write(f"{removing.sweep(index)} passages of {index.name} were removed.")

    def _compare(self, options: dict[str, Any]) -> None:
        candidate = _named(options)
        named = {"name": options["against"]} if options["against"] else {"is_live": True}
        baseline = IndexVersion.objects.filter(**named).first()
        if baseline is None:
            raise CommandError(f"There is no index called {options['against'] or 'live'}.")
        figures = comparing.compare(baseline, candidate, _cases(options))
        if options["json"]:
            self.stdout.write(json.dumps({"baseline": baseline.name, "candidate": candidate.name, **figures}))
            return
        report = IndexReport(figures=figures)
        self.stdout.write(
            f"{candidate.name} against {baseline.name}, {figures['questions']} questions: same documents in the first"
            f" ten {report.overlap or 'unknown'}; nDCG@10 {report.difference or 'not labelled'};"
            f" ms p50 {report.milliseconds}"
        )

    def _advise(self, options: dict[str, Any]) -> None:
        report = reports.advise_on_live(by=_person(options))
        if report is None:
            raise CommandError("There is no index yet; the first document makes one.")
        reports.make(report.pk)
        report.refresh_from_db()
        if report.failure:
            raise CommandError(report.failure)
        for one in report.figures["recall"]:
            self.stdout.write(f"recall@10 at {one['share']:.0%} readable: {one['recall']:.3f}")
        for sentence in report.figures["advice"]:
            self.stdout.write(sentence)

    def _collect(self, options: dict[str, Any]) -> None:
        removing.give_up_expired()
        for index in removing.unswept():
            self.stdout.write(f"{removing.sweep(index)} passages of {index.name} were removed.")


def _named(options: dict[str, Any]) -> IndexVersion:
    index = IndexVersion.objects.filter(name=options["name"]).first()
    if index is None:
        known = ", ".join(IndexVersion.objects.order_by("pk").values_list("name", flat=True))
        raise CommandError(f"There is no index called {options['name']}. There are: {known or 'none'}.")
    return index


def _cases(options: dict[str, Any]) -> list[comparing.Case]:
    if options["questions"] is None:
        cases = comparing.real_cases()
        if not cases:
            raise CommandError("Nobody has asked a question yet. Name a dataset with --questions and --collection.")
        return cases
    reader = _person(options)
    collection = Collection.objects.filter(name=options["collection"]).first()
    if reader is None or collection is None:
        raise CommandError("Name the collection with --collection, and somebody who may read it with --as.")
    folder: Path = options["questions"]
    grades = folder / "qrels.tsv"
    try:
        brought = labelled.read(
            (folder / "questions.jsonl").read_text("utf-8"), grades.read_text("utf-8") if grades.exists() else ""
        )
    except (OSError, UnicodeDecodeError, labelled.NotQuestions) as error:
        raise CommandError(f"{folder} is no dataset with labelled questions: {error}") from error
    return comparing.labelled_cases(brought, reader=reader, collection_id=collection.pk)


def _person(options: dict[str, Any]) -> User | None:
    return User.objects.filter(username=options["user"], is_active=True).first()
