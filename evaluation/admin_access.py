"""Who sees what of evaluation in the admin."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from ragapp.accounts.models import Role, User


def signed_in(request: HttpRequest) -> User:
    """The person behind the request; the admin lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def is_reviewer(request: HttpRequest) -> bool:
    """Whether the person reviews answers."""
    return request.user.is_authenticated and signed_in(request).has_role(Role.REVIEWER)


class ReviewersOnly(ModelAdmin):
    """Read-only for reviewers unless a subclass allows a change."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_reviewer(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_reviewer(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def log_change(self, *args: Any, **kwargs: Any) -> None:
        """The audit log records what reviewers do; Django's own log would only repeat it."""


class AdminsChange(ModelAdmin):
    """Rules of the site: seen by reviewers, changed by admins."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_reviewer(request) or _is_admin(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_admin(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_admin(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_admin(request)


def _is_admin(request: HttpRequest) -> bool:
    return request.user.is_authenticated and signed_in(request).has_role(Role.ADMIN)
