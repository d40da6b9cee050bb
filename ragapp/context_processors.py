"""What every template may assume."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def product(request: HttpRequest) -> dict[str, Any]:
    """`has_llm`: a language model is configured, else answers are made of the documents' own sentences."""
    return {"has_llm": bool(settings.LLM_MODEL), "max_upload_mb": settings.MAX_UPLOAD_MB}
