"""How often a person may do something: `@limit("ask")` on a view, the numbers in `rates`."""

from ragapp.limits.decorators import limit

__all__ = ["limit"]
