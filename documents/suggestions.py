"""Questions a person could ask, taken from the documents they may read."""

import re
from collections.abc import Iterable
from random import Random
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Max, Min, Sum
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from documents.access import listed_documents, readable_documents
from documents.models import Chunk, Document
from ragapp.accounts.models import User

CONSIDERED_DOCUMENTS = 60
CONSIDERED_HEADINGS = 80
FEWEST_WORDS, MOST_WORDS = 2, 6
# So much text stands under a heading that a question about it can be answered.
FEWEST_TOKENS = 40
# Headings that say where one is rather than what is there, in the languages of the samples.
GENERIC = frozenset(
    """
    reference references introduction contents overview summary general scope purpose definitions appendix annex
    contact contacts version history welcome conclusion background inhaltsverzeichnis einleitung geltungsbereich
    inkrafttreten anhang allgemeines überblick zweck
    """.split()
)
# A number in front, and whatever letter or sign belongs to it.
_NUMBER = re.compile(
    r"^(?:(?:section|chapter|part|annex|appendix|abschnitt|kapitel)\s+)?[§\s]*[\dIVX]+(?:[.:)\d]+|\b)\s*", re.I
)
_RULES = re.compile(r"\b(rules?|polic(?:y|ies)|limits?|rates?|deadlines?|hours|steps|requirements|allowances?)\b", re.I)
# Half a sentence, or one that needs its place or its day to be understood.
_LEANS = re.compile(
    r"^(?:what|when|where|why|if|before|after|next|last|latest|previous|current|upcoming)\b"
    r"|^(?:nächste|letzte|vorige|aktuelle|kommende)[rsnm]?\b|\b(?:this|these|there|here|us|we)\b",
    re.I,
)


def suggested_questions(user: User | AnonymousUser, *, limit: int) -> list[str]:
    """Up to `limit` questions about headings, of different documents first; the same all day, others tomorrow.

    Documents in the language of the page come first.
    """
    draw = Random(f"{user.pk} {timezone.localdate().isoformat()}")
    documents = list(
        listed_documents(user)
        .filter(current_version__isnull=False, parent__isnull=True, current_version__extractions__is_current=True)
        .annotate(language=F("current_version__extractions__language"))
        .order_by("-updated_at")[:CONSIDERED_DOCUMENTS]
    )
    draw.shuffle(documents)
    page_language = (get_language() or "en")[:2]
    documents.sort(key=lambda document: document.language != page_language)
    # One heading of each document; only then a second one of some.
    waiting = [(document, _headings(document, draw)) for document in documents]
    found: list[str] = []
    while waiting and len(found) < limit:
        document, headings = waiting.pop(0)
        if headings:
            found.append(_question(headings.pop(), is_native=document.language == page_language))
            waiting.append((document, headings))
    return found


def follow_ups(user: User | AnonymousUser, places: Iterable[tuple[UUID, int]], *, asked: str, limit: int) -> list[str]:
    """Up to `limit` questions about what stands nearest to these places, each a document and an offset in its text.

    Headings above the places themselves are left out, and what `asked` names already. The same places give the same.
    """
    at: dict[UUID, list[int]] = {}
    for document_id, offset in places:
        at.setdefault(document_id, []).append(offset)
    page_language = (get_language() or "en")[:2]
    words = set(asked.casefold().split())
    near: list[tuple[int, str]] = []
    rows = (
        readable_documents(user)
        .filter(pk__in=at, current_version__extractions__is_current=True)
        .annotate(language=F("current_version__extractions__language"))
    )
    for document in rows:
        for heading, start, end in _sections(document):
            subject = _subject(heading)
            away = min(max(start - offset, offset - end + 1, 0) for offset in at[document.pk])
            if subject and away and not words.issuperset(subject.casefold().split()):
                near.append((away, _question(subject, is_native=document.language == page_language)))
    return list(dict.fromkeys(question for _away, question in sorted(near)))[:limit]


def _sections(document: Document) -> Iterable[tuple[str, int, int]]:
    """The headings of `document` with enough text below them, each with where that begins and ends."""
    rows = (
        Chunk.objects.filter(version=document.current_version_id, index_version__is_live=True)
        .exclude(heading_path="")
        .values("heading_path")
        .annotate(below=Sum("tokens"), begins=Min("start"), ends=Max("end"))
        .filter(below__gte=FEWEST_TOKENS)
        .order_by("begins")[:CONSIDERED_HEADINGS]
    )
    for row in rows:
        yield row["heading_path"].split(" › ")[-1], row["begins"], row["ends"]


def _question(heading: str, *, is_native: bool) -> str:
    """`heading` as something a person asks; one in another language than the page's is quoted."""
    if not is_native:
        return _("What should I know about “%(subject)s”?") % {"subject": heading}
    subject = re.sub(r"\byour\b", "my", _inside_a_sentence(heading), flags=re.I)
    if subject.startswith("who "):
        return heading + "?"
    if subject.startswith("how to "):
        return _("How do I %(task)s?") % {"task": subject.removeprefix("how to ")}
    if _RULES.search(subject):
        return _("What are the %(subject)s?") % {"subject": subject}
    return _("What should I know about %(subject)s?") % {"subject": subject}


def _headings(document: Document, draw: Random) -> list[str]:
    """Headings of `document` that read like a subject and have enough text below them, in the order of the day."""
    paths = (
        Chunk.objects.filter(version=document.current_version_id, index_version__is_live=True)
        .exclude(heading_path="")
        .values("heading_path")
        .annotate(below=Sum("tokens"))
        .filter(below__gte=FEWEST_TOKENS)
        .order_by("heading_path")
        .values_list("heading_path", flat=True)[:CONSIDERED_HEADINGS]
    )
    subjects = sorted({_subject(path.split(" › ")[-1]) for path in paths} - {"", _calm(document.title)})
    draw.shuffle(subjects)
    return subjects


def _subject(heading: str) -> str:
    """`heading` without its number; empty where it is no phrase of a few plain words, or names no subject."""
    phrase = _calm(_NUMBER.sub("", heading.strip(" .:")).strip())
    words = phrase.split()
    is_subject = (
        FEWEST_WORDS <= len(words) <= MOST_WORDS
        and all(re.fullmatch(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*,?", word) for word in words)
        and not any(word.isupper() and len(word) > 1 for word in words)
        and not _LEANS.search(phrase)
        and GENERIC.isdisjoint(word.strip(",").lower() for word in words)
    )
    return phrase if is_subject else ""


def _calm(words: str) -> str:
    """Capitals throughout are read as shouting."""
    return words.capitalize() if words.isupper() and " " in words else words


def _inside_a_sentence(heading: str) -> str:
    """Headings begin small inside a sentence, unless they begin with a name in capitals; German ones with a noun."""
    if (get_language() or "en").startswith("de"):
        return heading
    return heading[0].lower() + heading[1:] if heading[1:2].islower() else heading
