"""A/B tests: who gets what, what they say, and who may begin them."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from chat import releases
from chat.answering import store
from chat.models import Answer, Conversation, Experiment, Release, Turn
from chat.releases import compose, rollout
from evaluation import canaries, experiments
from evaluation.models import Feedback
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipped(db: None) -> Release:
    return releases.ensure_shipped()


@pytest.fixture
def other(shipped: Release, admin: Any) -> Release:
    return compose.compose(
        name="other", prompts=list(shipped.prompts.all()), route={}, retrieval={"top_k": 5}, guards=shipped.guards,
        index_version_id=None, by=admin,
    )  # fmt: skip


@pytest.fixture
def experiment(shipped: Release, other: Release, admin: Any) -> Experiment:
    made = Experiment.objects.create(
        name="Fewer passages", hypothesis="Less to read", control=shipped, treatment=other, primary="answered",
        guards=["failed"], least_effect=0.2, planned_people=100, created_by=admin,
    )  # fmt: skip
    experiments.start(made, by=admin)
    return made


def people(n: int) -> list[User]:
    return User.objects.bulk_create(User(username=f"p{number}") for number in range(n))


def answers(experiment: Experiment, n: int, bad: dict[str, float], **fault: Any) -> None:
    """One answer a person; of each arm the share `bad` of its release's name has the fault."""
    asking = people(n)
    conversations = Conversation.objects.bulk_create(Conversation(user=user, title="t") for user in asking)
    turns = Turn.objects.bulk_create(Turn(conversation=one, ordinal=0, question="?") for one in conversations)
    met: dict[str, int] = {}
    made = []
    for user, turn in zip(asking, turns, strict=True):
        release = rollout.drawn(user)
        seen = met[release.release.name] = met.get(release.release.name, 0) + 1
        is_bad = (seen * bad[release.release.name]) % 1 + 1e-9 < bad[release.release.name]
        given = {"state": Answer.State.DONE, "status": Answer.Status.ANSWERED, "language": "en"} | (
            fault if is_bad else {}
        )
        made.append(
            Answer(turn=turn, release=release.release, drawn_by=release.by, finished_at=timezone.now(), **given)
        )
    Answer.objects.bulk_create(made)


def test_each_person_always_gets_the_same_arm_and_the_answer_says_what_drew_it(
    experiment: Experiment, shipped: Release, other: Release
) -> None:
    asking = people(200)
    arms = [rollout.drawn(one) for one in asking]

    assert arms == [rollout.drawn(one) for one in asking]
    assert {arm.by for arm in arms} == {f"experiment:{experiment.pk}"}
    assert 70 < sum(arm.release == other for arm in arms) < 130
    turn = Turn.objects.create(
        conversation=Conversation.objects.create(user=asking[0], title="t"), ordinal=0, question="How?"
    )
    pending = Answer.objects.create(turn=turn)
    store.begin(pending.pk)
    pending.refresh_from_db()
    assert (pending.release, pending.drawn_by) == (arms[0].release, arms[0].by)


def test_who_takes_no_part_gets_production_and_is_not_counted(experiment: Experiment, shipped: Release) -> None:
    Experiment.objects.filter(pk=experiment.pk).update(share_percent=20)
    arms = [rollout.drawn(one) for one in people(300)]

    outside = [arm for arm in arms if not arm.by]
    assert 210 < len(outside) < 270
    assert {arm.release for arm in outside} == {shipped}


@pytest.mark.parametrize(
    ("control", "treatment", "word"), [(0.6, 0.05, "better"), (0.05, 0.6, "worse"), (0.3, 0.3, "same")]
)
def test_the_verdict_says_what_the_answers_show(
    experiment: Experiment, control: float, treatment: float, word: str
) -> None:
    answers(experiment, 240, {experiment.control.name: control, "other": treatment}, status=Answer.Status.NOT_FOUND)

    reading = experiments.read(experiment, now=timezone.now())

    assert reading.word == word
    assert sum(reading.people) == 240
    assert [(segment.kind, segment.key) for segment, _figure in reading.segments] == [("language", "en")]


def test_a_guard_that_gets_worse_outweighs_what_decides(experiment: Experiment) -> None:
    answers(
        experiment, 240, {experiment.control.name: 0.0, "other": 0.7},
        state=Answer.State.FAILED, status=Answer.Status.FAILED,
    )  # fmt: skip

    reading = experiments.read(experiment, now=timezone.now())

    assert reading.word == "harmful"
    assert "Answers that failed" in reading.sentence


