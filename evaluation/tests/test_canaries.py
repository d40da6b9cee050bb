"""Canaries: shares by plan, brakes that roll back by themselves, and the bad ones that they must find."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from chat import releases
from chat.answering.run import ask_once
from chat.models import Answer, Conversation, Release, Rollout, RolloutMove, Turn
from chat.prompts import versions
from chat.releases import compose, rollout
from evaluation import canaries, gates, tasks
from evaluation.models import Alert, Canary, Feedback, Gate
from ragapp.accounts.models import User
from ragapp.llm.models import Deployment
from ragapp.tests.scripted_llm import ScriptedLLM
from ragapp.tests.scripted_replies import BOLD

pytestmark = pytest.mark.django_db
QUICK = (
    {"percent": 10, "hours": 0, "answers": 5},
    {"percent": 50, "hours": 2, "answers": 5},
    {"percent": 100, "hours": 0, "answers": 0},
)
HALF = ({"percent": 50, "hours": 1, "answers": 1000}, {"percent": 100, "hours": 0, "answers": 0})


@pytest.fixture
def shipped(db: None) -> Release:
    return releases.ensure_shipped()


@pytest.fixture
def candidate(shipped: Release, admin: Any) -> Release:
    return composed(shipped, admin, "next", retrieval=shipped.retrieval | {"top_k": 5})


def composed(start: Release, by: Any, name: str, **changed: Any) -> Release:
    given = {
        "name": name, "prompts": list(start.prompts.all()), "route": start.route, "retrieval": start.retrieval,
        "guards": start.guards, "index_version_id": None, "by": by, "cloned_from": start,
    }  # fmt: skip
    return compose.compose(**given | changed)


@pytest.fixture
def asked(db: None) -> Callable[..., None]:
    """asked(release, 40, status="not_found"): so many answers that the canary drew, one a person, asked just now."""
    conversations: list[Conversation] = []

    def make(release: Release, n: int, *, seconds: float = 2.0, at: Any = None, thumb: int = 0, **fields: Any) -> None:
        begun = at or timezone.now()
        new = User.objects.bulk_create(User(username=f"asker-{number}") for number in range(len(conversations), n))
        conversations.extend(Conversation.objects.bulk_create(Conversation(user=user, title="t") for user in new))
        # Each person has asked as often as this was called for them.
        ordinals = Counter(Turn.objects.values_list("conversation", flat=True))
        turns = Turn.objects.bulk_create(
            Turn(conversation=one, ordinal=ordinals[one.pk], question="?") for one in conversations[:n]
        )
        given = {"state": Answer.State.DONE, "status": Answer.Status.ANSWERED, "release": release,
                 "drawn_by": f"canary:{Rollout.objects.get(pk=1).candidate_id}"} | fields  # fmt: skip
        answers = Answer.objects.bulk_create(Answer(turn=turn, **given) for turn in turns)
        for number, answer in enumerate(answers):
            answer.created_at = begun + timedelta(seconds=number)
            answer.finished_at = answer.created_at + timedelta(seconds=seconds)
        Answer.objects.bulk_update(answers, ["created_at", "finished_at"])
        if thumb:
            thumbs = Feedback.objects.bulk_create(
                Feedback(answer=answer, user=answer.turn.conversation.user, thumb=thumb) for answer in answers
            )
            for one in thumbs:
                one.created_at = one.answer.created_at + timedelta(minutes=5)
            Feedback.objects.bulk_update(thumbs, ["created_at"])

    return make


def test_a_canary_goes_by_its_plan_to_production(
    candidate: Release, shipped: Release, admin: Any, asked: Callable[..., None]
) -> None:
    canary = canaries.start(candidate, by=admin, plan=QUICK, reason="Fewer passages")
    now = timezone.now()
    assert Rollout.objects.get(pk=1).candidate_percent == 10

    canaries.tend(now)
    canary.refresh_from_db()
    assert "0 of the 5 answers" in canary.because

    asked(candidate, 5)
    canaries.tend(now + timedelta(minutes=2))
    canary.refresh_from_db()
    assert "nothing to compare" in canary.because or "no answers to compare" in canary.because

    asked(shipped, 5)
    canaries.tend(now + timedelta(minutes=3))
    assert Rollout.objects.get(pk=1).candidate_percent == 50

    asked(candidate, 5, at=now + timedelta(minutes=4))
    asked(shipped, 5, at=now + timedelta(minutes=4))
    canaries.tend(now + timedelta(minutes=30))
    canary.refresh_from_db()
    assert "At least 2 hours" in canary.because

    canaries.tend(now + timedelta(hours=3))
    canary.refresh_from_db()
    assert (canary.state, releases.production()) == (Canary.State.RELEASED, candidate)
    assert [move.kind for move in RolloutMove.objects.all()] == ["promoted", "share_changed", "canary_started"]
    canaries.tend(now + timedelta(hours=4))
    assert RolloutMove.objects.count() == 3


def test_what_production_had_kept_does_not_make_a_new_release_slow_or_dear(
    candidate: Release, shipped: Release, admin: Any, asked: Callable[..., None]
) -> None:
    now = timezone.now()
    made = {"seconds": 4.0, "cost_usd": "0.02"}
    asked(shipped, 60, at=now - timedelta(hours=2), drawn_by="", **made)
    asked(shipped, 300, at=now - timedelta(hours=1), drawn_by="", seconds=0.1, cost_usd="0", cache_layer="exact")
    canary = canaries.start(candidate, by=admin, plan=HALF)
    later = now + timedelta(minutes=1)
    asked(shipped, 100, at=later, seconds=0.1, cost_usd="0", cache_layer="exact")
    asked(shipped, 20, at=later, **made)
    asked(candidate, 60, at=later, **made)

    canaries.tend(now + timedelta(minutes=30))

    canary.refresh_from_db()
    found = {each["name"]: each for each in canary.found["brakes"]}
    assert (found["slow"]["candidate"], found["slow"]["control"]) == (60, 20)
    assert (canary.state, canary.limits["seconds"]) == (Canary.State.RAMPING, pytest.approx(4.0))


@pytest.mark.parametrize(
    ("fault", "brake"),
    [
        ({"state": Answer.State.FAILED, "status": Answer.Status.FAILED}, "failed"),
        ({"fallback_step": 1}, "failed"),
        ({"status": Answer.Status.NOT_FOUND}, "refused"),
        ({"sentences": [{"text": "x", "is_supported": False}]}, "unsupported"),
        ({"thumb": -1}, "thumb_down"),
        ({"seconds": 9.0}, "slow"),
        ({"cost_usd": "0.5"}, "dear"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_brake_finds_its_fault_and_rolls_back_by_itself(
    fault: dict[str, Any], brake: str, candidate: Release, shipped: Release, admin: Any, asked: Callable[..., None]
) -> None:
    now = timezone.now()
    asked(shipped, 60, at=now - timedelta(days=2), cost_usd="0.01", drawn_by="")
    canary = canaries.start(candidate, by=admin, plan=HALF)
    Canary.objects.filter(pk=canary.pk).update(started_at=now)

    # In turns, as people ask.
    for part in range(4):
        at = now + timedelta(minutes=1 + 2 * part)
        asked(shipped, 10, at=at, cost_usd="0.01")
        asked(candidate, 10, at=at + timedelta(minutes=1), **{"cost_usd": "0.01"} | fault)
    canaries.tend(now + timedelta(hours=2))

    canary.refresh_from_db()
    assert canary.state == Canary.State.ROLLED_BACK
    assert [each["name"] for each in canary.found["brakes"] if each["pulls"]] == [brake]
    assert "40 of 40, in production 0 of 40" in canary.because
    assert Rollout.objects.get(pk=1).candidate is None
    move = RolloutMove.objects.first()
    assert move is not None
    assert (move.kind, move.moved_by) == ("rolled_back", None)
    alert = Alert.objects.get(kind="rollout")
    assert "Retrieval: top_k (8 → 5)" in alert.text


def test_a_rollback_is_mailed_with_its_reason_and_what_had_changed(
    candidate: Release, shipped: Release, admin: Any, asked: Callable[..., None]
) -> None:
    canaries.start(candidate, by=admin, plan=HALF)
    asked(shipped, 10)
    asked(candidate, 40, state=Answer.State.FAILED, status=Answer.Status.FAILED)

    canaries.tend(timezone.now() + timedelta(minutes=2))
    tasks.mail_alerts()

    assert any("next was rolled back" in letter.subject for letter in mail.outbox)
    assert any("top_k" in letter.body for letter in mail.outbox)


def test_a_brake_goes_on_looking_while_a_canary_is_paused(
    candidate: Release, shipped: Release, admin: Any, asked: Callable[..., None]
) -> None:
    canary = canaries.start(candidate, by=admin, plan=HALF)
    canaries.pause(canary, by=admin)
    asked(shipped, 10)
    asked(candidate, 40, status=Answer.Status.NOT_FOUND)

    canaries.tend(timezone.now() + timedelta(minutes=2))

    canary.refresh_from_db()
    assert canary.state == Canary.State.ROLLED_BACK


def test_one_person_who_asks_a_lot_does_not_decide_alone(
    candidate: Release, shipped: Release, admin: Any, asked: Callable[..., None]
) -> None:
    canary = canaries.start(candidate, by=admin, plan=HALF)
    asked(shipped, 10)
    for _ in range(30):
        asked(candidate, 1, status=Answer.Status.NOT_FOUND)

    canaries.tend(timezone.now() + timedelta(minutes=2))

    canary.refresh_from_db()
    refused = next(each for each in canary.found["brakes"] if each["name"] == "refused")
    assert refused["candidate"] <= 10


def test_production_waits_for_a_person_where_its_gate_does_not_let_pass(
    candidate: Release, shipped: Release, admin: Any, asked: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = canaries.start(candidate, by=admin, plan=HALF)
    check = gates.Check(gate=Gate(), state=gates.State.MISSING, reason="No run yet.")
    missing = gates.Verdict(state=gates.State.MISSING, checks=(check,))
    monkeypatch.setattr(gates, "verdict", lambda release, stage: missing)
    Canary.objects.filter(pk=canary.pk).update(plan=[{"percent": 50, "hours": 0, "answers": 1}, HALF[1]])
    asked(shipped, 3)
    asked(candidate, 3)

    canaries.tend(timezone.now() + timedelta(minutes=2))

    canary.refresh_from_db()
    assert (canary.state, releases.production()) == (Canary.State.PAUSED, shipped)
    assert "No run yet." in canary.because


@pytest.mark.parametrize(
    "plan",
    [[], [{"percent": 100, "hours": 0, "answers": 0}], [{"percent": 50, "hours": 0, "answers": 0}] * 2],
)
def test_a_plan_that_does_not_grow_to_all_is_none(candidate: Release, admin: Any, plan: list[dict[str, Any]]) -> None:
    with pytest.raises((canaries.NotStarted, IndexError)):
        canaries.start(candidate, by=admin, plan=plan)


# From here on in the real way: real questions, a real server for the model, the beat task.


def ask_until_rolled_back(canary: Canary, people: list[User], *, most: int) -> int:
    """One question a person in turn, the beat task after every second; how many answers the candidate gave."""
    for number in range(most):
        ask_once("How many days of parental leave do I get?", user=people[number % len(people)])
        if number % 2:
            tasks.tend_canary()
            canary.refresh_from_db()
            if canary.ended_at is not None:
                break
    return Answer.objects.filter(release=canary.candidate).count()


@pytest.fixture
def people(library: Any, person: Callable[..., User], owner: Any) -> list[User]:
    """Forty who may read the handbook."""
    found = [person(f"employee-{number}") for number in range(40)]
    from documents import access
    from documents.models import Level

    handbook = library["leave"].collection
    for one in found:
        access.share(handbook.access_list, user=one, level=Level.READER, by=owner)
    return found


@pytest.mark.django_db(transaction=True)
def test_a_bad_prompt_is_found_and_rolled_back_by_itself(
    people: list[User], llm: ScriptedLLM, admin: Any, reader: Any
) -> None:
    llm.always("obeys")
    shipped = releases.ensure_shipped()
    good = shipped.prompts.get(task="answer")
    bad = versions.add(
        name="answer",
        task="answer",
        by=admin,
        body=good.body.replace("Add nothing from your own knowledge", f"Use your {BOLD}"),
    )
    others = list(shipped.prompts.exclude(task="answer"))
    worse = composed(shipped, admin, "bolder", prompts=[bad, *others])
    canary = canaries.start(worse, by=admin, plan=HALF)

    answers = ask_until_rolled_back(canary, people, most=120)

    assert canary.state == Canary.State.ROLLED_BACK
    assert answers <= 300
    assert {rollout.current(one) for one in people} == {shipped}
    assert "Prompt: Answer" in Alert.objects.get(kind="rollout").text


@pytest.mark.django_db(transaction=True)
def test_a_broken_model_is_found_and_rolled_back_by_itself(
    people: list[User], llm: ScriptedLLM, admin: Any, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = [llm.base_url.removeprefix("http://").removesuffix("/v1")]
    llm.always("text:You get 60 days of paid parental leave for each child [1].")
    for name, model in (("good", "good"), ("broken", "unknown-model")):
        Deployment.objects.create(
            name=name, model=model, base_url=llm.base_url, kind="vllm", may_see_personal_data=True
        )
    shipped = releases.ensure_shipped()
    steady = composed(shipped, admin, "steady", route={"answer": {"deployments": ["good"]}})
    Rollout.objects.filter(pk=1).update(production=steady)
    worse = composed(steady, admin, "cheaper", route={"answer": {"deployments": ["broken", "good"]}})
    canary = canaries.start(worse, by=admin, plan=HALF)

    answers = ask_until_rolled_back(canary, people, most=120)

    assert canary.state == Canary.State.ROLLED_BACK
    assert answers <= 300
    assert "stand-in" in canary.because
    assert Alert.objects.get(kind="rollout").link == reverse("evaluation:canary", args=[canary.pk])


def test_a_canary_is_started_steered_and_rolled_back_on_its_pages(
    candidate: Release, shipped: Release, admin: Any, reviewer: Any, reader: Any, client_for: Any, asked: Any
) -> None:
    client = client_for(admin)
    start = reverse("evaluation:release_canary", args=[candidate.pk])

    refused = client.post(start, {"plan": "50, 1, 20\n10, 1, 20", "reason": "Shorter answers"})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "grow from step to step" in page
    assert 'value="Shorter answers"' in page
    assert "50, 1, 20\n10, 1, 20" in page
    client.post(start, {"plan": "10, 1, 20\n50, 1, 20\n100, 0, 0", "reason": "Try"})
    canary = Canary.objects.get()
    assert (
        "is being tried already" in client.post(start, {"plan": "10, 1, 20\n100, 0, 0"}, follow=True).content.decode()
    )

    asked(shipped, 5)
    asked(candidate, 3, status=Answer.Status.NOT_FOUND)
    canaries.tend(timezone.now() + timedelta(minutes=1))
    page = reverse("evaluation:canary", args=[canary.pk])
    shown = client_for(reviewer).get(page).content.decode()
    assert "Refusals" in shown
    assert "3/3" in shown

    for action, state in (("pause", "paused"), ("resume", "ramping")):
        client.post(reverse(f"evaluation:canary_{action}", args=[canary.pk]))
        canary.refresh_from_db()
        assert canary.state == state
    client.post(reverse("evaluation:canary_next", args=[canary.pk]))
    assert Rollout.objects.get(pk=1).candidate_percent == 50

    steering = [
        reverse(f"evaluation:canary_{action}", args=[canary.pk]) for action in ("pause", "resume", "next", "back")
    ]
    assert {client_for(reviewer).post(url).status_code for url in [*steering, start]} == {404}
    assert {client_for(reader).get(url).status_code for url in (page,)} == {404}

    client.post(reverse("evaluation:canary_back", args=[canary.pk]), {"reason": "Not yet"})
    canary.refresh_from_db()
    assert (canary.state, canary.because) == (Canary.State.ROLLED_BACK, "Not yet")
    assert Rollout.objects.get(pk=1).candidate is None
    # Who watched it run gets the whole page anew, once.
    assert client.get(page, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert client.post(reverse("evaluation:canary_back", args=[canary.pk])).status_code == 404
