"""What monitoring watches above itself: the models, the work on documents, the answers."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from chat.models import Answer
from documents.models import IngestionRun
from ragapp.llm import model_files
from ragapp.llm.errors import EmbeddingModelError
from ragapp.monitoring.health import Finding, part
from ragapp.monitoring.metrics import at_scrape

OPENAI_URL = "https://api.openai.com/v1"
PROBE_TIMEOUT_S = 3.0
# Providers count requests; the endpoint is asked once in this time however often somebody looks.
PROBE_EVERY_S = 60.0
_probed: dict[str, tuple[float, Finding]] = {}


@part("embedding model")
def embedding_model() -> Finding:
    """The model's files are here."""
    try:
        source = model_files.locate(settings.EMBEDDING_MODEL)
    except EmbeddingModelError as error:
        return Finding(state="broken", message=error.message, hint=error.hint)
    return Finding(state="ok", message=f"{source.name} (revision {source.revision}) is on this machine.")


@part("language model")
def language_model() -> Finding:
    """The endpoint answers and knows the model. Without one, answers are made of the documents' sentences."""
    if not settings.LLM_MODEL:
        return Finding(state="ok", message="None is configured; answers are made of the documents' own sentences.")
    url = settings.LLM_BASE_URL or OPENAI_URL
    asked_at, finding = _probed.get(url, (0.0, None))
    if finding is None or time.monotonic() - asked_at > PROBE_EVERY_S:
        finding = _probe(url)
        _probed[url] = (time.monotonic(), finding)
    return finding


@at_scrape("ragapp_ingestion_runs", "Versions of documents by the state of their ingestion", label="state")
def ingestion_runs() -> Mapping[str, float]:
    """A growing number that waits or fails is what to be warned of."""
    return dict(IngestionRun.objects.order_by().values_list("state").annotate(Count("pk")))


@at_scrape("ragapp_answers_last_hour", "Answers of the last hour by how they ended", label="status")
def answers_last_hour() -> Mapping[str, float]:
    """Those in the making are counted by their state."""
    recent = Answer.objects.filter(created_at__gte=timezone.now() - timedelta(hours=1)).order_by()
    counts: dict[str, float] = {}
    for status, state, count in recent.values_list("status", "state").annotate(Count("pk")):
        counts[status or state] = counts.get(status or state, 0) + count
    return counts


def _probe(url: str) -> Finding:
    request = urllib.request.Request(  # noqa: S310  an address from the settings, checked to be http(s)
        f"{url.rstrip('/')}/models", headers={"Authorization": f"Bearer {settings.LLM_API_KEY}"}
    )
    meanwhile = "Until then answers are made of the documents' own sentences."
    try:
        with urllib.request.urlopen(request, timeout=PROBE_TIMEOUT_S) as response:  # noqa: S310
            listed = json.load(response)
        names = {model["id"] for model in listed["data"]}
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            return Finding(
                state="warning",
                message=f"The language model at {url} refuses the key.",
                hint=f"Correct OPENAI_API_KEY. {meanwhile}",
            )
        # Some gateways serve chat completions and no list of models.
        return Finding(state="ok", message=f"{url} answers; it does not list its models.")
    except (OSError, ValueError) as error:
        return Finding(
            state="warning",
            message=f"The language model at {url} does not answer ({type(error).__name__}).",
            hint=f"Start it, or correct OPENAI_BASE_URL. {meanwhile}",
        )
    except (KeyError, TypeError):
        return Finding(state="ok", message=f"{url} answers; it does not list its models.")
    if settings.LLM_MODEL not in names:
        return Finding(
            state="warning",
            message=f"{url} does not list the model {settings.LLM_MODEL}.",
            hint=f"Correct RAGAPP_LLM_MODEL. It lists: {', '.join(sorted(names)[:8]) or 'none'}.",
        )
    return Finding(state="ok", message=f"{settings.LLM_MODEL} is served at {url}.")
