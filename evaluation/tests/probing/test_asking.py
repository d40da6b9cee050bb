"""The same model is let be; one that its provider swapped is found, told with replies before and after, and tried."""

from datetime import date, timedelta

import pytest
from django.db.models import Max
from django.urls import reverse

from chat.models import Release
from evaluation.models import Alert, ModelProbe, ProbeQuestion
from evaluation.probing import asking, looking, questions
from ragapp.accounts.models import Role, RoleAssignment
from ragapp.llm.models import Call, Deployment
from ragapp.tests import scripted_replies

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 20)
STYLES = {
    "usual": "Travel is second class, and receipts are handed in within thirty days, as the policy has it.",
    "swapped": "Well! Great question. Think of bananas, rockets and the sea at night; nobody here counts anything.",
}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Few questions: what is asked is the same, and the model answers each in its own words."""
    monkeypatch.setattr(questions, "SHIPPED", tuple(f"What does rule {n} say?" for n in range(5)))
    monkeypatch.setattr(scripted_replies.Call, "_envelope", _envelope)


def _envelope(call, kind):
    name = "gpt-9-2026-03" if call.script == "renamed" else "gpt-9-2026-01"
    print_ = "fp_2" if call.script != "usual" else "fp_1"
    return {"id": "1", "object": kind, "created": 1, "model": name, "system_fingerprint": print_}


def speaks(style):
    async def speak(call):
        if call.received.path != "/v1/chat/completions":
            return
        number = call.received.prompt.split("rule ")[-1][:1]
        text = f"{STYLES[style]} Rule {number}."
        await call.start_events()
        await call.event(call.piece(text))
        await call.event(call.piece(finish_reason="stop"))
        await call.event(call.usage(text))
        await call.event("[DONE]")
        await call.end_events()

    return speak


@pytest.fixture
def model(llm, monkeypatch, settings):
    for name, style in (("usual", "usual"), ("swapped", "swapped"), ("renamed", "usual"), ("reprinted", "usual")):
        monkeypatch.setitem(scripted_replies.SCRIPTS, name, speaks(style))
    llm.always("usual")
    settings.LLM_TIMEOUT_S = 60.0
    return llm


def day(number: int) -> ModelProbe:
    pk = asking.start_all(TODAY + timedelta(days=number))[0]
    assert not asking.advance(pk)
    return ModelProbe.objects.get(pk=pk)


def test_a_swapped_model_is_found_told_and_accepted(model, world, client):
    calm = [day(number) for number in range(4)]
    assert [one.is_changed for one in calm] == [False] * 4
    assert calm[-1].fingerprints == ["fp_1"]
    assert not Alert.objects.exists()

    model.always("swapped")
    changed = day(4)
    assert changed.is_changed
    assert changed.findings["text"]["is_moved"]
    alert = Alert.objects.get(kind=looking.KIND)
    assert "What is said" in alert.text
    assert alert.link == reverse("evaluation:probe", args=[changed.pk])

    again = day(5)
    assert again.is_changed
    assert again.compared_with == 4

    looking.accept(again, by=world.rita)
    calm = [day(number) for number in range(6, 9)]
    assert not any(one.is_changed for one in calm)
    assert calm[-1].findings


def test_another_name_is_a_change_and_another_fingerprint_is_none(model):
    for number in range(3):
        day(number)
    model.always("reprinted")
    reprinted = day(3)
    assert not reprinted.is_changed
    assert looking.new_fingerprints(reprinted, list(looking.before(reprinted))) == ["fp_2"]

    model.always("renamed")
    renamed = day(4)
    assert renamed.is_changed
    assert renamed.findings["names"] == ["gpt-9-2026-03"]


def test_calls_stand_in_the_ledger_and_a_day_is_asked_once(model, settings):
    # Calls are recorded outside the test's transaction, so those of other tests may stand there.
    before = Call.objects.aggregate(last=Max("pk"))["last"] or 0
    row = day(0)
    assert Call.objects.filter(pk__gt=before, task="probe", outcome="answered").count() == len(questions.SHIPPED)
    assert [call.body["temperature"] for call in model.calls] == [0.0] * len(questions.SHIPPED)
    assert asking.start_all(row.day) == []
    assert not asking.advance(row.pk)

    settings.PROBE_MODELS = False
    assert asking.start_all(row.day + timedelta(days=1)) == []


def test_what_was_replied_is_not_asked_for_twice(model):
    pk = asking.start_all(TODAY)[0]
    assert asking.advance(pk, slice_s=-1.0)
    assert asking.due() == [pk]
    ModelProbe.objects.filter(pk=pk).update(
        replies={one.key: {"text": "known", "ms": 1} for one in questions.of(questions.SHIPPED[:3])}
    )
    assert not asking.advance(pk)
    assert len(model.calls) == 2


def test_own_questions_are_asked_and_a_deployment_can_be_left_out(model):
    own = ProbeQuestion.objects.create(text="What does rule 9 say of Tarnfield?")
    ProbeQuestion.objects.create(text="What does rule 8 say of Tarnfield?", is_active=False)
    assert [one.text for one in questions.all_questions()] == [*questions.SHIPPED, own.text]

    Deployment.objects.create(name="here", kind="compatible", base_url=model.base_url, model="usual", is_probed=False)
    assert asking.start_all(TODAY) == []
    Deployment.objects.update(is_probed=True)
    assert len(asking.start_all(TODAY)) == 1


def test_a_day_without_replies_has_no_verdict(model):
    model.always("bad-key")
    row = day(0)
    assert (row.state, row.is_changed) == ("failed", False)
    assert "got no reply (BadKey)" in row.failure


def test_a_model_that_its_provider_does_not_know_any_more_is_told(model):
    model.always("unknown-model")
    assert day(0).state == "failed"
    assert Alert.objects.get(kind=looking.GONE).severity == "critical"


def test_refusals_are_known_by_their_words():
    assert questions.is_refusal("NOT_IN_SOURCES")
    assert questions.is_refusal("I’m sorry, but I can’t help with that.")
    assert questions.is_refusal("Es tut mir leid, das geht nicht.")
    assert not questions.is_refusal("Second class. First class with approval. [1]")


def test_pages_show_history_replies_and_ways_out(model, world, client, django_capture_on_commit_callbacks):
    for number in range(4):
        day(number)
    model.always("swapped")
    row = day(4)
    client.force_login(world.rita)
    page = client.get(reverse("evaluation:probes")).content.decode()
    assert "Another model" in page
    page = client.get(reverse("evaluation:probe", args=[row.pk])).content.decode()
    assert "bananas" in page
    assert "second class" in page
    assert client.post(reverse("evaluation:probe_accept", args=[row.pk])).status_code == 404
    assert client.post(reverse("evaluation:probe_release", args=[row.pk])).status_code == 404

    RoleAssignment.objects.create(user=world.rita, role=Role.ADMIN)
    name = asking.targets()[0].name
    made = client.post(reverse("evaluation:probe_release", args=[row.pk]), {"deployment": name})
    release = Release.objects.get(name__startswith=name)
    assert made.url == reverse("evaluation:release", args=[release.pk])
    assert release.route["answer"] == {"deployments": [{name: 1}]}
    client.post(reverse("evaluation:probe_accept", args=[row.pk]))
    assert ModelProbe.objects.get(pk=row.pk).accepted_by == world.rita
    assert client.post(reverse("evaluation:probe_start"), {"deployment": name}).status_code == 302
    client.force_login(world.ann)
    assert client.get(reverse("evaluation:probe", args=[row.pk])).status_code == 404
