"""Where a bad answer went wrong: each stage, on answers that were made for real."""

import pytest
from django.utils import timezone

from chat.answering.run import ask_once
from chat.models import Answer, Conversation
from chat.tests.conftest import LEAVE, add, library, llm  # noqa: F401  read in for real
from documents.models import Chunk, IngestionRun
from evaluation import feedback
from evaluation.models import Review, ReviewItem, Rule, Stage
from evaluation.reviews import judging, sampling, stages
from evaluation.tasks import pick_for_review
from ragapp.accounts.models import Role, RoleAssignment

pytestmark = pytest.mark.django_db
QUESTION = "How many days of parental leave do I get?"
FILLER = "# Desk {n}\n\n" + "Parental leave days are counted by desk {n}, which gives leave to each child. " * 3


def asked(question, reader, **options):
    return Answer.objects.get(pk=ask_once(question, user=reader, **options).answer_id)


def span(words):
    chunk = Chunk.objects.get(text__contains=words)
    return stages.Span(
        document_id=chunk.document_id,
        version_id=chunk.version_id,
        extraction_id=chunk.extraction_id,
        start=chunk.start,
        end=chunk.end,
    )


def stage_of(answer, right):
    found = stages.of(answer, right)
    return found.stage, found.is_presumed


def test_what_came_after_the_question_was_not_ingested(library, reader, owner, add):  # noqa: F811
    answer = asked("Who designed the company logo?", reader)
    late = add(library["leave"].collection, "logo.md", "# Logo\n\nMaeve Kerrigan designed the company logo.", by=owner)

    assert late.current_version is not None
    assert stage_of(answer, span("Maeve")) == (Stage.NOT_INGESTED, False)
    assert stage_of(answer, None) == (Stage.NOT_INGESTED, True)


def test_what_failed_to_be_read_was_not_ingested(library, reader):  # noqa: F811
    answer = asked(QUESTION, reader)
    answer.citations.all().delete()
    IngestionRun.objects.filter(version=library["leave"].current_version_id).update(state="failed")

    assert stage_of(answer, span("60 days"))[0] == Stage.NOT_INGESTED


def test_what_the_asker_may_not_read_was_not_permitted(library, reader):  # noqa: F811
    answer = asked("What is the maximum salary in band E4?", reader)

    assert stage_of(answer, span("74600")) == (Stage.NOT_PERMITTED, False)


def test_what_the_search_did_not_bring_was_not_retrieved(library, reader, collection, owner):  # noqa: F811
    elsewhere = collection("Elsewhere", readers=[reader], owners=[owner])
    answer = asked(QUESTION, reader, collection_id=elsewhere.pk)

    assert stage_of(answer, span("60 days")) == (Stage.NOT_RETRIEVED, False)


def test_what_others_were_preferred_to_was_ranked_too_low(library, reader, owner, add):  # noqa: F811
    for n in range(14):
        add(library["leave"].collection, f"desk{n}.md", FILLER.format(n=n), by=owner)
    answer = asked("Which desk counts parental leave days?", reader)
    cut = next(one for one in answer.candidates if one["fate"] in ("below", "crowded", "repeats"))
    chunk = Chunk.objects.get(pk=cut["chunk_id"])

    right = span(chunk.text[:40]) if Chunk.objects.filter(text__contains=chunk.text[:40]).count() == 1 else None
    assert right is not None
    assert stage_of(answer, right) == (Stage.RANKED_LOW, False)


def test_what_did_not_fit_the_prompt_was_cut(library, reader, owner, add, llm, settings):  # noqa: F811
    settings.LLM_CONTEXT_TOKENS, settings.LLM_MAX_OUTPUT_TOKENS = 1000, 50
    for n in range(4):
        long = f"# Rules of hall {n}\n\nParental leave of {n} weeks. " + f"Hall {n} has leave rules for parents. " * 40
        add(library["leave"].collection, f"hall{n}.md", long, by=owner)
    llm.always("answer")
    answer = asked("What are the parental leave rules of the halls?", reader)
    left_out = [one for one in answer.candidates if one["kept"] and not one["told"]]

    assert answer.prompt
    assert left_out
    chunk = Chunk.objects.get(pk=left_out[0]["chunk_id"])
    right = stages.Span(
        document_id=chunk.document_id,
        version_id=chunk.version_id,
        extraction_id=chunk.extraction_id,
        start=chunk.start,
        end=chunk.end,
    )
    assert stage_of(answer, right) == (Stage.CUT, False)


