"""Releases: everything that decides how a question is answered, and the pointer that says which one does."""

from chat.releases.rollout import current, ensure_shipped, production

__all__ = ["current", "ensure_shipped", "production"]
