"""Questions a person could ask, taken from the documents they may read."""

from datetime import date
from random import Random

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext as _

from documents.access import readable_documents
from documents.models import Chunk, Document
from ragapp.accounts.models import User

CONSIDERED_DOCUMENTS = 60
CONSIDERED_HEADINGS = 40
HEADING_WORDS = range(1, 9)


def suggested_questions(user: User | AnonymousUser, *, limit: int) -> list[str]:
    """Up to `limit` questions about headings of different documents; the same all day, others tomorrow."""
    today: date = timezone.localdate()
    draw = Random(f"{user.pk} {today.isoformat()}")
    documents = list(
        readable_documents(user)
        .filter(current_version__isnull=False, parent__isnull=True)
        .order_by("-updated_at")[:CONSIDERED_DOCUMENTS]
    )
    draw.shuffle(documents)
    found: list[str] = []
    for document in documents:
        if len(found) == limit:
            break
        if heading := _heading(document, draw):
            found.append(
                _("What does “%(title)s” say about %(heading)s?") % {"title": document.title, "heading": heading}
            )
    return found


def _heading(document: Document, draw: Random) -> str:
    """A heading of `document` that reads like a subject, or nothing."""
    paths = (
        Chunk.objects.filter(document=document, index_version__is_live=True)
        .exclude(heading_path="")
        .values_list("heading_path", flat=True)
        .distinct()[:CONSIDERED_HEADINGS]
    )
    subjects = sorted(
        {
            subject
            for path in paths
            if (subject := _subject(path.split(" › ")[-1])) and subject.casefold() != document.title.casefold()
        }
    )
    return draw.choice(subjects) if subjects else ""


def _subject(heading: str) -> str:
    """`heading` without its number; empty where it is too long, or no words."""
    words = heading.strip(" .:").lstrip("0123456789.§ ").strip()
    return words if len(words.split()) in HEADING_WORDS and any(letter.isalpha() for letter in words) else ""
