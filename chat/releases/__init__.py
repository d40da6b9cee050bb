"""Releases: everything that decides how a question is answered, and the pointer that says which one does."""

from chat.releases.rollout import Drawn, current, drawn, ensure_shipped, kept, production

__all__ = ["Drawn", "current", "drawn", "ensure_shipped", "kept", "production"]
