"""How long answers take, stage by stage, and how many come at once."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.dashboards.breakdown import broken_down, day_labels, day_links, plain
from evaluation.dashboards.parts import Board, Chart, Figure, counted, milliseconds, rounded
from evaluation.dashboards.period import Filters
from evaluation.models import Rollup
from evaluation.rollups import buckets
from evaluation.rollups.reading import Narrowed, Sums, by_day, sums, total

# Hours are shown for the last days of the period only.
HOURS_DAYS = 7


def board(filters: Filters) -> Board:
    """Percentiles are read from histograms, within a bucket (a factor of √2) of the true ones."""
    now, before = total(filters.narrowed, histograms=True), total(filters.narrowed.before, histograms=True)
    days = by_day(filters.narrowed, histograms=True)
    measured = int(buckets.counts(now.histograms, "total").sum())
    stages = [one for one in buckets.STAGES if buckets.counts(now.histograms, f"stage:{one}").any()]
    models, names, queries = broken_down(filters, "model", histograms=True)
    hours = _hours(filters.narrowed)
    peak = max(hours, key=lambda row: row["answers"], default=None)
    return Board(
        finding=_finding(now, before),
        figures=[
            Figure(label=label, value=milliseconds(now.percentile("total", share)), n=measured, what="answers")
            for label, share in ((_("Median"), 0.5), (_("95th percentile"), 0.95), (_("99th percentile"), 0.99))
        ]
        + [
            Figure(
                label=_("Busiest hour, answers"),
                value=counted(peak["answers"]) if peak else "–",
                note=timezone.localtime(peak.key[0]).strftime("%Y-%m-%d %H:00") if peak else "",
                link="#chart-throughput",
            ),
            Figure(label=_("Failed"), value=counted(now["failed"]), n=now["answers"], what="failed"),
            Figure(label=_("By a stand-in model"), value=counted(now["fallback"]), n=now["answers"], what="fallback"),
        ],
        charts=[
            Chart(
                name="latency",
                title=_("Time to the whole answer"),
                kind="line",
                axis=_("Day"),
                unit="ms",
                labels=day_labels(days),
                links=day_links(days),
                n=measured,
                series=[
                    plain(_("Median"), [rounded(row.percentile("total", 0.5)) for row in days]),
                    plain(
                        _("95th percentile"), [rounded(row.percentile("total", 0.95)) for row in days], is_quiet=True
                    ),
                ],
            ),
            Chart(
                name="stages",
                title=_("Time by stage"),
                kind="sideways",
                axis=_("Stage"),
                unit="ms",
                labels=stages,
                n=measured,
                series=[
                    plain(_("Median"), [rounded(now.percentile(f"stage:{one}", 0.5)) for one in stages]),
                    plain(
                        _("95th percentile"),
                        [rounded(now.percentile(f"stage:{one}", 0.95)) for one in stages],
                        is_quiet=True,
                    ),
                ],
            ),
            Chart(
                name="models",
                title=_("Time by model"),
                kind="sideways",
                axis=_("Model"),
                unit="ms",
                labels=names,
                links=queries,
                n=measured,
                series=[
                    plain(_("Median"), [rounded(row.percentile("total", 0.5)) for row in models]),
                    plain(
                        _("95th percentile"), [rounded(row.percentile("total", 0.95)) for row in models], is_quiet=True
                    ),
                ],
            ),
            Chart(
                name="throughput",
                title=_("Answers an hour, last %(n)d days of the period") % {"n": HOURS_DAYS},
                kind="bar",
                axis=_("Hour"),
                n=sum(row["answers"] for row in hours),
                labels=[timezone.localtime(row.key[0]).strftime("%m-%d %H:00") for row in hours],
                series=[plain(_("Answers"), [row["answers"] for row in hours])],
            ),
        ],
        notes=[
            _(
                "Percentiles are read from histograms whose buckets grow by a factor of 1.4: they may be off by that "
                "much at worst, mostly by a few percent."
            )
        ],
    )


def _hours(narrowed: Narrowed) -> list[Sums]:
    since = max(narrowed.since, narrowed.until - timedelta(days=HOURS_DAYS - 1))
    return sums(replace(narrowed, since=since), "at", grain=Rollup.Grain.HOUR)


def _finding(now: Sums, before: Sums) -> str:
    p95, was = now.percentile("total", 0.95), before.percentile("total", 0.95)
    if p95 is None:
        return _("Nothing was measured yet.")
    sentence = _("19 of 20 answers are whole within %(time)s") % {"time": milliseconds(p95)}
    if was is None or abs(p95 / was - 1) < 0.1:
        return sentence + "."
    return sentence + _(", %(before)s in the period before.") % {"before": milliseconds(was)}
