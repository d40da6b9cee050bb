"""`manage.py import_dataset PATH`: takes a dataset folder into the database, as a version of its own."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evaluation.datasets import corpus, folder, store
from ragapp.accounts.models import User


class Command(BaseCommand):
    help = "Takes the questions of a dataset folder into the database, and its documents into collections of their own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", type=Path, help="folder with questions.jsonl and docs/")
        parser.add_argument("--name", default="", help="name of the dataset; default: that of the folder")
        parser.add_argument(
            "--existing", action="store_true", help="import no documents: ask what the named people may read"
        )
        parser.add_argument("--as", dest="asker", default="employee", help="who asks where a question names nobody")
        parser.add_argument("--by", default="", help="who owns its documents, and so sees its questions and answers")
        parser.add_argument(
            "--inline", action="store_true", help="import documents in this process instead of through the worker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first() if options["by"] else None
        if options["by"] and by is None:
            raise CommandError(f"Nobody with the sign-in name {options['by']!r} exists.")
        try:
            dataset = folder.load(options["dataset"])
            if options["existing"]:
                asked = corpus.existing(dataset, default_asker=options["asker"])
            else:
                asked = corpus.imported(dataset, inline=options["inline"], owner=by)
            version = store.take_in(dataset, asked, by=by, name=options["name"])
        except folder.DatasetError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version}: {version.cases.count()} questions")
