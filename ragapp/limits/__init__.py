"""How often a person may do something: `@limit("ask")` on a view, the numbers in `rates`."""

from ragapp.limits.decorators import limit, too_many

__all__ = ["limit", "too_many"]
