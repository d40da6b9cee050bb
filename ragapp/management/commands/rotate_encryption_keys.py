"""manage.py rotate_encryption_keys: wrap the key of every stored file with the newest encryption key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ragapp.privacy import vault


class Command(BaseCommand):
    help = (
        "After a new key was put in front of RAGAPP_ENCRYPTION_KEYS: wrap every file's own key with it. "
        "When it ends well, the old keys are no longer needed. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done, unreadable = 0, []
        for key in vault.stored():
            try:
                vault.rewrap(key)
                done += 1
            except vault.Unreadable as error:
                unreadable.append(f"{key}: {error}")
        self.stdout.write(f"{done} files are wrapped with the newest key.")
        if unreadable:
            raise CommandError("Keep the old keys; these files were left as they are:\n" + "\n".join(unreadable))
