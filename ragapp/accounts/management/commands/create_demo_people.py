"""manage.py create_demo_people: the people of the embedded demo, with their roles and groups."""

import json
import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from ragapp.accounts import people
from ragapp.accounts.models import Role, User

STAFF, HUMAN_RESOURCES = "All staff", "Human resources"
# Username, name, role, groups beside that of all staff.
PEOPLE: tuple[tuple[str, str, Role | None, tuple[str, ...]], ...] = (
    ("employee", "Emma Byrne", None, ()),
    ("hr", "Marta Lindqvist", None, (HUMAN_RESOURCES,)),
    ("corpus-admin", "Ruairi Walsh", Role.CORPUS_ADMIN, ()),
    ("reviewer", "Tobias Krämer", Role.REVIEWER, ()),
    ("auditor", "Eilís Moran", Role.AUDITOR, ()),
    ("admin", "Declan Hurley", Role.ADMIN, ()),
)


class Command(BaseCommand):
    help = "Create the demo people of an embedded installation and print {username: password} of the new ones."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError(
                "Demo people are made only in the embedded database of bin/up. "
                "Here, make the first admin with `manage.py createsuperuser`."
            )
        passwords = {}
        for username, name, role, groups in PEOPLE:
            person = User.objects.filter(username=username).first()
            if person is None:
                passwords[username] = os.environ.get("RAGAPP_DEMO_PASSWORD") or secrets.token_urlsafe(9)
                person = people.add(username, passwords[username], name=name, email=f"{username}@tarnfield.example")
                if role:
                    people.give_role(person, role, by=None)
                for group in (STAFF, *groups):
                    people.join(person, Group.objects.get_or_create(name=group)[0], by=None)
        self.stdout.write(json.dumps(passwords))
