"""Adding people, giving and taking roles, disabling: each change with its audit event."""

from django.contrib.auth.models import Group
from django.db import transaction

from ragapp.accounts.models import Role, RoleAssignment, User
from ragapp.audit.log import record


@transaction.atomic
def add(username: str, password: str, *, name: str, email: str = "", by: User | None = None) -> User:
    """A new person who may sign in. Raises IntegrityError when the username is taken."""
    first_name, _, last_name = name.partition(" ")
    person = User.objects.create_user(username, email, password, first_name=first_name, last_name=last_name)
    record("user_added", by=by, target=person)
    return person


@transaction.atomic
def give_role(person: User, role: Role, *, by: User | None) -> None:
    """Nothing happens when the person has the role already."""
    _, is_new = RoleAssignment.objects.get_or_create(user=person, role=role, defaults={"given_by": by})
    person.__dict__.pop("_roles", None)
    if is_new:
        record("role_given", by=by, target=person, role=role.value)


@transaction.atomic
def join(person: User, group: Group, *, by: User | None) -> None:
    """Put the person into a group, which changes what they may read."""
    if not person.groups.filter(pk=group.pk).exists():
        person.groups.add(group)
        record("group_joined", by=by, target=person, group_id=group.pk, group=group.name)
