"""The URL map as a table: every route with its full name."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def all_patterns() -> Iterator[tuple[str, URLPattern]]:
    """(full name, pattern) of every route; a route without a name has ""."""
    yield from _below(get_resolver().url_patterns, "")


def named_routes() -> dict[str, URLPattern]:
    """Every named route but those of the admin, which stand by model in ADMIN_READERS."""
    return {name: pattern for name, pattern in all_patterns() if name and not name.startswith("admin:")}


def admin_models() -> set[str]:
    """app_model of everything that is registered with the admin."""
    suffix = "_changelist"
    return {
        name.removeprefix("admin:").removesuffix(suffix)
        for name, _ in all_patterns()
        if name.startswith("admin:") and name.endswith(suffix)
    }


def _below(patterns: list[URLPattern | URLResolver], space: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inside = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _below(pattern.url_patterns, inside)
        else:
            yield f"{space}{pattern.name}" if pattern.name else "", pattern
