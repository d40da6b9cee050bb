"""Questions a person could ask, taken from the documents they may read."""

from random import Random

from django.contrib.auth.models import AnonymousUser
from django.db.models import F
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from documents.access import readable_documents
from documents.models import Chunk, Document
from ragapp.accounts.models import User

CONSIDERED_DOCUMENTS = 60
CONSIDERED_HEADINGS = 40
MOST_WORDS = 7


def suggested_questions(user: User | AnonymousUser, *, limit: int) -> list[str]:
    """Up to `limit` questions about headings of different documents; the same all day, others tomorrow.

    Documents in the language of the page come first.
    """
    draw = Random(f"{user.pk} {timezone.localdate().isoformat()}")
    documents = list(
        readable_documents(user)
        .filter(current_version__isnull=False, parent__isnull=True, current_version__extractions__is_current=True)
        .annotate(language=F("current_version__extractions__language"))
        .order_by("-updated_at")[:CONSIDERED_DOCUMENTS]
    )
    draw.shuffle(documents)
    page_language = (get_language() or "en")[:2]
    documents.sort(key=lambda document: document.language != page_language)
    found: list[str] = []
    for document in documents:
        if len(found) == limit:
            break
        if heading := _heading(document, draw):
            values = {"title": _calm(document.title), "heading": _inside_a_sentence(heading, document.language)}
            found.append(_("What does “%(title)s” say about %(heading)s?") % values)
    return found


def _heading(document: Document, draw: Random) -> str:
    """A heading of `document` that reads like a subject, or nothing. Of several words rather than of one."""
    paths = (
        Chunk.objects.filter(document=document, index_version__is_live=True)
        .exclude(heading_path="")
        .values_list("heading_path", flat=True)
        .distinct()[:CONSIDERED_HEADINGS]
    )
    subjects = sorted({_subject(path.split(" › ")[-1]) for path in paths} - {"", _calm(document.title)})
    clear = [subject for subject in subjects if " " in subject]
    return draw.choice(clear or subjects) if subjects else ""


def _subject(heading: str) -> str:
    """`heading` without its number; empty where it is too long, or no words."""
    words = heading.strip(" .:").lstrip("0123456789.§ ").strip()
    is_subject = 0 < len(words.split()) <= MOST_WORDS and words[:1].isalpha() and not words.endswith(("?", "!"))
    return _calm(words) if is_subject else ""


def _calm(words: str) -> str:
    """Capitals throughout are read as shouting."""
    return words.capitalize() if words.isupper() and " " in words else words


def _inside_a_sentence(heading: str, language: str) -> str:
    """English headings begin small inside a sentence, unless they begin with a name in capitals."""
    return heading[0].lower() + heading[1:] if language == "en" and heading[1:2].islower() else heading
