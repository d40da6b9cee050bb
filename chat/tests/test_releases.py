"""Releases: made once, never changed, and found by the rollout pointer."""

import threading
from typing import Any

import pytest
from django.db import connection

from chat import prompts, releases
from chat.models import PromptVersion, Release, Rollout
from chat.models.prompt import Immutable
from chat.releases import rollout, settings
from documents.lineage import answering_ways

pytestmark = pytest.mark.django_db


def test_the_shipped_release_answers_until_somebody_chooses_another(reader: Any) -> None:
    release = releases.current(reader)

    assert release.name.startswith("shipped-")
    assert {prompt.name for prompt in release.prompts.all()} == set(prompts.NAMES)
    assert release.retrieval == settings.shipped()


def test_a_stored_release_cannot_be_changed(reader: Any) -> None:
    release = releases.current(reader)
    release.retrieval = release.retrieval | {"top_k": 3}

    with pytest.raises(Immutable):
        release.save()


def test_a_stored_prompt_cannot_be_changed(reader: Any) -> None:
    releases.current(reader)
    prompt = PromptVersion.objects.first()
    assert prompt is not None
    prompt.body += "!"

    with pytest.raises(Immutable):
        prompt.save()


def test_an_upgrade_moves_the_pointer_unless_somebody_moved_it(reader: Any, admin: Any) -> None:
    old = Release.objects.create(name="shipped-older", retrieval={})
    chosen = Release.objects.create(name="ours", retrieval={})
    Rollout.objects.update_or_create(pk=1, defaults={"production": old, "moved_by": None})

    assert releases.ensure_shipped() != old
    Rollout.objects.filter(pk=1).update(production=chosen, moved_by=admin)

    assert releases.ensure_shipped() == chosen
    assert releases.current(reader) == chosen


def test_a_candidate_answers_about_its_share_of_the_people_and_always_the_same(reader: Any) -> None:
    production = releases.current(reader)
    candidate = Release.objects.create(name="candidate", retrieval={})
    Rollout.objects.filter(pk=1).update(candidate=candidate, candidate_percent=30)
    pointer = Rollout.objects.get(pk=1)

    places = [rollout.share_of(number, pointer) for number in range(2000)]

    assert 0.26 < sum(place < 30 for place in places) / 2000 < 0.34
    expected = candidate if rollout.share_of(reader.pk, pointer) < 30 else production
    assert {releases.current(reader) for _ in range(3)} == {expected}


def test_documents_are_told_how_each_release_looks_for_passages_the_persons_own_first(reader: Any) -> None:
    theirs = releases.current(reader)
    Release.objects.create(name="small", retrieval={"top_k": 3})
    Release.objects.create(name="unreadable", retrieval={"topk": 3})

    told = answering_ways.send(sender=None, asker=reader)

    assert [(way.name, way.index_version_id, way.top_k) for _, ways in told for way in ways] == [
        (theirs.name, None, settings.shipped()["top_k"]), ("small", None, 3),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_make_one_release() -> None:
    Rollout.objects.all().delete()
    Release.objects.all().delete()
    PromptVersion.objects.all().delete()

    def make() -> None:
        releases.ensure_shipped()
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Release.objects.count() == 1
    assert PromptVersion.objects.count() == len(prompts.NAMES)


def test_settings_with_an_unknown_name_are_refused() -> None:
    with pytest.raises(settings.ReleaseInvalid, match="topk"):
        settings.read({"topk": 3})


@pytest.mark.parametrize("values", [{}, {"question": "Why?", "answer": "So."}])
def test_a_prompt_is_filled_exactly_or_not_at_all(values: dict[str, str]) -> None:
    with pytest.raises(prompts.PromptInvalid):
        prompts.fill("Rules\n---\nQuestion: {{ question }}", values)


def test_a_value_cannot_bring_variables_of_its_own() -> None:
    _, user = prompts.fill("Rules\n---\n{{ question }} {{ today }}", {"question": "{{ today }}", "today": "now"})

    assert user == "{{ today }} now"
