"""Cases are suggested from reviews and passages, seen by who may read their sources, and enter when approved."""

from uuid import uuid4

import pytest
from django.urls import reverse

from chat import releases
from chat.answering.run import ask_once
from chat.models import Answer
from chat.tests.conftest import LEAVE, add, library  # noqa: F401  read in for real
from documents.retrieval.spans import Passage
from evaluation import review, runner
from evaluation.datasets import corpus, rejected, store, suggesting
from evaluation.metrics import answers
from evaluation.models import Dataset, Simulation, Suggestion
from ragapp.accounts.models import Role, RoleAssignment, User

pytestmark = pytest.mark.django_db
QUESTION = "How many days of parental leave do I get?"


@pytest.fixture
def rita(reader):
    """Reviews, and may read the handbook."""
    RoleAssignment.objects.create(user=reader, role=Role.REVIEWER)
    return reader


@pytest.fixture
def dataset(rita):
    return Dataset.objects.create(name="from work", created_by=rita)


def judged(rita, verdict, **said):
    answer = Answer.objects.get(pk=ask_once(QUESTION, user=rita).answer_id)
    return review.judge(answer, reviewer=rita, verdict=verdict, **said)


def test_a_corrected_answer_becomes_the_expected_one_once_it_is_approved(library, rita, dataset):  # noqa: F811
    judged(rita, "bad", corrected_answer="60 days for each child")

    assert suggesting.from_reviews(dataset, by=rita) == 1
    assert suggesting.from_reviews(dataset, by=rita) == 0
    assert store.latest(dataset) is None
    waiting, withheld = suggesting.waiting_for(rita, dataset)
    version = suggesting.decide(waiting, by=rita, approve=True)

    case = version.cases.get()
    assert (case.question, case.answers, case.provenance) == (QUESTION, ["60 days for each child"], "review")
    assert case.approved_by == rita
    assert [(one.name, one.document_id) for one in case.sources.all()] == [("leave.md", library["leave"].pk)]
    assert withheld == 0
    assert suggesting.decide(waiting, by=rita, approve=True) is None


def test_what_a_correction_took_out_makes_the_same_answer_fail(library, rita, dataset):  # noqa: F811
    answer = Answer.objects.get(pk=ask_once(QUESTION, user=rita).answer_id)
    beside = "Full-time employees have 27 days of annual leave in a calendar year."
    said = [*answer.sentences, {"text": beside, "markers": [1], "is_supported": True}]
    Answer.objects.filter(pk=answer.pk).update(sentences=said, text=f"{answer.text} {beside} [1]")
    review.judge(answer, reviewer=rita, verdict="bad", corrected_answer=answer.text)
    suggesting.from_reviews(dataset, by=rita)
    version = suggesting.decide(list(Suggestion.objects.all()), by=rita, approve=True)
    row = version.cases.get()

    assert row.unwanted == [beside]
    assert [new.case.unwanted for new in store.as_new(version)] == [(beside,)]
    asked = Answer.objects.get(pk=answer.pk)
    assert answers.unwanted_shown(asked.text, row.unwanted) == 1
    where = corpus.Corpus(folders={}, askers={rita.username: rita})
    ask = next(runner.asks(store.as_folder(version)[0]))
    assert runner.measure(ask, where, releases.production()).measures["unwanted_shown"] == 0


def test_what_a_correction_keeps_or_says_in_other_words_is_not_unwanted():
    said = (
        "Salaries are paid on the 26th of each month. [1]", "The limit is 60 days. [1]", "Paid days: half a day. [2]",
        "Hand in form HR-12 before the birth. [1]", "It is 5 EUR a day. [1]",
    )  # fmt: skip
    answer = Answer(text=" ".join(said), sentences=[{"text": one} for one in said])
    corrected = "You are paid on the 26th of each month. The limit is 90 days. Hand in form HR-12 before birth. 5 EUR."

    assert rejected.left_out(answer, corrected) == ("The limit is 60 days.", "Paid days: half a day.")
    assert rejected.left_out(answer, " ") == ()
    answer.sentences = []
    assert rejected.left_out(answer, corrected) == ("The limit is 60 days.", "Paid days: half a day.")


def test_words_from_other_sources_that_a_case_forbids_follow_those_sources(library, rita, owner, add, dataset):  # noqa: F811
    answer = Answer.objects.get(pk=ask_once(QUESTION, user=rita).answer_id)
    other = add(library["leave"].collection, "other.md", "# Other\nParking costs nothing.", by=owner)
    cited = answer.citations.filter(is_support=True).first()
    cited.pk, cited.marker, cited.document_id = None, 9, other.pk
    cited.save()
    Answer.objects.filter(pk=answer.pk).update(sentences=[{"text": "Parking costs nothing."}])
    review.judge(
        answer, reviewer=rita, verdict="bad", corrected_answer="60 days", right_document_id=library["leave"].pk
    )
    suggesting.from_reviews(dataset, by=rita)

    one = Suggestion.objects.get()
    assert one.unwanted == ["Parking costs nothing."]
    assert set(one.document_ids) == {library["leave"].pk, other.pk}
    assert {source["name"]: source["grade"] for source in one.sources} == {"leave.md": 1.0, "other.md": None}


