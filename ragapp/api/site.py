"""The API as a whole: its parts, its errors, its description and the page that shows it."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema, get_schema

from chat.api import router as chat
from documents.api import router as documents
from evaluation.api import router as evaluation
from ragapp.api.callers import missing
from ragapp.api.problems import Problem, Refused, answer, not_found, written_for
from ragapp.lib.text import HasNul
from ragapp.monitoring import views as monitoring


class Described(NinjaAPI):
    """Puts its description together once: that takes a third of a second, and the page asks for it at every type."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        return _description(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)


@cache
def _description(described: NinjaAPI, at: str) -> OpenAPISchema:
    return get_schema(api=described, path_prefix=at)


api = Described(
    title="ragapp",
    version="1",
    description="Documents, search, questions and answers, for programs. Send a token: “Authorization: Bearer …”.",
    docs_url=None,
    urls_namespace="api",
)
api.add_router("", documents)
api.add_router("", chat)
api.add_router("", evaluation)
METHODS = ("get", "post", "put", "patch", "delete")


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return answer(error)


@api.exception_handler(Http404)
def _absent(request: HttpRequest, error: Http404) -> HttpResponse:
    return answer(not_found())


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return answer(missing())


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return answer(Refused(error.status_code, str(error), _("Compare the request with /api/docs/.")))


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return answer(Refused(413, _("The request is larger than may be sent here."), _("Send less at once.")))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Where it is wrong and how, without repeating what was sent."""
    places = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors[:10]]
    return answer(Refused(422, "; ".join(places)[:1000], _("Compare the request with /api/docs/.")))


@login_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation on one page, drawn from the description."""
    schema = api.get_openapi_schema()
    operations = [
        {"method": method.upper(), "path": at, "body": _body(operation), **operation}
        for at, item in schema["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    return render(request, "api/docs.html", {"operations": operations, "problem": list(Problem.model_fields)})


@csrf_exempt  # It changes nothing, and programs hear what they can read.
def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """Addresses for programs that lead nowhere answer as the others there do."""
    return (written_for(request.path) or answer)(not_found())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be read: a page, for programs an error as they read it."""
    if written := written_for(request.path):
        return written(Refused(400, _("The request holds what cannot be read."), _("Compare it with /api/docs/.")))
    if getattr(request, "htmx", False):
        return HttpResponse(_unreadable_because(exception), status=400, content_type="text/plain; charset=utf-8")
    if isinstance(exception, HasNul):
        return render(request, "400.html", {"sentence": _unreadable_because(exception)}, status=400)
    return defaults.bad_request(request, exception)


def _unreadable_because(exception: Exception) -> str:
    if isinstance(exception, HasNul):
        return _(
            "What you sent holds an invisible character (NUL) that cannot be stored. It is still where you typed it: "
            "take the character out, or type that place anew, and send it again."
        )
    return _("That request could not be read. Nothing you typed was lost: reload the page and try again.")


def server_error(request: HttpRequest) -> HttpResponse:
    """What went wrong on our side: a page, for programs an error as they read it."""
    page = monitoring.server_error(request)
    if not (written := written_for(request.path)):
        return page
    if page.status_code == 503:
        return written(
            Refused(503, _("The database cannot be reached."), _("Try again in half a minute."), {"Retry-After": "30"})
        )
    return written(
        Refused(500, _("Something went wrong here."), _("Try again; tell an administrator if it happens again."))
    )


def _body(operation: dict[str, Any]) -> list[tuple[str, str]]:
    """The media type and the fields of what is sent."""
    kinds = operation.get("requestBody", {}).get("content", {})
    return [(kind, ", ".join(_fields(content.get("schema", {})))) for kind, content in kinds.items()]


def _fields(schema: dict[str, Any]) -> list[str]:
    if "$ref" in schema:
        schema = api.get_openapi_schema()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = set(schema.get("required", []))
    return [name if name in required else f"{name}?" for name in schema.get("properties", {})]


pages = ([path("docs/", docs, name="docs"), path("<path:rest>", nowhere)], "api_pages")
