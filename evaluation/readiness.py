"""Is the site ready for people to rely on? What was checked, area by area, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from documents import access
from evaluation.models import DatasetVersion, EvaluationRun, Gate, Objective, Review
from evaluation.rollups.reading import Narrowed, total
from ragapp.accounts.models import User
from ragapp.monitoring import health
from ragapp.wording import told

FRESH_S = 60.0
# Parts of health by area; what is not named is infrastructure.
MODELS = frozenset({"embedding model", "language model"})
ENOUGH_CASES, ENOUGH_REVIEWS = 1, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`state`: ok, warning or broken; `hint`: what to do when it is not ok."""

    name: str
    state: str
    message: str
    hint: str = ""


def checks(viewer: User) -> Mapping[str, Sequence[Check]]:
    """By area: data, models, infrastructure, security, evaluation. Of documents those count that `viewer` may read."""
    report = health.latest(max_age_s=FRESH_S, wait_s=health.DEADLINE_S)
    parts = report.parts if report else ()
    return {
        _("Data"): _data(viewer),
        _("Models"): [_of_part(part) for part in parts if part.name in MODELS],
        _("Infrastructure"): [_of_part(part) for part in parts if part.name not in MODELS],
        _("Security"): _security(),
        _("Evaluation"): _evaluation(),
    }


def _of_part(part: health.Part) -> Check:
    read = told(part)
    state = part.state if part.state in ("ok", "warning") else "broken"
    return Check(name=read.name, state=state, message=read.message, hint=read.hint)


def next_step(found: Mapping[str, Sequence[Check]]) -> Check | None:
    """The first thing to do: what is broken before what is only to be looked at, in the order of areas."""
    every = [one for area in found.values() for one in area]
    return next((one for state in ("broken", "warning") for one in every if one.state == state), None)


def _data(viewer: User) -> list[Check]:
    today = timezone.localdate()
    documents = access.readable_documents(viewer).filter(current_version__isnull=False)
    n, expired = documents.count(), documents.filter(current_version__valid_to__lt=today).count()
    old = documents.filter(current_version__uploaded_at__lt=timezone.now() - timedelta(days=365)).count()
    return [
        _check(
            _("Documents"),
            n > 0,
            _("%(n)d documents that you may read can be asked.") % {"n": n},
            _("Bring documents in, or ask their owners to share them with you."),
        ),
        _check(
            _("Validity"),
            not expired,
            _("%(n)d of them have expired.") % {"n": expired},
            _("Replace or withdraw them; the Freshness page lists the oldest."),
        ),
        _check(
            _("Age"),
            not n or old <= n / 2,
            _("%(n)d of them are older than a year.") % {"n": old},
            _("Ask the owners of the oldest whether they still hold."),
        ),
    ]


def _security() -> list[Check]:
    is_https = settings.BASE_URL.startswith("https://")
    return [
        _check(
            _("Environment"),
            settings.PRODUCTION,
            _("RAGAPP_ENV is %(name)s.") % {"name": settings.ENVIRONMENT},
            _("Set RAGAPP_ENV=production: weak settings then stop the start."),
        ),
        _check(
            _("Encryption on the way"),
            is_https,
            _("The site is reached at %(url)s.") % {"url": settings.BASE_URL},
            _("Put a proxy with a certificate before it, and set RAGAPP_BASE_URL to its https address."),
        ),
        _check(
            _("Own database"),
            not settings.EMBEDDED,
            _("The database of bin/up is in use.") if settings.EMBEDDED else _("The database is one of your own."),
            _("Set DATABASE_URL to a server that is backed up."),
        ),
        _check(
            _("Metrics"),
            bool(settings.METRICS_TOKEN),
            _("Metrics need a token.")
            if settings.METRICS_TOKEN
            else _("No token for metrics is set, so nobody can read them."),
            _("Set RAGAPP_METRICS_TOKEN."),
        ),
    ]


def _evaluation() -> list[Check]:
    today = timezone.localdate()
    since = timezone.now() - timedelta(days=30)
    datasets = DatasetVersion.objects.values("dataset").distinct().count()
    runs = EvaluationRun.objects.filter(state=EvaluationRun.State.DONE, finished_at__gte=since).count()
    reviews = Review.objects.filter(created_at__gte=since).count()
    week = total(Narrowed(since=today - timedelta(days=6), until=today))
    return [
        _check(
            _("Datasets"),
            datasets >= ENOUGH_CASES,
            _("%(n)d datasets hold questions with known answers.") % {"n": datasets},
            _("Import one, or make one of reviewed answers."),
        ),
        _check(
            _("Runs"),
            runs > 0,
            _("%(n)d evaluation runs ended in the last 30 days.") % {"n": runs},
            _("Start a run of the production release, and let it run every night."),
        ),
        _check(
            _("Gates"),
            Gate.objects.exists(),
            _("%(n)d gates stand before releases.") % {"n": Gate.objects.count()},
            _("Set at least one gate: a release then needs proof before people get it."),
        ),
        _check(
            _("Reviews"),
            reviews >= ENOUGH_REVIEWS,
            _("%(n)d answers were reviewed in the last 30 days.") % {"n": reviews},
            _("Let reviewers judge thirty answers a month or more, a random sample among them."),
        ),
        _check(
            _("Objectives"),
            Objective.objects.exists(),
            _("%(n)d targets are set.") % {"n": Objective.objects.count()},
            _("Set targets on the Value page."),
        ),
        _check(
            _("Use"),
            week["answers"] > 0,
            _("%(n)d answers in the last seven days.") % {"n": week["answers"]},
            _("Invite a first group, and look at the Quality page after a week."),
        ),
    ]


def _check(name: str, is_ok: bool, message: str, hint: str) -> Check:
    return Check(name=name, state="ok" if is_ok else "warning", message=message, hint="" if is_ok else hint)
