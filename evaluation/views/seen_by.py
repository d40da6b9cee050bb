"""Who may open the pages of evaluation; for everybody else they are not there."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from ragapp.accounts.models import Role, User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def reviewers_and_admins(view: View[P]) -> View[P]:
    """Signed-in reviewers and admins; 404 for others. They see totals; rows follow the rights of each."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not user.has_role(Role.REVIEWER, Role.ADMIN):
            raise Http404
        return view(request, *args, **kwargs)

    return cast("View[P]", guarded)
