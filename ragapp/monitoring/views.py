"""What monitoring reads, and the page that is shown when the database is away."""

import secrets
import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ragapp.monitoring import health, metrics


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers; asks nobody else. For restarts."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """503 while a part is broken. Everybody learns which; what and why takes the token."""
    report = health.latest(max_age_s=1.0, wait_s=2 * health.DEADLINE_S)
    if report is None:
        return JsonResponse({"ready": False, "parts": {}}, status=503)
    if _has_token(request):
        parts: dict[str, object] = {
            part.name: {"state": part.state, "message": part.message, "hint": part.hint} for part in report.parts
        }
    else:
        parts = {part.name: part.state for part in report.parts}
    return JsonResponse({"ready": report.is_ready, "parts": parts}, status=200 if report.is_ready else 503)


@login_not_required
@require_safe
@never_cache
def prometheus(request: HttpRequest) -> HttpResponse:
    """Counters and the state of the parts, for the bearer of the token; refused when no token is set."""
    if not _has_token(request):
        response = HttpResponse("Send the token: Authorization: Bearer ...\n", status=401, content_type="text/plain")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    report = health.latest(max_age_s=10.0, wait_s=2 * health.DEADLINE_S)
    parts = {part.name: part.state in ("ok", "warning") for part in report.parts} if report else {}
    body, content_type = metrics.exposition(parts)
    return HttpResponse(body, content_type=content_type)


def server_error(request: HttpRequest) -> HttpResponse:
    """The 500 page; while the database cannot be reached, a 503 page that says so. Neither asks the database."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = HttpResponse(get_template("503.html").render(), status=503)
        response.headers["Retry-After"] = "30"
        return response
    return HttpResponse(get_template("500.html").render(), status=500)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    expected = settings.METRICS_TOKEN
    return bool(expected) and secrets.compare_digest(given.encode(), expected.encode())