def test_arms_of_unequal_size_are_not_trusted(experiment: Experiment) -> None:
    answers(experiment, 240, {experiment.control.name: 0.6, "other": 0.0}, status=Answer.Status.NOT_FOUND)
    lost = Answer.objects.filter(release=experiment.treatment).values_list("pk", flat=True)[:95]
    Answer.objects.filter(pk__in=list(lost)).delete()

    assert experiments.read(experiment, now=timezone.now()).word == "broken"


def test_thumbs_decide_where_they_are_what_decides(experiment: Experiment) -> None:
    Experiment.objects.filter(pk=experiment.pk).update(primary="helpful")
    experiment.refresh_from_db()
    answers(experiment, 200, {experiment.control.name: 0.0, "other": 0.0})
    for answer in Answer.objects.select_related("turn__conversation"):
        is_up = answer.release == experiment.treatment
        Feedback.objects.create(answer=answer, user=answer.turn.conversation.user, thumb=1 if is_up else -1)

    assert experiments.read(experiment, now=timezone.now()).word == "better"


def test_a_move_of_production_ends_an_experiment(experiment: Experiment, other: Release, admin: Any) -> None:
    from evaluation import rollout as deciding

    deciding.promote(other, by=admin)

    experiment.refresh_from_db()
    assert experiment.state == Experiment.State.ENDED
    assert rollout.drawn(User.objects.create_user("late")) == rollout.Drawn(release=other)


def test_a_canary_and_an_experiment_do_not_run_beside_each_other(
    experiment: Experiment, other: Release, admin: Any
) -> None:
    with pytest.raises(canaries.moves.NotMoved, match="Fewer passages"):
        canaries.start(other, by=admin)
    experiments.end(experiment, by=admin)
    canaries.start(other, by=admin)
    again = Experiment.objects.create(
        name="Again", hypothesis="x", control=experiment.control, treatment=other, least_effect=0.1, planned_people=1
    )
    with pytest.raises(experiments.NotStarted):
        experiments.start(again, by=admin)


def test_an_experiment_is_planned_begun_read_and_ended_on_its_pages(
    shipped: Release, other: Release, admin: Any, reviewer: Any, reader: Any, client_for: Any
) -> None:
    client, asked_at = client_for(admin), timezone.now() - timedelta(days=3)
    for number in range(60):
        user = User.objects.create_user(f"before-{number}")
        turn = Turn.objects.create(
            conversation=Conversation.objects.create(user=user, title="t"), ordinal=0, question="?"
        )
        status = Answer.Status.NOT_FOUND if number % 3 == 0 else Answer.Status.ANSWERED
        before = Answer.objects.create(turn=turn, state="done", status=status, release=shipped, finished_at=asked_at)
        Answer.objects.filter(pk=before.pk).update(created_at=asked_at)
    sent = {
        "name": "Fewer passages", "hypothesis": "Less to read", "treatment": other.pk, "primary": "answered",
        "least_effect": "10", "guards": ["failed", "answered"], "share_percent": "50",
    }  # fmt: skip
    assert client.post(reverse("evaluation:experiment_new"), sent | {"least_effect": "0"}).status_code == 422
    client.post(reverse("evaluation:experiment_new"), sent)

    made = Experiment.objects.get()
    assert (made.least_effect, made.guards) == (0.1, ["failed"])
    assert 1200 < made.planned_people < 1500
    page = reverse("evaluation:experiment", args=[made.pk])
    assert f"{made.planned_people} people" in client.get(page).content.decode()

    starts, ends = (reverse(f"evaluation:experiment_{action}", args=[made.pk]) for action in ("start", "end"))
    assert {
        client_for(reviewer).post(url).status_code for url in (starts, ends, reverse("evaluation:experiment_new"))
    } == {404}
    assert client_for(reader).get(page).status_code == 404
    client.post(starts)
    assert "Too early to say" in client_for(reviewer).get(page).content.decode()
    client.post(ends)
    made.refresh_from_db()
    assert made.state == Experiment.State.ENDED
    assert made.conclusion.startswith("Too early")
    assert client_for(reviewer).get(reverse("evaluation:experiments")).status_code == 200
    assert {"experiment_planned", "experiment_started", "experiment_ended"} <= set(
        AuditEvent.objects.values_list("event", flat=True)
    )
