"""Errors in plain words: problems (RFC 9457) below /api/, below /v1/ as OpenAI's clients read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Schema

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: gettext_lazy("The request cannot be read"),
    401: gettext_lazy("A token is needed"),
    403: gettext_lazy("The token does not allow this"),
    404: gettext_lazy("Not found"),
    409: gettext_lazy("It does not fit the present state"),
    410: gettext_lazy("Gone"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Another kind of content is needed"),
    422: gettext_lazy("Refused"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Something went wrong"),
    503: gettext_lazy("Not available now"),
    460: gettext_lazy("The checksum does not match"),
}


class Problem(Schema):
    """What happened, and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    hint: str = ""


class Refused(Exception):
    """Answered as a problem. `detail` says what happened, `hint` what to do.

    OpenAI's clients are also told the parameter (`param`) and a `code`, which they compare; "" leaves the usual one.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        hint: str = "",
        headers: Mapping[str, str] | None = None,
        *,
        param: str = "",
        code: str = "",
    ) -> None:
        self.status, self.detail, self.hint, self.headers = status, detail, hint, headers or {}
        self.param, self.code = param, code
        super().__init__(detail)


def not_found() -> Refused:
    """The one answer for what does not exist and for what the caller may not see."""
    return Refused(
        404, _("There is nothing here, or nothing that you may see."), _("Check the address and your rights.")
    )


def answer(refused: Refused) -> HttpResponse:
    """The response for a refusal."""
    body = {
        "type": "about:blank",
        "title": str(TITLES.get(refused.status, _("Error"))),
        "status": refused.status,
        "detail": refused.detail,
        "hint": refused.hint,
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False).encode(),
        status=refused.status,
        content_type=MEDIA_TYPE,
        headers=dict(refused.headers),
    )


def openai_error(refused: Refused) -> dict[str, Any]:
    """The same as the one object of OpenAI's errors."""
    kind, code = _OPENAI.get(refused.status, ("server_error" if refused.status >= 500 else _THEIRS, None))
    return {
        "error": {
            "message": " ".join(filter(None, (refused.detail, refused.hint))),
            "type": kind,
            "param": refused.param or None,
            "code": refused.code or code,
        }
    }


def answer_openai(refused: Refused) -> JsonResponse:
    """The response for a refusal below /v1/."""
    return JsonResponse(openai_error(refused), status=refused.status, headers=dict(refused.headers))


def written_for(path: str) -> Callable[[Refused], HttpResponse] | None:
    """How errors at `path` are written; None where people read them."""
    if path.startswith("/api/") or path == "/mcp":
        return answer
    return answer_openai if path.startswith("/v1/") else None


_THEIRS = "invalid_request_error"
_OPENAI = {
    401: (_THEIRS, "invalid_api_key"),
    403: (_THEIRS, "missing_scope"),
    413: (_THEIRS, "request_too_large"),
    429: ("requests", "rate_limit_exceeded"),
}
