"""People, their roles and tokens. Groups (django.contrib.auth) say who reads what; roles say who does which work."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention


class Role(models.TextChoices):
    """A kind of work. No role reads a document by being a role."""

    CORPUS_ADMIN = "corpus_admin", _("Corpus admin")
    REVIEWER = "reviewer", _("Reviewer")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Admin")


class People(UserManager["User"]):
    """Django's manager, less the column `is_staff`, which is derived here."""

    def _create_user_object(self, username: str, email: str | None, password: str | None, **fields: Any) -> "User":
        fields.pop("is_staff", None)
        user: User = super()._create_user_object(username, email, password, **fields)  # type: ignore[misc]
        return user


class User(AbstractUser):
    """A person who signs in."""

    # Of the pages, as settings.LANGUAGES names it; "" follows the browser.
    language = models.CharField(max_length=8, blank=True, default="")

    objects = People()  # type: ignore[misc]

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id",
                "is_superuser",
                "is_active",
                "date_joined",
                "password",
                "last_login",
                "language",
                "groups",
                "user_permissions",
            }
        )
        erase: ClassVar = {"username": "erased", "first_name": "", "last_name": "", "email": ""}

    @property
    def name(self) -> str:
        """What others see."""
        return self.get_full_name() or self.username

    @property
    def roles(self) -> frozenset[str]:
        """The values of `Role` this person has; a superuser acts as admin. Read once per loaded row."""
        if "_roles" not in self.__dict__:
            found = set(self.role_assignments.values_list("role", flat=True)) if self.pk else set()
            if self.is_superuser:
                found.add(Role.ADMIN)
            self.__dict__["_roles"] = frozenset(found)
        roles: frozenset[str] = self.__dict__["_roles"]
        return roles

    def has_role(self, *roles: Role) -> bool:
        """True when this active person has any of `roles`."""
        return self.is_active and bool(self.roles & set(roles))

    # AbstractUser's field becomes derived: who has work in the admin may enter it.
    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        return self.has_role(Role.REVIEWER, Role.AUDITOR, Role.ADMIN)


class RoleAssignment(models.Model):
    """`user` does the work of `role`, given by `given_by`."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.CharField(max_length=20, choices=Role)
    given_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "user", "role", "given_by", "given_at"})

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "role"], name="a_role_is_given_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class Scope(models.TextChoices):
    """What a program may do with a token, within what its owner may do."""

    READ = "documents:read", _("Search and read documents")
    WRITE = "documents:write", _("Add, replace and withdraw documents")
    CHAT = "chat", _("Ask questions, and see your answers and conversations")


class ApiToken(models.Model):
    """A program acts as `owner`, with the rights that the owner has at that moment. Only the token's hash is here."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    # SHA-256 of 256 random bits: nothing that could be guessed, so no slow hash is needed.
    digest = models.CharField(max_length=64, unique=True)
    # The first characters, so that a person can tell their tokens apart.
    beginning = models.CharField(max_length=12)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {"id", "owner", "digest", "beginning", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"}
        )
        erase: ClassVar = {"name": "erased"}

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"

    @property
    def scope_labels(self) -> list[str]:
        """What it may do, in words."""
        return [str(Scope(scope).label) for scope in self.scopes]


class TokenUse(models.Model):
    """A day on which a token was used from an address: what tells its owner that somebody else has it."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="uses")
    day = models.DateField()
    address = models.CharField(max_length=45, blank=True)
    last_at = models.DateTimeField()

    class Retention(retention.Policy):
        keep = frozenset({"id", "token", "day", "last_at"})
        purge: ClassVar = {"address": timedelta(days=90)}

    class Meta:
        ordering = ["-last_at"]
        constraints = [UniqueConstraint(fields=["token", "day", "address"], name="a_use_is_noted_once_a_day")]

    def __str__(self) -> str:
        return f"{self.token_id} · {self.day}"
