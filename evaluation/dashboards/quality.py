"""Whether answers are good: what people, reviewers and the endings say."""

from django.utils.translation import gettext as _

from evaluation.dashboards.breakdown import by_release, day_labels, day_links, sentence
from evaluation.dashboards.parts import Board, Chart, Figure, Series, change, counted, percent, points, share_series
from evaluation.dashboards.period import Filters
from evaluation.rollups.reading import Sums, by_day, sums, total
from ragapp.lib.display import number

ENDINGS = ("answered", "caveat", "conflict", "not_found", "blocked", "failed", "stopped")
THUMBS = ("thumbs_up", "thumbs_down")


def board(filters: Filters) -> Board:
    """Satisfaction, acceptance, reviewers' verdicts and endings."""
    now, before, days = total(filters.narrowed), total(filters.narrowed.before), by_day(filters.narrowed)
    thumbs = now["thumbs_up"] + now["thumbs_down"]
    mean = now["rating_sum"] / now["rated"] if now["rated"] else None
    return Board(
        finding=_finding(filters, now, before),
        figures=[
            Figure(label=_("Questions"), value=counted(now["answers"]), what="answers"),
            Figure(
                label=_("Satisfaction"),
                value=percent(now.share("thumbs_up", *THUMBS)),
                n=thumbs,
                what="rated",
                note=change(now, before, "thumbs_up", *THUMBS),
            ),
            Figure(
                label=_("Accepted answers"),
                value=percent(now.share("accepted", "answers")),
                n=now["answers"],
                what="accepted",
                note=change(now, before, "accepted", "answers"),
            ),
            Figure(
                label=_("Rating, 1 to 5"),
                value="–" if mean is None else number(mean, 2),
                n=now["rated"],
                what="stars",
            ),
            Figure(
                label=_("Judged good by reviewers"),
                value=percent(now.share("reviewed_good", "reviewed")),
                n=now["reviewed"],
                what="reviewed",
            ),
            Figure(
                label=_("A person was asked"),
                value=percent(now.share("escalated", "answers")),
                n=now["answers"],
                what="escalated",
            ),
        ],
        charts=[
            Chart(
                name="satisfaction",
                title=_("Satisfaction: thumbs that point up"),
                kind="line",
                axis=_("Day"),
                labels=day_labels(days),
                unit="%",
                maximum=100,
                n=thumbs,
                what="rated",
                series=[share_series(_("Satisfaction"), days, "thumbs_up", *THUMBS)],
                links=day_links(days),
                finding=sentence(change(now, before, "thumbs_up", *THUMBS)),
                empty=_("The first thumbs will fill this chart."),
            ),
            Chart(
                name="accepted",
                title=_("Accepted answers"),
                kind="line",
                axis=_("Day"),
                labels=day_labels(days),
                unit="%",
                maximum=100,
                n=now["answers"],
                series=[share_series(_("Accepted"), days, "accepted", "answers")],
                links=day_links(days),
                what="accepted",
                finding=sentence(change(now, before, "accepted", "answers")),
            ),
            Chart(
                name="endings",
                title=_("How questions ended"),
                kind="stacked",
                axis=_("Day"),
                labels=day_labels(days),
                n=now["answers"],
                links=day_links(days),
                series=[Series(label=label, values=[row[name] for row in days]) for name, label in endings()],
            ),
            by_release(filters, "satisfaction-by-release", _("Satisfaction by release"), "thumbs_up", *THUMBS),
        ],
    )


def endings() -> list[tuple[str, str]]:
    """The counts of endings with their names."""
    labels = (
        _("Answered"),
        _("With a caveat"),
        _("Sources conflict"),
        _("Not in the documents"),
        _("Blocked"),
        _("Failed"),
        _("Stopped"),
    )
    return list(zip(ENDINGS, labels, strict=True))


def _finding(filters: Filters, now: Sums, before: Sums) -> str:
    if not now["answers"]:
        return _("Nobody has asked anything in this period.")
    satisfaction = now.share("thumbs_up", *THUMBS)
    if satisfaction is None:
        return _("%(n)s questions, and no feedback yet.") % {"n": counted(now["answers"])}
    moved = change(now, before, "thumbs_up", *THUMBS)
    sentence = _("%(share)s of rated answers were helpful") % {"share": percent(satisfaction)}
    sentence += f", {moved}" if moved else ""
    worst = _worst_collection(filters)
    return sentence + (_(", least in %(name)s") % {"name": worst} if worst else "") + "."


def _worst_collection(filters: Filters) -> str:
    """Where people are clearly less satisfied than elsewhere (at least 30 thumbs and 5 points below all)."""
    rows = [row for row in sums(filters.narrowed, "collection_id") if row["thumbs_up"] + row["thumbs_down"] >= 30]
    if len(rows) < 2:
        return ""
    worst = min(rows, key=lambda row: row.share("thumbs_up", *THUMBS) or 0)
    everywhere = sum(row["thumbs_up"] for row in rows) / sum(row["thumbs_up"] + row["thumbs_down"] for row in rows)
    gap = (points(everywhere) or 0) - (points(worst.share("thumbs_up", *THUMBS)) or 0)
    return filters.collection(worst.key[0]) if gap >= 5 else ""