def test_what_was_read_and_not_used_was_ignored(library, reader):  # noqa: F811
    answer = asked("When does the car park open?", reader)

    assert stage_of(answer, span("60 days"))[0] in (Stage.IGNORED, Stage.RANKED_LOW, Stage.NOT_RETRIEVED)
    Chunk.objects.get(text__contains="60 days")
    kept = next(one for one in answer.candidates if one["kept"] and not one["used"])
    chunk = Chunk.objects.get(pk=kept["chunk_id"])
    right = stages.Span(
        document_id=chunk.document_id,
        version_id=chunk.version_id,
        extraction_id=chunk.extraction_id,
        start=chunk.start,
        end=chunk.end,
    )
    assert stage_of(answer, right) == (Stage.IGNORED, False)


def test_what_was_cited_for_something_it_does_not_say_is_unsupported(library, reader, llm):  # noqa: F811
    llm.always("text:You get 95 days of parental leave [1].")
    answer = asked(QUESTION, reader)

    assert any(not one["is_supported"] for one in answer.sentences)
    assert stage_of(answer, None) == (Stage.UNSUPPORTED, True)


def test_a_refusal_of_what_was_read_is_wrong(library, reader, llm):  # noqa: F811
    llm.always("text:NOT_IN_SOURCES")
    answer = asked(QUESTION, reader)

    assert answer.status == "not_found"
    assert stage_of(answer, span("60 days")) == (Stage.REFUSED, False)
    assert stage_of(answer, None) == (Stage.REFUSED, True)


@pytest.mark.parametrize(
    ("reason", "stage"),
    [("outdated", Stage.NOT_INGESTED), ("wrong_source", Stage.RANKED_LOW), ("incomplete", Stage.IGNORED),
     ("too_slow", Stage.UNEXPLAINED)],
)  # fmt: skip
def test_without_a_passage_what_the_reader_said_is_presumed(library, reader, reason, stage):  # noqa: F811
    answer = asked(QUESTION, reader)
    feedback.give(answer, user=reader, thumb=-1, reasons=[reason])

    assert stage_of(answer, None) == (stage, True)


def test_a_good_answer_has_no_stage_and_a_review_computes_it_anew(library, reader):  # noqa: F811
    RoleAssignment.objects.create(user=reader, role=Role.REVIEWER)
    item = sampling.by_hand(asked(QUESTION, reader))
    stages.refresh(item)
    assert item.stage == ""

    judging.record(item, judging.Judgement(rubric={"correct": False}), reviewer=reader, now=timezone.now())
    item.refresh_from_db()
    assert item.stage == Stage.UNEXPLAINED
    assert item.stage_told == "Nothing in its trace explains it"

    judging.record(item, judging.Judgement(rubric={"correct": True}), reviewer=reader, now=timezone.now())
    item.refresh_from_db()
    assert item.stage == ""


def test_the_task_fills_the_queue_and_says_where_it_went_wrong(library, reader):  # noqa: F811
    answer = asked("Who designed the company logo?", reader)
    Conversation.objects.update(is_hidden=False)
    feedback.give(answer, user=reader, thumb=-1)
    Rule.objects.all().delete()
    Rule.objects.create(name="Thumbs down", kind=Rule.Kind.THUMBS_DOWN)

    pick_for_review()

    item = ReviewItem.objects.get(answer=answer)
    assert (item.stage, item.rule.kind) == (Stage.NOT_INGESTED, Rule.Kind.THUMBS_DOWN)
    assert len(item.vector) > 100
    assert not Review.objects.exists()


def test_an_answer_that_rests_on_the_right_passage_was_misread_or_says_too_much(library, reader):  # noqa: F811
    answer = asked(QUESTION, reader)
    right = span("60 days")
    # The passage was cited, whatever the trace says of the candidate.
    answer.candidates = [{**one, "kept": False, "fate": "outranked"} for one in answer.candidates]
    answer.sentences = [one | {"is_supported": True} for one in answer.sentences]

    assert stage_of(answer, right) == (Stage.MISREAD, False)
    kept = answer.text
    answer.sentences = [*answer.sentences, {"text": "Full-time employees have 27 days.", "is_supported": True}]
    assert (stages.of(answer, right, kept).stage, stages.of(answer, None, kept).stage) == (Stage.BESIDE, Stage.BESIDE)
    assert stages.of(answer, None, kept).is_presumed


def test_a_presumed_stage_says_so_wherever_it_is_told():
    item = ReviewItem(stage=Stage.BESIDE)

    assert item.stage_told == "Used, with sentences that do not belong (presumed)"
    item.stage_is_presumed = False
    assert item.stage_told == "Used, with sentences that do not belong"
    assert ReviewItem().stage_told == ""
