"""Which release answers: what people decide, past the gates, with a reason for every exception."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from chat.models import Release, RolloutMove
from chat.releases import moves
from evaluation import gates
from evaluation.models import GateStage
from ragapp.accounts.models import User
from ragapp.audit import log as audit


class Refused(Exception):
    """A gate has not passed, and nobody said why the release should go on in spite of it."""


def promote(release: Release, *, by: User, reason: str = "", override: str = "") -> RolloutMove:
    """`release` answers everybody from the next question on. Raises Refused and moves.NotMoved."""
    with transaction.atomic():
        evidence = past_the_gate(release, GateStage.PRODUCTION, by=by, override=override)
        return moves.promote(release, by=by, reason=reason or override, evidence=evidence)


def past_the_gate(release: Release, stage: GateStage, *, by: User | None, override: str) -> dict[str, Any]:
    """What the gates said, for the history. Raises Refused unless they let pass or `override` says why not to mind."""
    verdict = gates.verdict(release, stage)
    override = override.strip()
    if not verdict.lets_pass:
        if by is None or not override:
            raise Refused(refusal(release, stage))
        audit.record("gate_overridden", by=by, target=release, stage=stage, state=verdict.state)
    return {"gate": verdict.evidence} | ({"override": override} if override and not verdict.lets_pass else {})


def refusal(release: Release, stage: GateStage) -> str:
    """Why the gates do not let `release` pass now, in the language of this moment."""
    reasons = " ".join(gates.verdict(release, stage).reasons)
    return _("The gates do not let it pass: %(reasons)s") % {"reasons": reasons}
