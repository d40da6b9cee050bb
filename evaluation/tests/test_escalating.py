"""Questions reach a person with a deadline, by themselves where a rule says so, and the asker hears of the reply."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from documents import access
from documents.lineage import documents_removed
from documents.models import Level
from evaluation import escalating, escalation
from evaluation.models import Escalation, EscalationRule, Simulation
from ragapp.accounts.models import Role, RoleAssignment, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def staffed(world):
    """Ann and Rita have addresses; Tom reviews, and may read nothing."""
    User.objects.filter(pk=world.ann.pk).update(email="ann@example.org")
    User.objects.filter(pk=world.rita.pk).update(email="rita@example.org")
    tom = User.objects.create_user("tom", email="tom@example.org", password="correct horse battery")
    RoleAssignment.objects.create(user=tom, role=Role.REVIEWER)
    return world


def told():
    return [(message.to, message.subject) for message in mail.outbox]


def rule(**fields):
    made = EscalationRule.objects.create(name="Sensitive", **fields)
    EscalationRule.objects.update(applied_at=timezone.now() - timedelta(hours=1))
    return EscalationRule.objects.get(pk=made.pk)


def test_reviewers_who_may_read_the_sources_are_told_and_reminded_until_after_the_deadline(staffed, settings):
    settings.ESCALATION_HOURS = 24
    now = timezone.now()
    escalation.ask_a_person(staffed.answer(staffed.public), user=staffed.ann)

    sent = []
    for hours in (0, 1, 17, 19, 25, 26, 50):
        mail.outbox.clear()
        escalating.send_due(now + timedelta(hours=hours, minutes=1))
        sent.append(len(mail.outbox))
        assert all(to == ["rita@example.org"] for to, _subject in told())

    assert sent == [1, 0, 0, 1, 1, 0, 1]
    assert told()[0][1] == "A question still waits for your reply; it was due"


def test_the_owner_alone_is_told(staffed):
    entry = escalation.ask_a_person(staffed.answer(staffed.public), user=staffed.ann)
    tom = User.objects.get(username="tom")
    access.share(staffed.public.collection.access_list, user=tom, level=Level.READER, by=staffed.ann)

    escalation.hand_over(entry, owner=tom, due_at=entry.due_at, by=staffed.rita)
    escalating.send_due(timezone.now())

    assert told() == [(["tom@example.org"], "A question waits for your reply")]


def test_where_the_owner_may_not_read_the_sources_those_are_told_who_may(staffed, client):
    entry = escalation.ask_a_person(staffed.answer(staffed.public), user=staffed.ann)
    escalation.hand_over(entry, owner=User.objects.get(username="tom"), due_at=entry.due_at, by=staffed.rita)

    escalating.send_due(timezone.now())
    client.force_login(staffed.rita)
    form = client.get(reverse("admin:evaluation_escalation_change", args=[entry.pk])).context["adminform"].form

    assert told() == [(["rita@example.org"], "A question waits for your reply")]
    assert list(form.fields["owner"].queryset) == [staffed.rita]


def test_mails_hold_no_words_of_the_question(staffed):
    answer = staffed.answer(staffed.public, question="Is Kestrel secret?", text="Kestrel is. [1]")
    entry = escalation.ask_a_person(answer, user=staffed.ann, note="Kestrel!")
    escalating.send_due(timezone.now())
    escalation.reply(entry, text="Kestrel is.", by=staffed.rita)
    escalating.send_due(timezone.now())

    assert [message.to for message in mail.outbox] == [["rita@example.org"], ["ann@example.org"]]
    assert all("estrel" not in message.subject + message.body for message in mail.outbox)
    assert str(answer.turn.conversation_id) in mail.outbox[1].body


def test_the_asker_is_told_once_and_again_of_another_reply(staffed):
    entry = escalation.ask_a_person(staffed.answer(), user=staffed.ann)
    escalation.reply(entry, text="Sixty.", by=staffed.rita)

    escalating.send_due(timezone.now())
    escalating.send_due(timezone.now() + timedelta(days=2))
    assert len(mail.outbox) == 1
    escalation.reply(entry, text="Sixty-one.", by=staffed.rita)
    escalating.send_due(timezone.now() + timedelta(days=2))
    assert len(mail.outbox) == 2


def test_a_mail_that_fails_is_tried_again(staffed, settings, monkeypatch):
    entry = escalation.ask_a_person(staffed.answer(), user=staffed.ann)
    escalation.reply(entry, text="Sixty.", by=staffed.rita)
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    now = timezone.now()
    assert escalating.send_due(now) == 0

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert escalating.send_due(now + timedelta(minutes=1)) == 0
    assert escalating.send_due(now + timedelta(minutes=6)) == 1
    assert Escalation.objects.get().told_at is not None


@pytest.mark.parametrize(
    ("question", "is_taken"),
    [("I was harassed by my boss", True), ("Wem melde ich eine Belästigung?", True), ("How many days?", False)],
)
def test_a_sensitive_topic_goes_to_a_person_by_itself(staffed, question, is_taken):
    answer = staffed.answer(question=question)
    sensitive = rule(kind="topic", topics="harassed\n\nBelästigungen", owner=staffed.rita, hours=4)

    escalating.keep_up(timezone.now())

    entry = Escalation.objects.filter(answer=answer).first()
    assert (entry is not None) == is_taken
    if entry:
        assert (entry.rule, entry.owner, entry.user) == (sensitive, staffed.rita, staffed.ann)
        assert timedelta(hours=3) < entry.due_at - timezone.now() <= timedelta(hours=4)
        escalating.send_due(timezone.now())
        assert [message.to for message in mail.outbox] == [["rita@example.org"]]


def test_little_support_goes_to_a_person_by_itself_and_once(staffed):
    weak = staffed.answer(sentences=[{"text": "x", "markers": [], "support": 0.1, "is_supported": False}])
    staffed.answer(sentences=[{"text": "x", "markers": [], "support": 0.9, "is_supported": True}])
    support = rule(kind="low_support", support_below=0.5)

    assert escalating.apply(support, now=timezone.now()) == 1
    assert escalating.apply(support, now=timezone.now()) == 0
    assert Escalation.objects.get().answer == weak


def test_an_asker_sees_who_has_the_question_and_until_when(staffed, client):
    entry = escalation.ask_a_person(staffed.answer(), user=staffed.ann)
    escalation.hand_over(entry, owner=staffed.rita, due_at=entry.due_at, by=staffed.rita)
    client.force_login(staffed.ann)

    page = client.get(reverse("chat:conversation", args=[entry.answer.turn.conversation_id])).content.decode()

    assert "Your question is with rita." in page
    assert "and you are told by mail" in page


def test_a_reply_about_what_the_asker_may_no_longer_read_is_withheld(staffed, client):
    entry = escalation.ask_a_person(staffed.answer(staffed.public), user=staffed.ann)
    escalation.reply(entry, text="The secret number is 7.", by=staffed.rita)
    access.share(staffed.public.collection.access_list, user=staffed.rita, level=Level.OWNER, by=staffed.ann)
    access.unshare(staffed.public.collection.access_list, user=staffed.ann, by=staffed.rita)
    client.force_login(staffed.ann)

    page = client.get(reverse("chat:conversation", args=[entry.answer.turn.conversation_id])).content.decode()

    assert "secret number" not in page
    assert "you may no longer read" in page


def test_a_reply_is_marked_until_the_asker_looks_at_it(staffed, client):
    entry = escalation.ask_a_person(staffed.answer(), user=staffed.ann)
    escalation.reply(entry, text="See [the list](https://intranet.example/a).", by=staffed.rita)
    client.force_login(staffed.ann)
    home, place = reverse("chat:home"), reverse("chat:conversation", args=[entry.answer.turn.conversation_id])

    assert f"{staffed.rita.name} replied:" in client.get(home).content.decode()
    page = client.get(place).content.decode()
    assert "the list (https://intranet.example/a)" in page
    assert " replied:" not in client.get(home).content.decode()

    escalation.reply(entry, text="Or another.", by=staffed.rita)
    assert " replied:" in client.get(home).content.decode()


def test_somebody_else_who_looks_leaves_the_mark(staffed, client):
    entry = escalation.ask_a_person(staffed.answer(), user=staffed.ann)
    escalation.reply(entry, text="Sixty.", by=staffed.rita)
    client.force_login(staffed.rita)

    assert client.get(reverse("chat:conversation", args=[entry.answer.turn.conversation_id])).status_code == 404
    entry.refresh_from_db()
    assert entry.seen_at is None


def test_a_reply_that_went_with_its_source_is_not_waited_for(staffed, client):
    entry = escalation.ask_a_person(staffed.answer(staffed.public), user=staffed.ann)
    escalation.reply(entry, text="Sixty.", by=staffed.rita)
    documents_removed.send(None, document_ids=[staffed.public.pk])
    client.force_login(staffed.ann)

    page = client.get(reverse("chat:conversation", args=[entry.answer.turn.conversation_id])).content.decode()

    assert "The reply went with a source" in page
    assert "will appear here" not in page


def test_reviewers_hand_over_and_reply_in_the_admin(staffed, client):
    entry = escalation.ask_a_person(staffed.answer(staffed.public), user=staffed.ann)
    url = reverse("admin:evaluation_escalation_change", args=[entry.pk])
    client.force_login(staffed.rita)
    due = {"due_at_0": "2030-01-01", "due_at_1": "12:00:00"}

    client.post(url, {"owner": staffed.rita.pk, **due, "reply": ""})
    entry.refresh_from_db()
    assert (entry.owner, entry.state, entry.due_at.year) == (staffed.rita, "open", 2030)
    client.post(url, {"owner": staffed.rita.pk, **due, "reply": "Sixty days."})
    entry.refresh_from_db()
    assert (entry.state, entry.reply) == ("closed", "Sixty days.")
    assert client.get(reverse("admin:evaluation_escalation_changelist") + "?overdue=yes").status_code == 200


def test_what_simulated_people_asked_is_left_out_of_the_list_until_it_is_wanted(staffed, client):
    sim = User.objects.create_user("simulated-1-0001", password=None, is_active=False)
    Simulation.objects.create(answers=1, release_ids=[], group_ids=[], user_ids=[sim.pk])
    escalation.ask_a_person(staffed.answer(staffed.public, question="Who asked?"), user=staffed.ann)
    made_up = staffed.answer(staffed.public, question="Who was made up?")
    Escalation.objects.create(answer=made_up, user=sim, state=Escalation.State.CLOSED)
    client.force_login(staffed.rita)

    def shown(query: str) -> list[bool]:
        page = client.get(reverse("admin:evaluation_escalation_changelist") + query).content.decode()
        return [words in page for words in ("Who asked?", "Who was made up?")]

    assert shown("") == [True, False]
    assert shown("?simulated=too") == [True, True]
    assert shown("?simulated=only") == [False, True]
