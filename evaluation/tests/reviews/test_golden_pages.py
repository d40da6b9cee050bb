"""From a review to a golden answer: made with a key, checked, switched on, and seen by those who may read it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from chat.answering.run import ask_once
from chat.models import Answer, GoldenAnswer
from chat.tests.conftest import LEAVE, add, library  # noqa: F401  read in for real
from documents.models import Chunk
from documents.retrieval import spans
from evaluation import escalation
from evaluation.models import Alert
from evaluation.reviews import judging, sampling, upkeep
from ragapp.accounts.models import Role, RoleAssignment
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
QUESTION = "How many days of parental leave do I get?"


@pytest.fixture
def rita(reader):
    RoleAssignment.objects.create(user=reader, role=Role.REVIEWER)
    return reader


def answered(question, user):
    return Answer.objects.get(pk=ask_once(question, user=user).answer_id)


def keep(client, answer):
    return client.post(reverse("admin:evaluation_reviewitem_golden", args=[answer.pk]))


def test_a_corrected_answer_becomes_golden_with_the_passage_that_was_named(library, rita, client):  # noqa: F811
    answer = answered("How many days off for parents?", rita)
    right = spans.passages([Chunk.objects.get(text__contains="60 days").pk], reader=rita)[0]
    judging.record(
        sampling.by_hand(answer),
        judging.Judgement(rubric={"correct": False}, corrected_answer="60 days a child.", right=right),
        reviewer=rita,
        now=timezone.now(),
    )
    client.force_login(rita)

    made = keep(client, answer)
    one = GoldenAnswer.objects.get()
    page = client.get(made["Location"]).content.decode()

    assert made["Location"] == reverse("admin:chat_goldenanswer_change", args=[one.pk])
    assert (one.text, one.owner, one.is_live, one.made_from) == ("60 days a child.", rita, False, answer)
    assert one.sources.get().start == right.start
    assert "60 days" in page

    saved = client.post(
        made["Location"],
        {"question": QUESTION, "text": "60 days a child.", "owner": rita.pk, "expires_on": "", "is_live": "on"},
    )
    assert saved.status_code == 302
    assert answered(QUESTION, rita).text == "60 days a child."
    assert "Never so far" not in client.get(made["Location"]).content.decode()


def test_a_reply_becomes_golden(library, rita, client):  # noqa: F811
    answer = answered(QUESTION, rita)
    entry = escalation.ask_a_person(answer, user=rita)
    escalation.reply(entry, text="Sixty days, I asked.", by=rita)
    client.force_login(rita)

    desk = client.get(reverse("admin:evaluation_escalation_change", args=[entry.pk])).content.decode()
    keep(client, answer)

    assert "Make a golden answer of the reply" in desk
    # The page is called by the question, not by the number of its answer.
    assert QUESTION in desk.split("</title>")[0]
    assert str(answer.pk) not in desk.split("</title>")[0]
    assert GoldenAnswer.objects.get().text == "Sixty days, I asked."


def test_a_refusal_without_a_correction_is_nothing_to_keep(library, rita, client):  # noqa: F811
    answer = answered("Who designed the company logo?", rita)
    client.force_login(rita)

    refused = keep(client, answer)

    assert not GoldenAnswer.objects.exists()
    assert "There is nothing to keep yet" in client.get(refused["Location"]).content.decode()


def test_one_without_sources_or_audience_is_refused_in_words(library, rita, client):  # noqa: F811
    answer = answered("Who designed the company logo?", rita)
    escalation.reply(escalation.ask_a_person(answer, user=rita), text="Maeve.", by=rita)
    client.force_login(rita)
    page = keep(client, answer)["Location"]

    refused = client.post(page, {"question": "Who?", "text": "Maeve.", "owner": rita.pk, "is_live": "on"})

    assert refused.status_code == 200
    assert "name who it is for" in refused.content.decode()
    assert not GoldenAnswer.objects.get().is_live


def test_who_may_not_read_the_sources_sees_nothing_of_it(library, rita, owner, person, client):  # noqa: F811
    RoleAssignment.objects.create(user=owner, role=Role.REVIEWER)
    answer = answered("What is the maximum salary in band E4?", owner)
    client.force_login(owner)
    page = keep(client, answer)["Location"]
    assert "74600" in client.get(page).content.decode()

    client.force_login(rita)
    listed = client.get(reverse("admin:chat_goldenanswer_changelist")).content.decode()
    assert "band E4" not in listed
    assert "74600" not in client.get(page, follow=True).content.decode()
    assert keep(client, answer).status_code == 404
    client.force_login(person("sam"))
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("query", ["", "?standing=live", "?standing=stale", "?standing=draft", "?q=leave"])
def test_the_list_says_how_each_stands(library, rita, client, query):  # noqa: F811
    client.force_login(rita)
    keep(client, answered(QUESTION, rita))
    GoldenAnswer.objects.update(expires_on=timezone.localdate() - timedelta(days=1))

    page = client.get(reverse("admin:chat_goldenanswer_changelist") + query)

    assert page.status_code == 200
    assert ("Expired" in page.content.decode()) == (query in ("", "?standing=draft", "?q=leave"))


def test_the_owner_is_told_once_that_a_source_has_changed(library, rita, owner, add, client):  # noqa: F811
    client.force_login(rita)
    keep(client, answered(QUESTION, rita))
    GoldenAnswer.objects.update(is_live=True)
    assert upkeep.tell_of_stale() == 0

    leave = library["leave"]
    add(leave.collection, leave.path, "# Leave\n\nYou get 70 days of parental leave for each child.", by=owner)

    assert upkeep.tell_of_stale() == 1
    assert upkeep.tell_of_stale() == 0
    alert = Alert.objects.get()
    assert (alert.owner, alert.link) == (
        rita,
        reverse("admin:chat_goldenanswer_change", args=[GoldenAnswer.objects.get().pk]),
    )
    assert alert.title == f"Golden answer {GoldenAnswer.objects.get().pk} is stale"
    assert "70" not in alert.text


def test_one_without_sources_is_seen_by_its_owner_and_its_audience_alone(library, rita, owner, client):  # noqa: F811
    RoleAssignment.objects.create(user=owner, role=Role.REVIEWER)
    answer = answered("Who designed the company logo?", rita)
    escalation.reply(escalation.ask_a_person(answer, user=rita), text="Maeve Kerrigan.", by=rita)
    client.force_login(rita)
    page = keep(client, answer)["Location"]

    assert "Maeve Kerrigan" in client.get(page).content.decode()
    client.force_login(owner)
    assert "Maeve Kerrigan" not in client.get(page, follow=True).content.decode()
    team = Group.objects.create(name="Team")
    owner.groups.add(team)
    GoldenAnswer.objects.get().audience.add(team)
    assert "Maeve Kerrigan" in client.get(page).content.decode()


def stale(client, library, rita, owner, add, text):  # noqa: F811
    client.force_login(rita)
    page = keep(client, answered(QUESTION, rita))["Location"]
    GoldenAnswer.objects.update(is_live=True)
    leave = library["leave"]
    add(leave.collection, leave.path, text, by=owner)
    upkeep.tell_of_stale()
    return page


def test_one_whose_source_has_changed_is_bound_to_what_was_shown(library, rita, owner, add, client):  # noqa: F811
    text = LEAVE.replace("parental leave", "parental leave, from today on,")
    page = stale(client, library, rita, owner, add, text)
    shown = client.get(page)
    one = GoldenAnswer.objects.get()
    assert "from today on" in shown.content.decode()
    seen = re.search(r'name="seen" value="([^"]+)"', shown.content.decode())[1]
    rebind = reverse("admin:chat_goldenanswer_rebind", args=[one.pk])

    client.post(rebind, {"seen": "1:1"})
    assert answered(QUESTION, rita).model != "golden"
    client.post(rebind, {"seen": seen})

    assert answered(QUESTION, rita).model == "golden"
    assert {source.version_number for source in one.sources.all()} == {2}
    assert not Alert.objects.filter(ended_at=None).exists()
    assert AuditEvent.objects.get(event="golden_answer_rebound").details["sources"].startswith("[1] v1→v2")
    assert "Still right" not in client.get(page).content.decode()
    client.force_login(owner)
    assert client.post(rebind, {"seen": seen}).status_code == 404


def test_one_whose_passage_is_gone_can_be_retired_and_not_bound(library, rita, owner, add, client):  # noqa: F811
    page = stale(client, library, rita, owner, add, "# Lifts\n\nThe goods lift carries two tons.")
    one = GoldenAnswer.objects.get()
    said = client.get(page).content.decode()
    assert "no such passage any more" in said
    assert "Still right" not in said

    client.post(reverse("admin:chat_goldenanswer_rebind", args=[one.pk]), {"seen": ""})
    assert GoldenAnswer.objects.get().is_live
    client.post(reverse("admin:chat_goldenanswer_retire", args=[one.pk]))
    assert not GoldenAnswer.objects.get().is_live


def test_one_action_saves_what_was_written_and_drafts_from_it_and_the_next_replaces_the_draft(library, rita, client):  # noqa: F811
    answer = answered(QUESTION, rita)
    item = sampling.by_hand(answer)
    at = reverse("admin:evaluation_reviewitem_change", args=[item.pk])
    client.force_login(rita)

    untouched = client.post(at, {"golden": "1", "tone": "", "passage": ""})
    one = GoldenAnswer.objects.get()
    assert untouched["Location"] == reverse("admin:chat_goldenanswer_change", args=[one.pk])
    assert (one.text, answer.reviews.count()) == (answer.text, 0)

    refused = client.post(at, {"golden": "1", "corrected_answer": "60 days."})
    assert refused.status_code == 422
    assert "60 days." in refused.content.decode()

    client.post(at, {"golden": "1", "correct": "no", "corrected_answer": "60 days a child."})
    one.refresh_from_db()
    assert answer.reviews.get().corrected_answer == one.text == "60 days a child."
    assert GoldenAnswer.objects.count() == 1
    # One that is given to askers stays what it is.
    GoldenAnswer.objects.update(is_live=True)
    client.post(at, {"golden": "1", "correct": "no", "corrected_answer": "60 days for each child."})
    assert sorted(GoldenAnswer.objects.values_list("text", "is_live")) == [
        ("60 days a child.", True), ("60 days for each child.", False),
    ]  # fmt: skip
