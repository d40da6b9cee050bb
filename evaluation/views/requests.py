"""Who works with releases: reviewers and admins look, admins change."""

from django.http import Http404, HttpRequest

from ragapp.accounts.models import Role, User


def looking(request: HttpRequest) -> User:
    """The person, if releases and prompts are theirs to look at; 404 else."""
    return _with_role(request, Role.REVIEWER, Role.ADMIN)


def changing(request: HttpRequest) -> User:
    """The person, if releases and prompts are theirs to change; 404 else."""
    return _with_role(request, Role.ADMIN)


def _with_role(request: HttpRequest, *roles: Role) -> User:
    assert isinstance(request.user, User)
    if not request.user.has_role(*roles):
        raise Http404
    return request.user
