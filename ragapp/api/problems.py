"""Errors of the API as application/problem+json (RFC 9457), in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.http import HttpResponse
from ninja import Schema

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request cannot be read",
    401: "A token is needed",
    403: "The token does not allow this",
    404: "Not found",
    409: "It does not fit the present state",
    410: "Gone",
    413: "Too large",
    415: "Another kind of content is needed",
    422: "Refused",
    429: "Too many requests",
    460: "The checksum does not match",
}


class Problem(Schema):
    """What happened, and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    hint: str = ""


class Refused(Exception):
    """Answered as a problem. `detail` says what happened, `hint` what to do."""

    def __init__(self, status: int, detail: str, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.status, self.detail, self.hint, self.headers = status, detail, hint, headers or {}
        super().__init__(detail)


def not_found() -> Refused:
    """The one answer for what does not exist and for what the caller may not see."""
    return Refused(404, "There is nothing here, or nothing that you may see.", "Check the address and your rights.")


def answer(refused: Refused) -> HttpResponse:
    """The response for a refusal."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(refused.status, "Error"),
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
