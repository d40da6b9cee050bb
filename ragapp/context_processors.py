"""What every template may assume."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from ragapp.accounts.models import Role, User
from ragapp.llm import gateway
from ragapp.monitoring import health
from ragapp.wording import told

# Old enough to cost nothing on most pages, young enough to be believed; a dead server delays a page by no more.
PROBLEMS_MAX_AGE_S = 10.0
PROBLEMS_WAIT_S = 0.3


def product(request: HttpRequest) -> dict[str, Any]:
    """`has_llm`: a language model is configured, else answers are made of the documents' own sentences.
    `platform_problems`: for admins, one sentence per broken part. Both are found out only by templates that ask."""
    return {
        "has_llm": gateway.is_configured,
        "max_upload_mb": settings.MAX_UPLOAD_MB,
        "platform_problems": partial(_problems, getattr(request, "user", None)),
    }


def _problems(user: object) -> list[str]:
    if not isinstance(user, User) or not user.has_role(Role.ADMIN):
        return []
    report = health.latest(max_age_s=PROBLEMS_MAX_AGE_S, wait_s=PROBLEMS_WAIT_S)
    return [f"{part.message} {part.hint}".strip() for part in map(told, report.problems)] if report else []
