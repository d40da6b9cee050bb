"""Cases are suggested from reviews and passages, seen by who may read their sources, and enter when approved."""

import pytest
from django.urls import reverse

from chat.answering.run import ask_once
from chat.models import Answer
from chat.tests.conftest import LEAVE, add, library  # noqa: F401  read in for real
from evaluation import review
from evaluation.datasets import store, suggesting
from evaluation.models import Dataset, Suggestion
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


def test_a_bad_answer_without_a_correction_is_a_failure(library, rita, dataset):  # noqa: F811
    judged(rita, "bad")

    suggesting.from_reviews(dataset, by=rita)

    one = Suggestion.objects.get()
    assert (one.provenance, one.answers) == ("failure", [])
    assert one.document_ids == [library["leave"].pk]


def test_passages_become_marked_questions_without_doubles(library, rita, dataset):  # noqa: F811
    n = suggesting.from_passages(dataset, by=rita, n=6)

    made = Suggestion.objects.all()
    assert n == len(made) > 0
    assert {one.provenance for one in made} == {"synthetic"}
    assert suggesting.from_passages(dataset, by=rita, n=6) < 6
    assert library["salaries"].pk not in {pk for one in made for pk in one.document_ids}
    assert len({one.question for one in Suggestion.objects.all()}) == Suggestion.objects.count()


def test_a_sentence_with_one_figure_asks_for_it():
    text = "# Leave\nThere are 2 or 3 kinds of it. Full-time employees have 27 days of annual leave a year."

    question, answer = suggesting.cloze(text)

    assert answer == "27 days"
    assert question == "Which figure belongs here: “Full-time employees have … of annual leave a year.”"
    assert suggesting.cloze("Nothing is counted in this sentence at all.") is None


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
