"""Whether a deployment answers, in one sentence for an admin."""

import re

import httpx2
import openai

from ragapp.llm import errors
from ragapp.llm.translation import translate
from ragapp.llm.types import Deployment, ProbeResult


def probe(deployment: Deployment, *, timeout_s: float) -> ProbeResult:
    """Asks for the list of models. A server without such a list is taken to work."""
    # An address may hold a name and password.
    where = "The language model at " + re.sub(r"//[^/@]*@", "//", deployment.base_url)
    try:
        with openai.OpenAI(
            base_url=deployment.base_url, api_key=deployment.api_key or "none", max_retries=0, timeout=timeout_s
        ) as client:
            names = [model.id for model in client.models.list().data or ()]
    except (AttributeError, TypeError):
        # The client trusts the server to send a list.
        return ProbeResult(
            ok=False, sentence=f"{where} sends something that is no list of models. Check OPENAI_BASE_URL."
        )
    except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        return _finding(where, translate(error, during="opening"))
    # Ollama lists "llama3:latest" for what is asked for as "llama3".
    if names and not any(name == deployment.model or name.startswith(f"{deployment.model}:") for name in names):
        listed = ", ".join(sorted(names)[:5])
        return ProbeResult(
            ok=False,
            sentence=f"{where} does not list {deployment.model}. Correct RAGAPP_LLM_MODEL; it lists {listed}.",
        )
    return ProbeResult(ok=True, sentence=f"{where} answers.")


def _finding(where: str, error: errors.LLMError) -> ProbeResult:
    match error:
        case errors.UnknownModel():
            return ProbeResult(ok=True, sentence=f"{where} answers, but has no list of models.")
        case errors.BadKey():
            return ProbeResult(ok=False, sentence=f"{where} refuses the key. Check OPENAI_API_KEY.")
        case errors.Unreachable() | errors.TimedOut():
            return ProbeResult(
                ok=False, sentence=f"{where} cannot be reached ({error}). Check OPENAI_BASE_URL and that it is running."
            )
    return ProbeResult(ok=False, sentence=f"{where} does not work: {error}")
