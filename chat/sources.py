"""Text follows its sources: what answers say goes with the documents it was made from."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.dispatch import receiver
from django.utils import timezone

from chat.models import Answer, Citation
from documents import access
from documents.lineage import documents_removed, text_withdrawn
from ragapp.accounts.models import User


def all_open(answers: Iterable[Answer], *, reader: User) -> bool:
    """True when every source that supports these answers is still there and `reader` may read it now."""
    supporting = Citation.objects.filter(answer__in=[answer.pk for answer in answers], is_support=True)
    cited = list(supporting.values_list("document_id", "removed_at"))
    gone = any(removed_at is not None for _document, removed_at in cited)
    return not gone and access.may_read_all(reader, {document for document, _removed_at in cited})


def closed_among(answers: Iterable[Answer], *, reader: User) -> set[UUID]:
    """Those of `answers` that rest on a source which is there, but which `reader` may not read now."""
    supporting = Citation.objects.filter(answer__in=[answer.pk for answer in answers], is_support=True)
    closed = supporting.filter(removed_at__isnull=True).exclude(
        document_id__in=access.readable_documents(reader).values("pk")
    )
    return set(closed.values_list("answer", flat=True))


@receiver([documents_removed, text_withdrawn])
def forget(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> dict[str, int]:
    """Takes out of stored answers what removed documents said, or redacted ones before; how many lost something.

    A sentence that cites one of them goes, and so does one without any citation, since it may repeat it. The marker
    stays, and says that a source was removed.
    """
    removed = Citation.objects.filter(document_id__in=document_ids, removed_at__isnull=True)
    answers = list(Answer.objects.filter(citations__in=removed.filter(is_support=True)).distinct())
    removed.update(quote="", title="", removed_at=timezone.now())
    for answer in answers:
        gone = set(answer.citations.filter(removed_at__isnull=False).values_list("marker", flat=True))
        answer.sentences = [_without(sentence, gone) for sentence in answer.sentences if sentence["markers"]]
        answer.text = "\n\n".join(_marked(sentence) for sentence in answer.sentences)
        answer.prompt = []
        answer.question_as_understood = ""
    Answer.objects.bulk_update(answers, ["sentences", "text", "prompt", "question_as_understood"], batch_size=200)
    # A follow-up may have been understood with a title or a term of what is gone.
    Answer.objects.filter(turn__conversation__in={answer.turn.conversation_id for answer in answers}).update(
        question_as_understood="", prompt=[]
    )
    return {"answers": len(answers)}


def _without(sentence: dict[str, Any], gone: set[int]) -> dict[str, Any]:
    lost = sorted(gone & set(sentence["markers"]))
    if not lost:
        return sentence
    return sentence | {"text": "".join(f"[{marker}]" for marker in lost), "markers": lost}


def _marked(sentence: dict[str, Any]) -> str:
    markers = [f"[{marker}]" for marker in sentence["markers"]]
    return " ".join([sentence["text"], *(marker for marker in markers if marker not in sentence["text"])])
