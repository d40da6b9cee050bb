"""Approved answers become examples only where their sources may be read and nobody's data is in them."""

import json
from hashlib import sha256

import pytest
from django.urls import reverse

from chat.models import Answer
from evaluation import fine_tuning, readiness, review
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db
PROMPT = [{"role": "system", "content": "Answer from the sources."}, {"role": "user", "content": "How many days?"}]


def judged(world, *cited, verdict="good", corrected="", **fields) -> Answer:
    kept = [{"document_id": str(one.pk), "kept": True} for one in cited]
    answer = world.answer(*cited, **{"prompt": PROMPT, "candidates": kept} | fields)
    review.judge(answer, reviewer=world.rita, verdict=verdict, corrected_answer=corrected)
    return answer


def test_approved_and_corrected_answers_become_lines_with_their_provenance(world):
    judged(world, world.public, question="one?")
    bad = judged(world, world.public, verdict="bad", corrected="Seventy days. [1]", question="two?")
    judged(world, world.public, verdict="bad", question="three?")
    judged(world, world.public, question="One? ")
    collected = fine_tuning.collect(world.rita)

    chat = list(fine_tuning.chat_lines(collected))
    assert [json.loads(line)["messages"][-1]["content"] for line in chat] == ["Sixty days. [1]", "Seventy days. [1]"]
    (pair,) = map(json.loads, fine_tuning.preference_lines(collected))
    assert pair["preferred_output"][0]["content"] == "Seventy days. [1]"
    assert pair["non_preferred_output"][0]["content"] == "Sixty days. [1]"
    provenance = [json.loads(line) for line in fine_tuning.provenance_lines(collected)]
    assert provenance[1]["answer"] == str(bad.pk)
    assert provenance[1]["documents"] == [str(world.public.pk)]
    assert [one["sha256"] for one in provenance] == [sha256(line.encode()).hexdigest() for line in chat]


def test_what_was_read_and_not_cited_must_be_readable_too(world):
    kept = [{"document_id": str(one.pk), "kept": True} for one in (world.public, world.secret)]
    judged(world, world.public, candidates=kept)
    collected = fine_tuning.collect(world.rita)

    assert collected.examples == []
    assert collected.left_out == {"unreadable": 1}


def test_personal_data_anywhere_keeps_an_example_out(world):
    judged(world, world.public, text="Write to jane.miller@tarnfield.example. [1]", question="one?")
    judged(world, world.public, question="two?", prompt=[{"role": "user", "content": "IBAN DE89370400440532013000"}])
    judged(world, world.public, question="three?", prompt=[])

    collected = fine_tuning.collect(world.rita)
    assert collected.left_out == {"personal_data": 2, "no_prompt": 1}


def test_where_reviewers_disagree_nothing_is_learnt(world):
    answer = judged(world, world.public)
    review.judge(answer, reviewer=User.objects.create_user("ruth"), verdict="bad")

    assert fine_tuning.collect(world.rita).examples == []


def test_a_reviewer_downloads_what_they_may_read_and_it_is_audited(world, client):
    judged(world, world.public)
    client.force_login(world.rita)
    assert "1" in client.get(reverse("evaluation:fine_tuning")).content.decode()
    got = client.post(reverse("evaluation:fine_tuning_file", args=["chat"]))

    assert json.loads(got.content)["messages"][:2] == PROMPT
    assert client.get(reverse("evaluation:fine_tuning_file", args=["chat"])).status_code == 405
    assert client.post(reverse("evaluation:fine_tuning_file", args=["weights"])).status_code == 404
    client.force_login(world.ann)
    assert client.post(reverse("evaluation:fine_tuning_file", args=["chat"])).status_code == 404


def test_few_examples_are_not_worth_a_training(world):
    judged(world, world.public)

    assert fine_tuning.advice(fine_tuning.collect(world.rita)).is_worth_it is False


def test_readiness_says_what_to_do_next(world, client):
    found = readiness.checks(world.rita)
    step = readiness.next_step(found)

    assert step is not None
    assert step.hint
    assert len(found) == 5
    client.force_login(world.rita)
    page = client.get(reverse("evaluation:readiness")).content.decode()
    assert "Set at least one gate" in page
    assert client.get(reverse("evaluation:models")).status_code == 200
