"""Reviewers judge only answers whose sources they may read."""

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.models import Answer, Citation, Conversation
from documents import access
from evaluation import escalation, feedback, review
from evaluation.dashboards.overview import finding, latency_by_stage, overview
from evaluation.models import Escalation, Review
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db


def test_an_answer_from_unreadable_sources_is_withheld(world):
    shown = world.answer(world.public)
    world.answer(world.public, world.secret)

    assert list(review.answers_for(world.rita)) == [shown]


def test_an_answer_whose_source_was_removed_is_withheld(world):
    answer = world.answer(world.public)
    Citation.objects.filter(answer=answer).update(removed_at=timezone.now())
    world.public.delete()

    assert not review.answers_for(world.rita).exists()


def test_withdrawing_a_right_withholds_at_once(world):
    world.answer(world.public)
    access.unshare(world.public.collection.access_list, user=world.rita, by=world.ann)

    assert not review.answers_for(world.rita).exists()


def test_who_is_no_reviewer_sees_no_answers(world):
    world.answer(world.public)

    assert not review.answers_for(world.ann).exists()


def test_a_reviewer_changes_a_verdict_instead_of_adding_one(world):
    answer = world.answer(world.public)
    review.judge(answer, reviewer=world.rita, verdict="bad")
    review.judge(answer, reviewer=world.rita, verdict="good", corrected_answer=" 60 days ")

    judged = Review.objects.get(answer=answer)

    assert (judged.verdict, judged.corrected_answer) == ("good", "60 days")


def test_the_desk_lists_and_opens_answers(world, client):
    answer = world.answer(world.public)
    client.force_login(world.rita)

    listed = client.get(reverse("admin:chat_answer_changelist"))
    opened = client.get(reverse("admin:chat_answer_change", args=[answer.pk]))

    assert "How many days?" in listed.content.decode()
    assert "quote of Public" in opened.content.decode()


def test_the_desk_shows_nothing_of_unreadable_answers(world, client):
    answer = world.answer(world.secret, question="What is the secret?")
    client.force_login(world.rita)

    listed = client.get(reverse("admin:chat_answer_changelist"), {"q": "secret"})
    opened = client.get(reverse("admin:chat_answer_change", args=[answer.pk]))

    assert "What is the secret?" not in listed.content.decode()
    assert opened.status_code == 302  # Django sends what does not exist back to the list
    assert "quote of Secret" not in opened.content.decode()


@pytest.mark.parametrize("query", ["thumb=-1", "thumb=none", "reviewed=no", "collection=1", "status__exact=answered"])
def test_the_desk_can_be_filtered(world, client, query):
    world.answer(world.public)
    client.force_login(world.rita)

    assert client.get(reverse("admin:chat_answer_changelist") + "?" + query).status_code == 200


def test_feedback_is_given_changed_and_taken_back(world, client):
    answer = world.answer(world.public)
    client.force_login(world.ann)
    url = reverse("evaluation:feedback", args=[answer.pk])

    client.post(url, {"thumb": "1"}, headers={"HX-Request": "true"})
    client.post(url, {"thumb": "-1", "reasons": ["wrong"], "comment": "It is 60."}, headers={"HX-Request": "true"})
    given = answer.feedback.get()
    taken_back = client.post(url, {"thumb": "0"}, headers={"HX-Request": "true"})

    assert (given.thumb, given.reasons, given.comment) == (-1, ["wrong"], "It is 60.")
    assert taken_back.status_code == 200
    assert not answer.feedback.exists()


def test_bad_feedback_is_refused_in_words(world, client):
    client.force_login(world.ann)
    url = reverse("evaluation:feedback", args=[world.answer(world.public).pk])

    refused = client.post(url, {"thumb": "1", "comment": "x" * 2001}, headers={"HX-Request": "true"})

    assert refused.status_code == 422
    assert "not saved" in refused.content.decode()


def test_nobody_rates_or_escalates_anothers_answer(world, client):
    answer = world.answer(world.public)
    client.force_login(world.rita)

    assert client.post(reverse("evaluation:feedback", args=[answer.pk]), {"thumb": "1"}).status_code == 404
    assert client.post(reverse("evaluation:ask_a_person", args=[answer.pk])).status_code == 404


def test_a_question_goes_to_a_person_and_the_reply_comes_back(world, client):
    answer = world.answer(world.public)
    client.force_login(world.ann)
    client.post(reverse("evaluation:ask_a_person", args=[answer.pk]), {"note": "urgent"})
    entry = Escalation.objects.get(answer=answer)
    client.force_login(world.rita)
    queue = client.get(reverse("admin:evaluation_escalation_changelist"))

    client.post(reverse("admin:evaluation_escalation_change", args=[entry.pk]), {"reply": "Sixty days."})
    entry.refresh_from_db()

    assert "How many days?" in queue.content.decode()
    assert (entry.state, entry.reply, entry.replied_by) == ("closed", "Sixty days.", world.rita)


def test_asking_a_person_twice_keeps_one_entry(world):
    answer = world.answer(world.public)
    escalation.ask_a_person(answer, user=world.ann)
    escalation.ask_a_person(answer, user=world.ann, note="please")

    assert Escalation.objects.get().note == "please"


def test_the_dashboard_is_for_reviewers_and_admins(world, client):
    stranger = User.objects.create_user("sam", password="correct horse battery")
    for person, status in ((world.rita, 200), (world.ann, 404), (stranger, 404)):
        client.force_login(person)
        assert client.get(reverse("evaluation:dashboard")).status_code == status


def test_totals_count_all_answers_and_lists_only_readable_ones(world):
    feedback.give(world.answer(world.public, question="open"), user=world.ann, thumb=-1)
    feedback.give(world.answer(world.secret, question="closed"), user=world.ann, thumb=1)
    world.answer(status=Answer.Status.NOT_FOUND, question="missing")

    figures = overview(world.rita, now=timezone.now())

    assert figures.questions == 3
    assert figures.satisfaction == 0.5
    assert [answer.turn.question for answer in figures.worst_answers] == ["open"]
    assert [answer.turn.question for answer in figures.unanswered_questions] == ["missing"]
    assert figures.withheld == 1
    assert finding(figures).startswith("50 % of 2 rated answers")


def test_what_runs_and_the_shell_asked_is_nobody_s_question(world, client):
    asked = world.answer(world.public, question="in a run")
    Conversation.objects.filter(pk=asked.turn.conversation_id).update(is_hidden=True)

    assert overview(world.rita, now=timezone.now()).questions == 0


def test_an_empty_dashboard_says_so(world, client):
    client.force_login(world.rita)

    assert "Nobody has asked anything" in client.get(reverse("evaluation:dashboard")).content.decode()


def test_percentiles_are_of_the_nearest_rank():
    rows = [{"retrieve": float(ms)} for ms in range(1, 101)]

    latency = latency_by_stage(rows)[0]

    assert (latency.p50_ms, latency.p95_ms, latency.n) == (50.0, 95.0, 100)
