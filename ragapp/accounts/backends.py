"""What each role may do in the admin."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from ragapp.accounts.models import Role, User

# App label or full permission → roles. Reading documents is never among them: rights stand on access lists.
PERMISSIONS: dict[str, frozenset[str]] = {
    "accounts": frozenset({Role.ADMIN}),
    "auth": frozenset({Role.ADMIN}),
    "llm": frozenset({Role.ADMIN}),
    "webhooks": frozenset({Role.ADMIN}),
    "limits": frozenset({Role.ADMIN}),
    "audit.view_auditevent": frozenset({Role.AUDITOR, Role.ADMIN}),
    "evaluation": frozenset({Role.REVIEWER}),
    "chat.view_answer": frozenset({Role.REVIEWER}),
    "chat.view_release": frozenset({Role.ADMIN}),
    "chat.view_rollout": frozenset({Role.ADMIN}),
    "chat.view_promptversion": frozenset({Role.ADMIN}),
}


class RoleBackend(BaseBackend):
    """Grants admin permissions by role (no password check: that is ModelBackend's)."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        allowed = PERMISSIONS.get(perm, frozenset()) | PERMISSIONS.get(perm.split(".")[0], frozenset())
        return bool(user_obj.roles & allowed)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(
            name.split(".")[0] == app_label
            and isinstance(user_obj, User)
            and user_obj.is_active
            and user_obj.roles & roles
            for name, roles in PERMISSIONS.items()
        )
