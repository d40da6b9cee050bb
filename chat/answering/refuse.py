"""Says that the documents do not answer, what was searched, and what came nearest."""

from collections.abc import Mapping

from django.db.models import Count

from chat.answering.language import language_of, say, spoken_name
from chat.answering.types import Draft, Order
from documents import access
from ragapp.accounts.models import User

NAMED_COLLECTIONS = 5


def run(order: Order, *, has_nearest: bool) -> Draft:
    """The text of a refusal, in the question's language."""
    reader = User.objects.get(pk=order.reader_id)
    documents = access.documents_in(access.scope_of(reader, private=order.private_collection_id or False))
    collections = access.collections_for(reader)
    if order.collection_id is not None:
        documents = documents.filter(collection=order.collection_id)
        collections = collections.filter(pk=order.collection_id)
    count = documents.filter(current_version__isnull=False).count()
    sentences = [say("not_found", order.language), _searched(order.language, count, [c.name for c in collections])]
    languages = (
        documents.filter(current_version__extractions__is_current=True)
        .exclude(current_version__extractions__language="")
        .values_list("current_version__extractions__language")
        .annotate(documents=Count("pk", distinct=True))
    )
    # Of a question without a word that tells, the language is only presumed.
    is_known = language_of(order.question, usual="") == order.language
    if is_known and (said := _other_language(order.language, dict(languages))):
        sentences.append(said)
    if has_nearest:
        sentences.append(say("nearest", order.language))
    return Draft(text=" ".join(sentences))


def _other_language(language: str, documents: Mapping[str, int]) -> str:
    """That little is found because the documents are in another language; empty when at least half are in this one.

    `documents`: how many are in which language.
    """
    total, own = sum(documents.values()), documents.get(language, 0)
    if not total or 2 * own >= total:
        return ""
    theirs = max((other for other in documents if other != language), key=lambda other: documents[other])
    return say(
        "mostly_other_language" if own else "other_language",
        language,
        asked=spoken_name(language, to=language),
        theirs=spoken_name(theirs, to=language),
    )


def _searched(language: str, documents: int, names: list[str]) -> str:
    if not documents:
        return say("searched_nothing", language)
    shown = ", ".join(names[:NAMED_COLLECTIONS]) + (" …" if len(names) > NAMED_COLLECTIONS else "")
    key = "searched_one" if documents == 1 else "searched"
    return say(key, language, documents=documents, collections=shown)
