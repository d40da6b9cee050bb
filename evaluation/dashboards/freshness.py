"""How old the sources are: of the documents that the viewer may read."""

from datetime import timedelta
from itertools import pairwise

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from documents import access
from evaluation.dashboards.breakdown import plain
from evaluation.dashboards.parts import Board, Chart, Figure, Item, counted, percent
from evaluation.dashboards.period import Filters
from ragapp.accounts.models import User

OLD = timedelta(days=365)
SOON = timedelta(days=30)
# So many of the oldest are listed, and of those that are due.
OLDEST, LISTED = 15, 200
# Days up to which each bar reaches; the last one has no end.
AGES = (30, 90, 180, 365, 730)


def board(filters: Filters, viewer: User) -> Board:
    """Age counts from the upload of the current version; validity as it was read or confirmed."""
    now, today = timezone.now(), timezone.localdate()
    documents = access.readable_documents(viewer).filter(current_version__isnull=False)
    if filters.narrowed.collection_id is not None:
        documents = documents.filter(collection_id=filters.narrowed.collection_id)
    uploaded = "current_version__uploaded_at"
    edges = [now - timedelta(days=days) for days in AGES]
    bands = [Q(**{f"{uploaded}__gte": edges[0]})]
    bands += [Q(**{f"{uploaded}__lt": new, f"{uploaded}__gte": old}) for new, old in pairwise(edges)]
    bands.append(Q(**{f"{uploaded}__lt": edges[-1]}))
    is_expired = Q(current_version__valid_to__lt=today)
    is_expiring = Q(current_version__valid_to__gte=today, current_version__valid_to__lte=today + SOON)
    is_old = Q(**{f"{uploaded}__lt": now - OLD})
    is_due = is_old | is_expired | is_expiring
    counts = documents.aggregate(
        n=Count("pk"),
        old=Count("pk", filter=is_old),
        due=Count("pk", filter=is_due),
        expired=Count("pk", filter=is_expired),
        expiring=Count("pk", filter=is_expiring),
        **{f"band{place}": Count("pk", filter=band) for place, band in enumerate(bands)},
    )
    collections = list(
        documents.values("collection_id", "collection__name")
        .annotate(n=Count("pk"), old=Count("pk", filter=is_old | is_expired))
        .order_by("-n")[:20]
    )
    shown = documents.annotate(
        is_due=ExpressionWrapper(is_due, output_field=BooleanField()),
        at=F(uploaded),
        ends=F("current_version__valid_to"),
    ).order_by("-is_due", "at")[: max(OLDEST, min(counts["due"], LISTED))]
    n = counts["n"]
    return Board(
        finding=_("%(old)d of %(n)d documents that you may read are older than a year; %(expired)d have expired.")
        % {"old": counts["old"], "n": n, "expired": counts["expired"]},
        figures=[
            Figure(label=_("Documents you may read"), value=counted(n), link=reverse("documents:collections")),
            Figure(label=_("Older than a year"), value=percent(counts["old"] / n if n else None), n=n, link="#items"),
            Figure(label=_("Expired, and still answering"), value=counted(counts["expired"]), n=n, link="#items"),
            Figure(label=_("Expire within 30 days"), value=counted(counts["expiring"]), n=n, link="#items"),
        ],
        charts=[
            Chart(
                name="ages",
                title=_("Age of the current versions"),
                kind="bar",
                axis=_("Age"),
                n=n,
                what="",
                labels=[
                    *(_("up to %(n)d days") % {"n": days} for days in AGES),
                    _("more than %(n)d days") % {"n": AGES[-1]},
                ],
                series=[plain(_("Documents"), [counts[f"band{place}"] for place in range(len(bands))])],
                empty=_("The first documents will fill this chart."),
            ),
            Chart(
                name="old-by-collection",
                title=_("Older than a year or expired, by collection"),
                kind="sideways",
                axis=_("Collection"),
                n=n,
                what="",
                unit="%",
                maximum=100,
                labels=[row["collection__name"] for row in collections],
                series=[plain(_("Old or expired"), [round(100 * row["old"] / row["n"], 1) for row in collections])],
                empty=_("The first documents will fill this chart."),
            ),
        ],
        items_title=_("Old, expired and expiring documents, then the oldest"),
        items=[
            Item(
                label=one.title,
                url=reverse("documents:document", args=[one.pk]),
                note=f"{one.at:%Y-%m-%d}" + (f" · {_('valid to')} {one.ends}" if one.ends else ""),
            )
            for one in shown
        ],
    )
