"""The parts of the system that stand above monitoring: the embedding model and the language model."""

import json
import time
import urllib.error
import urllib.request

from django.conf import settings

from ragapp.llm import model_files
from ragapp.llm.errors import EmbeddingModelError
from ragapp.monitoring.health import Finding, part

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
