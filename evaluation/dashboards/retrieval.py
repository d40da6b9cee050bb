"""Whether the right passages are found: how sure the site was, what found nothing, where the used passage stood."""

from django.utils.translation import gettext as _

from evaluation.dashboards.breakdown import broken_down, day_labels, day_links, plain, sentence
from evaluation.dashboards.parts import Board, Chart, Figure, change, percent, rounded, share_series
from evaluation.dashboards.period import Filters
from evaluation.rollups import buckets
from evaluation.rollups.reading import by_day, total
from ragapp.lib.display import number


def board(filters: Filters) -> Board:
    """Sufficiency, refusals, and the place of the passage that was used."""
    now, before = total(filters.narrowed, histograms=True), total(filters.narrowed.before)
    days = by_day(filters.narrowed, histograms=True)
    labels, links = day_labels(days), day_links(days)
    sure = now.percentile("sufficiency", 0.5)
    moved = change(now, before, "not_found", "answers")
    collections, names, queries = broken_down(filters, "collection_id")
    spread = buckets.counts(now.histograms, "sufficiency")
    finding = _("%(share)s of questions found nothing in the documents") % {
        "share": percent(now.share("not_found", "answers"))
    }
    return Board(
        finding=f"{finding}, {moved}." if moved else f"{finding}." if now["answers"] else _("Nothing was asked yet."),
        figures=[
            Figure(
                label=_("Not in the documents"),
                value=percent(now.share("not_found", "answers")),
                n=now["answers"],
                what="not_found",
                note=moved,
            ),
            Figure(
                label=_("How sure passages answer, median"),
                value="–" if sure is None else number(sure, 2),
                n=int(spread.sum()),
                what="weighed",
            ),
            Figure(
                label=_("Used passage ranked first"),
                value=percent(now.share("cited_first", "cited")),
                n=now["cited"],
                what="cited_first",
            ),
            Figure(
                label=_("Used passage among the first five"),
                value=percent(now.share("cited_top5", "cited")),
                n=now["cited"],
                what="cited",
            ),
        ],
        charts=[
            Chart(
                name="not-found",
                title=_("Questions without an answer in the documents"),
                kind="line",
                axis=_("Day"),
                labels=labels,
                links=links,
                unit="%",
                what="not_found",
                n=now["answers"],
                finding=sentence(moved),
                series=[share_series(_("Not in the documents"), days, "not_found", "answers")],
            ),
            Chart(
                name="sufficiency",
                title=_("How sure the site was that passages answer (0 to 1)"),
                kind="line",
                axis=_("Day"),
                labels=labels,
                links=links,
                what="weighed",
                maximum=1,
                n=int(spread.sum()),
                series=[
                    plain(_("Median"), [rounded(row.percentile("sufficiency", 0.5), 3) for row in days]),
                    plain(
                        _("Lowest tenth"),
                        [rounded(row.percentile("sufficiency", 0.1), 3) for row in days],
                        is_quiet=True,
                    ),
                ],
            ),
            Chart(
                name="place",
                title=_("Where the best used passage stood"),
                kind="line",
                axis=_("Day"),
                labels=labels,
                links=links,
                unit="%",
                maximum=100,
                n=now["cited"],
                what="cited",
                series=[share_series(_("First"), days, "cited_first", "cited")],
            ),
            Chart(
                name="sufficiency-spread",
                title=_("How often the site was how sure"),
                kind="bar",
                axis=_("Sufficiency"),
                labels=buckets.labels("sufficiency"),
                n=int(spread.sum()),
                series=[plain(_("Answers"), [int(n) for n in spread])],
            ),
            Chart(
                name="not-found-by-collection",
                title=_("Not in the documents, by where was asked"),
                kind="sideways",
                axis=_("Asked in"),
                labels=names,
                links=queries,
                unit="%",
                what="not_found",
                n=now["answers"],
                series=[share_series(_("Not in the documents"), collections, "not_found", "answers")],
            ),
        ],
    )
