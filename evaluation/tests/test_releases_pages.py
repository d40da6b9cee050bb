"""Releases on their pages: composed, compared, moved to production past the gates, and rolled back."""

from typing import Any

import pytest
from django.urls import reverse

from chat import releases
from chat.models import PromptVersion, Release, Rollout, RolloutMove
from chat.prompts import versions
from chat.releases import compose, moves
from evaluation import gates, rollout
from evaluation.models import Gate
from evaluation.release_forms import ReleaseForm
from ragapp.audit.models import AuditEvent
from ragapp.llm.models import Deployment

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipped(db: None) -> Release:
    return releases.ensure_shipped()


def values(start: Release, **changed: Any) -> dict[str, Any]:
    """What the form sends when only `changed` was touched."""
    form = ReleaseForm(start=start)
    sent = {field.html_name: field.value() for field in form}
    return {
        name: "" if value is None else value for name, value in (sent | {"name": "next", "note": "x"}).items()
    } | changed


def compose_one(start: Release, by: Any, **changed: Any) -> Release:
    given = {
        "name": "next",
        "prompts": list(start.prompts.all()),
        "route": {},
        "retrieval": start.retrieval | {"top_k": 5},
        "guards": start.guards,
        "index_version_id": None,
        "by": by,
        "cloned_from": start,
    }
    return compose.compose(**given | changed)


def test_a_clone_with_nothing_changed_says_the_same_as_its_original(
    shipped: Release, admin: Any, client_for: Any
) -> None:
    response = client_for(admin).post(reverse("evaluation:release_new") + f"?from={shipped.pk}", values(shipped))

    made = Release.objects.get(name="next")
    assert response.status_code == 302
    assert (made.cloned_from, made.created_by) == (shipped, admin)
    assert compose.changes(shipped, made) == []
    assert moves.states([made])[made.pk] == moves.State.DRAFT


def test_what_was_changed_is_what_the_difference_says(shipped: Release, admin: Any, client_for: Any) -> None:
    Deployment.objects.create(name="east", model="m", base_url="http://127.0.0.1:9/v1")
    shorter = versions.add(
        name="short", task="answer", body=shipped.prompts.get(task="answer").body + "\nBe short.", by=admin
    )
    changed = {
        "prompt_answer": shorter.pk, "set_top_k": "5", "guard_question.abuse": "block", "route_answer": "east 3",
    }  # fmt: skip
    client_for(admin).post(reverse("evaluation:release_new"), values(shipped, **changed))

    made = Release.objects.get(name="next")
    found = {change.what: (change.before, change.after) for change in compose.changes(shipped, made)}
    assert found == {
        "Prompt: Answer": ("answer v1", "short v1"),
        "Retrieval: top_k": ("8", "5"),
        "Guards: question, abuse": ("log", "block"),
        "Route: answer": ("–", '{"deployments": [{"east": 3}]}'),
    }


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"prompt_title": ""}, "prompt_title"),
        ({"set_top_k": "-1"}, "set_top_k"),
        ({"set_sentence_weights": '{"coverage": 1}'}, "set_sentence_weights"),
        ({"guard_answer.secrets": "off"}, "guard_answer.secrets"),
        ({"route_answer": "nowhere"}, "route_answer"),
        ({"languages": "English"}, "languages"),
        ({"index": "99"}, "index"),
    ],
)
def test_a_value_that_cannot_be_is_refused_at_its_field(
    shipped: Release, admin: Any, client_for: Any, changed: dict[str, str], field: str
) -> None:
    response = client_for(admin).post(reverse("evaluation:release_new"), values(shipped, **changed))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Release.objects.filter(name="next").exists()


def test_a_name_is_given_once(shipped: Release, admin: Any, client_for: Any) -> None:
    response = client_for(admin).post(reverse("evaluation:release_new"), values(shipped, name=shipped.name))

    assert "There is a release of this name" in response.content.decode()


