"""What moved: each signal of the latest look beside its threshold, and how it went over the period."""

from collections import defaultdict

from django.urls import reverse
from django.utils.translation import gettext as _

from evaluation import alerts
from evaluation.dashboards.breakdown import plain
from evaluation.dashboards.parts import Board, Chart, Figure, Item
from evaluation.dashboards.period import Filters
from evaluation.models import DriftCheck
from evaluation.models.drift import change
from ragapp.lib.display import number


def board(filters: Filters) -> Board:
    """Looks are made at night; of the filters only the period counts here."""
    narrowed = filters.narrowed
    checks = DriftCheck.objects.filter(day__gte=narrowed.since, day__lte=narrowed.until).order_by("day")
    by_signal: dict[str, list[DriftCheck]] = defaultdict(list)
    for one in checks:
        by_signal[one.signal].append(one)
    latest = [rows[-1] for rows in by_signal.values()]
    drifted = [one for one in latest if one.is_drift]
    return Board(
        finding=_finding(latest, drifted),
        figures=[
            Figure(
                label=str(one.get_signal_display()),
                value=_("moved") if one.is_drift else _("as before"),
                n=one.n_now,
                note=_note(one),
                link=f"#chart-{one.signal.replace('_', '-')}",
            )
            for one in sorted(latest, key=lambda one: (not one.is_drift, one.threshold - one.effect))
        ],
        charts=[
            Chart(
                name=signal.replace("_", "-"),
                title=str(DriftCheck.Signal(signal).label),
                kind="line",
                axis=_("Week that ended with"),
                labels=[one.day.isoformat() for one in rows],
                n=rows[-1].n_now,
                what="",
                series=[
                    plain(_("Effect"), [round(one.effect, 4) for one in rows]),
                    plain(_("Threshold"), [round(one.threshold, 4) for one in rows], is_quiet=True),
                ],
            )
            for signal, rows in sorted(by_signal.items(), key=lambda pair: not pair[1][-1].is_drift)
        ],
        items_title=_("Open alerts about drift"),
        items=[
            Item(label=one.title, url=reverse("evaluation:alert", args=[one.pk]), note=one.sentence)
            for one in alerts.open_alerts().filter(kind="drift").order_by("-last_at")[:20]
        ],
        notes=[
            _(
                "Each signal compares a week with the four weeks before it. An alarm needs an effect above what "
                "shuffling the two periods reaches, and above a smallest effect; at least 200 answers in both."
            )
        ],
    )


def _note(one: DriftCheck) -> str:
    said = _("effect %(effect)s, threshold %(threshold)s") % {
        "effect": number(one.effect, 2),
        "threshold": number(one.threshold, 2),
    }
    if one.now is None or one.before is None:
        return said
    return f"{said}; {change(one.signal, one.before, one.now)}"


def _finding(latest: list[DriftCheck], drifted: list[DriftCheck]) -> str:
    if not latest:
        return _("Nothing was looked at yet. Looks are made at night, once there are 200 answers in a week.")
    if not drifted:
        return _("Nothing moved: %(n)d signals are as in the weeks before.") % {"n": len(latest)}
    names = ", ".join(str(one.get_signal_display()) for one in drifted)
    return _("%(n)d of %(all)d signals moved: %(names)s.") % {"n": len(drifted), "all": len(latest), "names": names}
