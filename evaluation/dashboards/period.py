"""What a page is narrowed to, read from its address: nothing that is there can fail, and everything can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from chat.models import Release
from documents import access
from evaluation.models import Rollup, Simulation
from evaluation.rollups.reading import Narrowed
from ragapp.accounts.models import User
from ragapp.lib.numbers import whole_number

PERIODS = (7, 30, 90)
DAYS_MAX = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of a filter."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What was chosen, what there is to choose, and the names of what the viewer may name."""

    narrowed: Narrowed
    query: str
    periods: Sequence[Choice]
    releases: Sequence[Choice]
    models: Sequence[Choice]
    collections: Sequence[Choice]
    groups: Sequence[Choice]
    release_names: Mapping[int, str]
    collection_names: Mapping[int, str]
    group_names: Mapping[int, str]
    # Releases whose answers nobody asked for.
    simulated: frozenset[int]

    def release(self, pk: int) -> str:
        return self.release_names.get(pk, _("no release"))

    def collection(self, pk: int) -> str:
        """Names of collections are for those who may read them."""
        return _("Everything") if pk == 0 else self.collection_names.get(pk, _("a collection you may not read"))

    def group(self, pk: int) -> str:
        return self.group_names.get(pk, _("a group that is gone"))


def read(parameters: Mapping[str, str], *, viewer: User, today: date | None = None) -> Filters:
    """`days` (7, 30 or 90) or `since` and `until`; `release`, `model`, `collection`, `group`. Nonsense is ignored."""
    today = today or timezone.localdate()
    since, until, days = _period(parameters, today)
    releases = dict(Release.objects.order_by("-pk").values_list("pk", "name")[:200])
    collections = dict(access.collections_for(viewer).values_list("pk", "name"))
    groups = dict(Group.objects.order_by("name").values_list("pk", "name"))
    models = _models()
    release = _one_of(parameters.get("release", ""), releases)
    collection = _one_of(parameters.get("collection", ""), collections)
    group = _one_of(parameters.get("group", ""), groups)
    model = parameters.get("model") if parameters.get("model") in models else None
    narrowed = Narrowed(
        since=since, until=until, release_id=release, model=model, collection_id=collection, group_id=group
    )
    chosen: dict[str, object] = {"since": since, "until": until} if days is None else {"days": days}
    chosen |= {"release": release, "model": model, "collection": collection, "group": group}
    return Filters(
        narrowed=narrowed,
        query=urlencode({name: value for name, value in chosen.items() if value is not None}),
        periods=[
            *(Choice(value=str(n), label=_("Last %(n)d days") % {"n": n}, is_chosen=n == days) for n in PERIODS),
            *([] if days else [Choice(value="", label=f"{since} – {until}", is_chosen=True)]),
        ],
        releases=_choices(releases, release),
        models=[Choice(value=one, label=one or _("none"), is_chosen=one == model) for one in models],
        collections=_choices(collections, collection),
        groups=_choices(groups, group),
        release_names=releases,
        collection_names=collections,
        group_names=groups,
        simulated=simulated_releases(),
    )


def _period(parameters: Mapping[str, str], today: date) -> tuple[date, date, int | None]:
    """First and last day, and the number of days where it is one of PERIODS up to today."""
    since, until = _date(parameters.get("since", "")), _date(parameters.get("until", ""))
    if since and until and since <= until and (until - since).days < DAYS_MAX:
        return since, until, None
    days = whole_number(parameters.get("days", ""))
    days = days if days in PERIODS else 30
    return today - timedelta(days=days - 1), today, days


def _date(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 2000 <= found.year < 2100 else None


def _one_of(text: str, known: Mapping[int, str]) -> int | None:
    number = whole_number(text)
    return number if number in known else None


def _choices(known: Mapping[int, str], chosen: int | None) -> list[Choice]:
    return [Choice(value=str(pk), label=name, is_chosen=pk == chosen) for pk, name in known.items()]


def _models() -> list[str]:
    """Those that answered, by the totals of days."""
    rows = Rollup.objects.filter(grain=Rollup.Grain.DAY, group_id=0)
    return sorted(set(rows.values_list("model", flat=True).distinct()))


def simulated_releases() -> frozenset[int]:
    """The releases that only simulated answers have."""
    return frozenset(Simulation.releases())
