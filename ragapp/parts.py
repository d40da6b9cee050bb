"""What monitoring watches above itself: the models, the work on documents, the answers."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from chat.models import Answer
from documents import indexes
from documents.models import IndexVersion, IngestionRun
from ragapp.llm import deployments, embedding, gateway, health
from ragapp.llm.errors import EmbeddingModelError
from ragapp.llm.types import ProbeResult, Target
from ragapp.monitoring.health import Finding, part
from ragapp.monitoring.metrics import at_scrape
from ragapp.webhooks.models import Endpoint

PROBE_TIMEOUT_S = 3.0
# Providers count requests; the endpoint is asked once in this time however often somebody looks.
PROBE_EVERY_S = 60.0
_probed: dict[str, tuple[float, Finding]] = {}
_probed_models: dict[Target, tuple[float, ProbeResult]] = {}


def _silent_models() -> Finding:
    names = ", ".join(f"{one.name or 'settings'} ({one.model} at {one.base_url})" for one in deployments.usable())
    return Finding(
        state="warning",
        message=f"No answer in time from the language models: {names}.",
        hint="Answers are made of the documents' own sentences while none answers. This machine or the model may be "
        "busy: run `manage.py doctor` again, and try each under Language models with “Save and try”.",
    )


def _silent_embedder() -> Finding:
    live = IndexVersion.objects.filter(is_live=True).first()
    embedder = live.embedder if live else embedding.configured()
    return Finding(
        state="broken",
        message=f"No answer in time from the embedding model {embedder.described}.",
        hint="Look at the log of its server, or at the load of this machine where the model is here; then try again.",
    )


@part("embedding model", needs="database", late=_silent_embedder)
def embedding_model() -> Finding:
    """What made the vectors that questions are compared with can make one of a question, and is what is configured."""
    live = IndexVersion.objects.filter(is_live=True).first()
    embedder = live.embedder if live else embedding.configured()
    at = f"{embedder.endpoint}/{embedder.model}"
    asked_at, finding = _probed.get(at, (0.0, None))
    if finding is None or embedder.provider == "local" or time.monotonic() - asked_at > PROBE_EVERY_S:
        finding = _asked(embedder)
        _probed[at] = (time.monotonic(), finding)
    if finding.state == "ok" and live and indexes.differs_from_configured(live):
        return Finding(
            state="warning",
            message=f"A new embedding model is configured ({embedding.configured().described});"
            f" questions are still answered with {embedder.described}.",
            hint="Build an index with it under Operation, Indexes, or with `manage.py index build`.",
        )
    return finding


def _asked(embedder: embedding.Embedder) -> Finding:
    try:
        embedding.probe(embedder)
    except EmbeddingModelError as error:
        return Finding(state="broken", message=error.message, hint=error.hint)
    where = "answers" if embedder.provider == "endpoint" else "is on this machine"
    return Finding(state="ok", message=f"{embedder.described} (revision {embedder.revision or 'unknown'}) {where}.")


@part("language model", needs="database", late=_silent_models)
def language_model() -> Finding:
    """Every deployment answers and knows its model. Without one, answers are made of the documents' sentences."""
    unreadable = deployments.unreadable()
    targets = deployments.usable()
    if not targets and not unreadable:
        return Finding(state="ok", message="None is configured; answers are made of the documents' own sentences.")
    asked = _asked_models(targets)
    wrong = [probed.sentence for probed in asked if not probed.ok]
    wrong += [f"The key of {name} cannot be read; enter it anew." for name in unreadable]
    if not wrong:
        return Finding(state="ok", message=" ".join(probed.sentence for probed in asked))
    hint = "Until then the others answer."
    if not any(probed.ok for probed in asked):
        hint = "Until then answers are made of the documents' own sentences."
    return Finding(state="warning", message=" ".join(wrong), hint=hint)


def _asked_models(targets: Sequence[Target]) -> list[ProbeResult]:
    """Those that were not asked of late are asked all at once: one after another they would outlast the deadline."""
    since = time.monotonic() - PROBE_EVERY_S
    if stale := [one for one in targets if one not in _probed_models or _probed_models[one][0] < since]:
        for target, probed in zip(stale, gateway.probe(stale, PROBE_TIMEOUT_S), strict=True):
            _probed_models[target] = (time.monotonic(), probed)
    return [_probed_models[target][1] for target in targets]


@at_scrape("ragapp_llm_deployment_open", "1 while calls are kept away from a deployment", label="deployment")
def deployments_open() -> Mapping[str, float]:
    """By the circuit breakers that all processes share."""
    standings = health.standings(deployments.usable(), now=time.time())
    return {target.name: float(standing.is_open) for target, standing in standings.items()}


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


@part("webhooks", needs="database")
def webhooks() -> Finding:
    """No address was switched off because messages did not arrive."""
    off = Endpoint.objects.exclude(disabled_because="").filter(is_enabled=False).values_list("name", flat=True)
    if names := ", ".join(off[:3]):
        message = f"Webhooks were switched off since their messages did not arrive: {names}."
        return Finding(
            state="warning", message=message, hint="Look at the log of messages in the admin, then enable them."
        )
    return Finding(state="ok", message="No webhook was switched off.")