def test_a_release_moves_to_production_and_back_by_one_click(
    shipped: Release, admin: Any, reader: Any, client_for: Any
) -> None:
    following = compose_one(shipped, admin)
    client = client_for(admin)

    client.post(reverse("evaluation:release_promote", args=[following.pk]), {"reason": "Fewer passages"})
    assert releases.current(reader) == following
    assert moves.states([shipped, following]) == {
        shipped.pk: moves.State.RETIRED, following.pk: moves.State.PRODUCTION,
    }  # fmt: skip

    client.post(reverse("evaluation:release_back", args=[following.pk]), {"reason": "Worse"})
    assert releases.current(reader) == shipped
    assert [(move.kind, move.moved_by, move.reason) for move in RolloutMove.objects.all()] == [
        ("rolled_back", admin, "Worse"), ("promoted", admin, "Fewer passages"),
    ]  # fmt: skip
    assert {"release_promoted", "release_rolled_back"} <= set(AuditEvent.objects.values_list("event", flat=True))
    assert moves.before_this(shipped) is None
    page = client.get(reverse("evaluation:releases")).content.decode()
    assert "Worse" in page
    with pytest.raises(moves.NotMoved):
        moves.back(by=admin, reason="")


def test_an_upgrade_of_the_software_leaves_a_pointer_that_was_moved_back(shipped: Release, admin: Any) -> None:
    following = compose_one(shipped, admin)
    rollout.promote(following, by=admin)
    moves.back(by=admin, reason="")
    older = Release.objects.create(name="shipped-older")
    Rollout.objects.filter(pk=1).update(production=older, moved_by=None)

    assert releases.ensure_shipped() == older


def test_a_gate_that_does_not_let_pass_wants_a_reason_which_is_audited(
    shipped: Release, admin: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = compose_one(shipped, admin)
    check = gates.Check(gate=Gate(), state=gates.State.FAILED, reason="Recall is 0.70, at least 0.80 is wanted.")
    failed = gates.Verdict(state=gates.State.FAILED, checks=(check,))
    monkeypatch.setattr(gates, "verdict", lambda release, stage: failed)
    url = reverse("evaluation:release_promote", args=[following.pk])

    refused = client_for(admin).post(url, follow=True).content.decode()
    assert "Recall is 0.70" in refused
    assert releases.production() == shipped

    client_for(admin).post(url, {"override": "The data set is outdated"})
    assert releases.production() == following
    move = RolloutMove.objects.get()
    assert move.evidence["override"] == "The data set is outdated"
    assert move.evidence["gate"]["state"] == "failed"
    assert AuditEvent.objects.filter(event="gate_overridden", target="next").exists()


def test_reviewers_look_at_releases_but_move_none(
    shipped: Release, reviewer: Any, auditor: Any, admin: Any, client_for: Any
) -> None:
    following = compose_one(shipped, admin)
    looked = [reverse("evaluation:releases"), reverse("evaluation:release", args=[following.pk])]
    changing = [
        reverse("evaluation:release_new"),
        reverse("evaluation:release_promote", args=[following.pk]),
        reverse("evaluation:release_back", args=[following.pk]),
    ]

    assert [client_for(reviewer).get(url).status_code for url in looked] == [200, 200]
    assert [client_for(auditor).get(url).status_code for url in looked] == [404, 404]
    assert [client_for(reviewer).post(url).status_code for url in changing] == [404, 404, 404]
    assert releases.production() == shipped


def test_a_release_of_an_older_version_of_the_software_can_be_cloned(admin: Any, client_for: Any) -> None:
    old = Release.objects.create(name="old", retrieval={"top_k": 4})
    page = client_for(admin).get(reverse("evaluation:release_new") + f"?from={old.pk}")

    assert page.status_code == 200
    assert page.context["form"]["set_top_k"].value() == 4
    assert PromptVersion.objects.exists()
