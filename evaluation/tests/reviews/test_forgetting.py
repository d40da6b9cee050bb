"""What was written from documents goes with them; the verdicts stay."""

import pytest
from django.utils import timezone

from documents.lineage import documents_removed
from documents.models import Document
from documents.retrieval.spans import Passage
from evaluation import escalation
from evaluation.models import Escalation, Review
from evaluation.reviews import judging, sampling

pytestmark = pytest.mark.django_db


def removed(document):
    return documents_removed.send(sender=Document, document_ids=[document.pk])


def test_corrections_and_replies_go_with_the_documents_of_the_answer(world):
    answer, other = world.answer(world.public), world.answer()
    for one in (answer, other):
        judgement = judging.Judgement(rubric={"correct": False}, corrected_answer="Sixty.", note="See 5.3.")
        judging.record(sampling.by_hand(one), judgement, reviewer=world.rita, now=timezone.now())
        escalation.reply(escalation.ask_a_person(one, user=world.ann), text="Sixty.", by=world.rita)

    told = [counts for _receiver, counts in removed(world.public)]

    assert {"reviews": 1, "replies": 1} in told
    gone = Review.objects.get(answer=answer)
    assert (gone.verdict, gone.corrected_answer, gone.note) == ("bad", "", "")
    assert Escalation.objects.get(answer=answer).reply == ""
    assert Review.objects.get(answer=other).corrected_answer == "Sixty."
    assert Escalation.objects.get(answer=other).reply == "Sixty."


def test_a_correction_goes_with_the_passage_it_names(world):
    right = Passage(
        chunk_id=1,
        document_id=world.secret.pk,
        version_id=1,
        version_number=1,
        extraction_id=1,
        title="Secret",
        heading_path="",
        text="",
        start=0,
        end=5,
        page=None,
    )
    judgement = judging.Judgement(rubric={"correct": False}, corrected_answer="From the secret.", right=right)
    judging.record(sampling.by_hand(world.answer()), judgement, reviewer=world.rita, now=timezone.now())

    removed(world.secret)

    assert Review.objects.get().corrected_answer == ""
