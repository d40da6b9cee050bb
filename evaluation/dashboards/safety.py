"""What guards did, and how much of what was said had no support."""

from django.utils.translation import gettext as _

from evaluation.dashboards.breakdown import by_release, day_labels, day_links, plain, sentence
from evaluation.dashboards.parts import Board, Chart, Figure, change, percent, share_series
from evaluation.dashboards.period import Filters
from evaluation.rollups import buckets
from evaluation.rollups.reading import by_day, total


def board(filters: Filters) -> Board:
    """Guards, refusals and support."""
    now, before = total(filters.narrowed, histograms=True), total(filters.narrowed.before)
    days = by_day(filters.narrowed)
    labels, links = day_labels(days), day_links(days)
    moved = change(now, before, "unsupported", "sentences")
    spread = buckets.counts(now.histograms, "support")
    finding = _("%(share)s of sentences had no support in their sources") % {
        "share": percent(now.share("unsupported", "sentences"))
    }
    return Board(
        finding=(f"{finding}, {moved}." if moved else f"{finding}.")
        if now["sentences"]
        else _("Nothing was said yet."),
        figures=[
            Figure(
                label=_("Sentences without support"),
                value=percent(now.share("unsupported", "sentences")),
                n=now["sentences"],
                what="unsupported",
                note=moved,
            ),
            Figure(
                label=_("Guards acted"),
                value=percent(now.share("guarded", "answers")),
                n=now["answers"],
                what="guarded",
                note=change(now, before, "guarded", "answers"),
            ),
            Figure(
                label=_("Blocked"), value=percent(now.share("blocked", "answers")), n=now["answers"], what="blocked"
            ),
            Figure(
                label=_("Sources conflict"),
                value=percent(now.share("conflict", "answers")),
                n=now["answers"],
                what="conflict",
            ),
        ],
        charts=[
            Chart(
                name="unsupported",
                title=_("Sentences without support"),
                kind="line",
                axis=_("Day"),
                labels=labels,
                links=links,
                unit="%",
                what="unsupported",
                n=now["sentences"],
                finding=sentence(moved),
                series=[share_series(_("Without support"), days, "unsupported", "sentences")],
            ),
            Chart(
                name="guards",
                title=_("Answers in which a guard acted"),
                kind="line",
                axis=_("Day"),
                labels=labels,
                links=links,
                unit="%",
                what="guarded",
                n=now["answers"],
                series=[share_series(_("Guards acted"), days, "guarded", "answers")],
            ),
            Chart(
                name="support-spread",
                title=_("Share of an answer's sentences with support"),
                kind="bar",
                axis=_("Supported share"),
                labels=buckets.labels("support"),
                n=int(spread.sum()),
                series=[plain(_("Answers"), [int(n) for n in spread])],
            ),
            by_release(
                filters, "unsupported-by-release", _("Sentences without support by release"), "unsupported", "sentences"
            ),
        ],
    )
