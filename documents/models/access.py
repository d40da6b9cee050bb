"""Who may read, add and own: the lists that stand above collections and documents."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention


class Level(models.IntegerChoices):
    """Each level includes those before it."""

    READER = 1, _("Can read")
    CONTRIBUTOR = 2, _("Can add and replace")
    OWNER = 3, _("Can share and delete")


class AccessList(models.Model):
    """The people and groups that have a level here. Readable = listed in every list above the document."""

    class Retention(retention.Policy):
        keep = frozenset({"id"})

    def __str__(self) -> str:
        return f"Access list {self.pk}"


class AccessEntry(models.Model):
    """One person or one group on a list."""

    access_list = models.ForeignKey(AccessList, on_delete=models.CASCADE, related_name="entries")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    level = models.PositiveSmallIntegerField(choices=Level)

    class Retention(retention.Policy):
        keep = frozenset({"id", "access_list", "group", "user", "level"})

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(group__isnull=True, user__isnull=False) | Q(group__isnull=False, user__isnull=True),
                name="an_entry_names_a_person_or_a_group",
            ),
            UniqueConstraint(fields=["access_list", "group"], name="a_group_is_listed_once"),
            UniqueConstraint(fields=["access_list", "user"], name="a_person_is_listed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.group or self.user}: {self.get_level_display()}"