def test_a_bad_answer_without_a_correction_is_a_failure(library, rita, dataset):  # noqa: F811
    judged(rita, "bad")

    suggesting.from_reviews(dataset, by=rita)

    one = Suggestion.objects.get()
    assert (one.provenance, one.answers) == ("failure", [])
    assert one.document_ids == [library["leave"].pk]


def test_nothing_is_suggested_of_what_nobody_asked(library, rita, dataset):  # noqa: F811
    judged(rita, "bad")
    release_ids = list(Answer.objects.values_list("release", flat=True))
    Simulation.objects.create(answers=1, release_ids=release_ids, group_ids=[], user_ids=[])

    assert suggesting.from_reviews(dataset, by=rita) == 0


def test_passages_become_marked_questions_without_doubles(library, rita, dataset):  # noqa: F811
    n = suggesting.from_passages(dataset, by=rita, n=6)

    made = Suggestion.objects.all()
    assert n == len(made) > 0
    assert {one.provenance for one in made} == {"synthetic"}
    assert suggesting.from_passages(dataset, by=rita, n=6) < 6
    assert library["salaries"].pk not in {pk for one in made for pk in one.document_ids}
    assert len({one.question for one in Suggestion.objects.all()}) == Suggestion.objects.count()


def passage(text):
    return Passage(
        chunk_id=0, document_id=uuid4(), version_id=1, version_number=1, extraction_id=1, title="Leave",
        heading_path="", text=text, start=0, end=len(text), page=None,
    )  # fmt: skip


def test_a_sentence_with_one_figure_asks_for_it():
    text = "# Leave\nThere are 2 or 3 kinds of it. Full-time employees have 27 days of annual leave a year."

    (made,) = suggesting.cloze(passage(text))

    assert made.answer == "27 days"
    assert (
        made.question == "Which figure belongs here, by “Leave”: “Full-time employees have … of annual leave a year.”"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Nothing is counted in this sentence at all.",
        "This edition of the handbook is valid from 2026.",
        "Last changed by Priya Nair on day 15.",
        "Quantity: Liquid temperature, PFA lining | Value: up to 130 °C.",
        "They may be carried over for 3 months.",
        "Der Plan ist gültig ab Woche 27.",
    ],
)
def test_lines_about_the_document_rows_and_sentences_that_lean_on_others_ask_for_nothing(text):
    assert list(suggesting.cloze(passage(text))) == []


def test_what_two_documents_say_with_other_figures_asks_for_nothing(library, rita, owner, add, dataset):  # noqa: F811
    other = LEAVE.replace("27 days", "31 days").replace("HR-12", "HR-13").replace("\n", "  \n")
    add(library["leave"].collection, "leave-old.md", other, by=owner)

    suggesting.from_passages(dataset, by=rita, n=20)

    made = Suggestion.objects.exclude(is_answerable=False)
    assert not [one.question for one in made if "annual leave" in one.question]
    assert all(len(one.answers) == len(one.document_ids) == 1 for one in made)


def test_who_may_not_read_the_sources_neither_sees_nor_decides(client, library, rita, dataset):  # noqa: F811
    judged(rita, "bad", corrected_answer="60 days")
    suggesting.from_reviews(dataset, by=rita)
    one = Suggestion.objects.get()
    otto = User.objects.create_user("otto", password="correct horse battery")
    RoleAssignment.objects.create(user=otto, role=Role.REVIEWER)
    sent = {"suggestion": [one.pk], "decision": "approve"}

    client.force_login(otto)
    page = client.get(reverse("evaluation:dataset", args=[dataset.pk])).content.decode()
    client.post(reverse("evaluation:dataset_decide", args=[dataset.pk]), sent)
    one.refresh_from_db()
    assert QUESTION not in page
    assert "1 suggestion is withheld" in page
    assert one.state == "waiting"

    client.force_login(rita)
    assert QUESTION in client.get(reverse("evaluation:dataset", args=[dataset.pk])).content.decode()
    client.post(reverse("evaluation:dataset_decide", args=[dataset.pk]), sent)
    one.refresh_from_db()
    assert (one.state, one.decided_by) == ("approved", rita)
    assert store.latest(dataset).cases.count() == 1


def test_suggestions_are_asked_for_on_the_page(client, library, rita):  # noqa: F811
    client.force_login(rita)
    client.post(reverse("evaluation:dataset_new"), {"name": "mine"})
    dataset = Dataset.objects.get(name="mine")

    client.post(reverse("evaluation:dataset_suggest", args=[dataset.pk]), {"source": "passages"})

    waiting = Suggestion.objects.filter(dataset=dataset)
    assert waiting.exists()
    client.post(
        reverse("evaluation:dataset_decide", args=[dataset.pk]),
        {"suggestion": [one.pk for one in waiting], "decision": "refuse"},
    )
    assert set(waiting.values_list("state", flat=True)) == {"refused"}
