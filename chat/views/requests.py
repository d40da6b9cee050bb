"""Two questions every view asks of its request."""

from django.http import HttpRequest

from ragapp.accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that `login_required` let through."""
    assert isinstance(request.user, User)
    return request.user


def is_fragment(request: HttpRequest) -> bool:
    """True when htmx asks for a part of a page."""
    return bool(getattr(request, "htmx", False))
