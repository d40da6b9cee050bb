"""The day's questions put to each model that answers people, as rows that may be worked on twice."""

import hashlib
import logging
import time
from datetime import date, timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat.releases import moves
from documents import leases
from evaluation.models import ModelProbe
from evaluation.probing import looking, questions
from ragapp.accounts.models import User
from ragapp.audit import log as audit
from ragapp.llm import gateway, routes
from ragapp.llm.errors import LLMError, UnknownModel
from ragapp.llm.models import Deployment
from ragapp.llm.types import ChatRequest, Message, Target

logger = logging.getLogger(__name__)

State = ModelProbe.State
LEASE, SLICE_S, ATTEMPTS_MAX = timedelta(minutes=5), 60.0, 5
REPLY_TOKENS, SEED = 200, 1
# With fewer replies a day says nothing.
REPLIES_MIN = 0.8


def targets() -> list[Target]:
    """The models that may answer people now, by the release in production and the one that is tried; each once."""
    now = moves.where()
    found: dict[str, Target] = {}
    for release in (now.production, now.candidate):
        if release is not None:
            found |= {one.name: one for one in routes.plan("answer", release.route).targets}
    return list(found.values())


def start_all(day: date) -> list[int]:
    """A row for each model that is to be asked on `day`; the ids of those that wait. None where it is switched off."""
    if not settings.PROBE_MODELS:
        return []
    unwatched = set(Deployment.objects.filter(is_probed=False).values_list("pk", flat=True))
    wanted = [one for one in targets() if one.deployment_id not in unwatched]
    return [row.pk for row in (_row(one, day) for one in wanted) if row.state == State.QUEUED]


@transaction.atomic
def start(target: Target, day: date, *, by: User) -> ModelProbe:
    """Asks one model now; replies that it gave on that day already are asked for anew."""
    row = _row(target, day)
    if not row.is_open:
        row.state, row.replies, row.findings, row.failure = State.QUEUED, {}, {}, ""
        row.models_seen, row.fingerprints, row.attempts, row.is_changed = [], [], 0, False
        row.compared_with, row.lease_until, row.accepted_at, row.accepted_by = 0, None, None, None
        row.finished_at = None
        row.save()
    audit.record("model_probed", by=by, target=row)
    return row


def stamp(target: Target) -> str:
    """Of what is configured: another address or model is another history."""
    return hashlib.sha256(f"{target.base_url}\n{target.model}".encode()).hexdigest()[:16]


def _row(target: Target, day: date) -> ModelProbe:
    return ModelProbe.objects.get_or_create(
        deployment=target.name,
        stamp=stamp(target),
        day=day,
        defaults={"deployment_id": target.deployment_id, "configured_model": target.model},
    )[0]


def due() -> list[int]:
    """The rows to hint at: those that wait, and those whose worker fell silent."""
    rows = ModelProbe.objects.all()
    leases.silent(rows, attempts_min=ATTEMPTS_MAX).update(
        state=State.FAILED, failure="Its worker stopped five times.", worker="", finished_at=timezone.now()
    )
    return list(leases.to_hint_at(rows, every=LEASE).values_list("pk", flat=True))


def advance(pk: int, *, slice_s: float = SLICE_S) -> bool:
    """Asks for a while; True when it has to be hinted at again. What was replied is not asked for twice."""
    row = leases.claim(ModelProbe.objects.filter(pk=pk), lease=LEASE, attempts_max=ATTEMPTS_MAX, failure="")
    if row is None:
        return False
    try:
        if not _ask(row, time.monotonic() + slice_s):
            leases.let_go(row, state=State.QUEUED, attempts=0)
            return True
        _finish(row)
    except leases.LeaseLost:
        logger.info("model_probe.lost", extra={"probe": pk})
    except _Gone as error:
        leases.let_go(row, state=State.FAILED, failure=str(error)[:500], finished_at=timezone.now())
        looking.tell_of_gone(row)
    return False


class _Gone(Exception):
    """The provider does not know the model any more."""


def _ask(row: ModelProbe, until: float) -> bool:
    for question in questions.all_questions():
        if question.key in row.replies:
            continue
        if time.monotonic() > until:
            return False
        row.replies[question.key] = _reply(row, question.text)
        leases.renew(
            row,
            lease=LEASE,
            attempts=0,
            replies=row.replies,
            models_seen=row.models_seen,
            fingerprints=row.fingerprints,
        )
    return True


def _reply(row: ModelProbe, text: str) -> dict[str, Any]:
    request = ChatRequest(
        task="probe",
        messages=(Message(role="user", content=text),),
        max_output_tokens=REPLY_TOKENS,
        temperature=0.0,
        seed=SEED,
        route={"probe": {"deployments": [row.deployment]}},
    )
    began = time.monotonic()
    try:
        said = async_to_sync(gateway.complete)(request)
    except UnknownModel as error:
        raise _Gone(str(error)) from error
    except LLMError as error:
        return {"error": type(error).__name__}
    row.models_seen = sorted({*row.models_seen, said.model[:200]})
    row.fingerprints = sorted({*row.fingerprints, *([said.fingerprint[:200]] if said.fingerprint else [])})
    if said.farewell is not None and row.deployment_id is not None:
        Deployment.objects.filter(pk=row.deployment_id).update(
            is_deprecated=True, announced_on=said.farewell.retires_on
        )
    return {"text": said.text, "ms": round((time.monotonic() - began) * 1000)}


def _finish(row: ModelProbe) -> None:
    """What the replies say, kept and told."""
    given = [one for one in row.replies.values() if "text" in one]
    if len(given) < REPLIES_MIN * len(row.replies):
        why = next(one["error"] for one in row.replies.values() if "error" in one)
        said = f"{len(row.replies) - len(given)} of {len(row.replies)} questions got no reply ({why})."
        leases.let_go(row, state=State.FAILED, failure=said, finished_at=timezone.now())
        return
    with transaction.atomic():
        leases.hold(row)
        looking.look(row)
        leases.let_go(
            row, state=State.DONE, finished_at=timezone.now(), findings=row.findings, is_changed=row.is_changed,
            compared_with=row.compared_with,
        )  # fmt: skip
