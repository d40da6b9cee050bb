"""manage.py seed_demo: the sample company's documents, in two collections that different people may read."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from documents import access, uploads
from documents.models import Collection, Level
from ragapp.accounts.models import User

CORPUS = Path(__file__).resolve().parents[2] / "samples" / "corpus"
# Folder, collection, description, the group that reads it, the person who owns it.
SAMPLES = (
    ("company", "Company handbook", "Handbook, policies and products", "All staff", "corpus-admin"),
    ("hr", "Human resources", "Salary bands and plans, for the people team", "Human resources", "hr"),
)  # fmt: skip


class Command(BaseCommand):
    help = "Read the sample documents into the embedded database. Safe to run again: what is there stays."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("Sample documents are read only into the embedded database of bin/up.")
        for folder, name, description, group, owner in SAMPLES:
            self._share(name, description, group_name=group, owner_name=owner)
            self.stdout.write(f"{name}:")
            call_command(
                "import_corpus", str(CORPUS / folder), collection=name, user=owner, wait=True, stdout=self.stdout
            )

    def _share(self, name: str, description: str, *, group_name: str, owner_name: str) -> None:
        if Collection.objects.filter(name=name).exists():
            return
        try:
            owner = User.objects.get(username=owner_name)
            group = Group.objects.get(name=group_name)
        except (User.DoesNotExist, Group.DoesNotExist) as error:
            raise CommandError("The demo people are missing. Run manage.py create_demo_people first.") from error
        collection = uploads.create_collection(name, description, by=owner)
        access.share(collection.access_list, group=group, level=Level.READER, by=owner)
