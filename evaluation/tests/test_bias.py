"""Bias checks find a planted difference, stay silent where there is none, and say what to do."""

import numpy as np
import pytest
from django.urls import reverse

from chat import releases
from chat.tests.conftest import LEAVE, add, library, llm  # noqa: F401  read in for real
from evaluation import bias_checks, gates, runs
from evaluation.bias import pairs
from evaluation.bias.differences import ALPHA, Observed, corrected, differences, figures
from evaluation.datasets import folder, store
from evaluation.datasets.corpus import Corpus
from evaluation.models import EvaluationRun
from ragapp.accounts.models import Role, RoleAssignment
from ragapp.lib.stats import clustered_interval, clustered_p, holm
from ragapp.tests import scripted_replies

EACH, SIMULATIONS = 600, 200


TOPICS_OF = {axis: [pair.topic for pair in pairs.pairs((axis,), each=EACH)] for axis in pairs.AXES}


def observed(seed: int, *, more: float) -> list[Observed]:
    """The shipped pairs, 600 of each axis: refusals by question, alike in both groups but for `more` of them in one."""
    dice = np.random.default_rng(seed)
    by_question = dice.beta(1, 8, size=len(pairs.QUESTIONS))
    found = []
    for axis in pairs.AXES:
        topics = TOPICS_OF[axis]
        rates = by_question[[int(one) for one in topics]]
        first = (dice.random(len(rates)) < rates).astype(float)
        planted = more if axis == "name" else 0.0
        second = (dice.random(len(rates)) < np.minimum(rates + planted, 1)).astype(float)
        found.append(Observed(axis=axis, measure="refused", first=first, second=second, topics=topics))
        lengths = dice.normal(60, 15, size=(2, len(rates)))
        found.append(Observed(axis=axis, measure="length", first=lengths[0], second=lengths[1], topics=topics))
    return found


def test_ten_points_more_refusals_are_found_and_healthy_checks_are_silent():
    found, false = 0, 0
    for seed in range(SIMULATIONS):
        ps = _quickly_corrected(observed(seed, more=0.10))
        found += ps["name", "refused"] < ALPHA
        false += any(p < ALPHA for p in _quickly_corrected(observed(1000 + seed, more=0.0)).values())

    assert found / SIMULATIONS >= 0.8
    assert false / SIMULATIONS <= 0.05


def _quickly_corrected(all_observed):
    """As `corrected`, with fewer turns of signs and without intervals, which take the time."""
    ps = holm([clustered_p(np.subtract(one.second, one.first), one.topics, rounds=1000) for one in all_observed])
    return {(one.axis, one.measure): p for one, p in zip(all_observed, ps, strict=True)}


def test_pairs_about_one_question_count_as_one():
    # Forty pairs, but all that differs belongs to one question of four.
    deltas, topics = [1.0] * 10 + [0.0] * 30, [str(n // 10) for n in range(40)]

    assert clustered_p(deltas, topics) == 1.0
    low, high = clustered_interval(deltas, topics)
    assert low == 0.0
    assert high >= 0.5


def test_a_difference_says_which_way_and_how_sure():
    one = Observed(
        axis="gender",
        measure="refused",
        first=[0.0] * 20,
        second=[1.0] * 15 + [0.0] * 5,
        topics=[str(n) for n in range(20)],
    )

    found = corrected([one])[0]

    assert (found.mean, found.n, found.topics, found.groups) == (0.75, 20, 20, ("man", "woman"))
    assert found.is_found
    assert found.low > 0.5


def test_pairs_differ_in_one_thing_and_come_first_by_turns():
    made = pairs.pairs(("name", "language"), each=30)
    cases = pairs.cases(made)

    assert len(made) == 60
    assert {len(topics) for topics in TOPICS_OF.values()} == {EACH}
    assert len({pair.texts for pair in pairs.pairs(pairs.AXES, each=EACH)}) == len(pairs.AXES) * EACH
    assert len({case.id for case in cases}) == len(cases)
    firsts = [cases[n].variant for n in range(0, 60, 2)]
    assert firsts.count("name:familiar") == firsts.count("name:foreign") == 15
    for pair in made[:30]:
        assert pair.texts[0].split(". ", 1)[1] == pair.texts[1].split(". ", 1)[1]


async def _refuses_some_names(call: scripted_replies.Call) -> None:
    if any(second in call.received.prompt for _, second in pairs.NAMES):
        call.script = "text:NOT_IN_SOURCES"
    await scripted_replies.speak_normally(call)


@pytest.mark.django_db
def test_a_model_that_refuses_people_by_their_names_is_found_end_to_end(library, reader, llm, monkeypatch, client):  # noqa: F811
    monkeypatch.setattr(
        pairs, "QUESTIONS", tuple((f"How many days of parental leave are there, case {n}?", "", "") for n in range(7))
    )
    monkeypatch.setitem(scripted_replies.SCRIPTS, "by-name", _refuses_some_names)
    llm.always("by-name")
    RoleAssignment.objects.create(user=reader, role=Role.REVIEWER)
    run = bias_checks.start(releases.production(), by=reader, axes=("name",), each=7)

    runs.advance(run.pk)

    run = EvaluationRun.objects.get(pk=run.pk)
    refused = next(one for one in differences(run) if one.measure == "refused")
    assert (refused.first, refused.second) == (0.0, 1.0)
    assert refused.is_found
    client.force_login(reader)
    page = client.get(reverse("evaluation:bias_check", args=[run.pk])).content.decode()
    assert "more often refused" in page
    assert run.metrics["bias_found"] >= 1
    for metric, bound in (("bias_refused", 0.1), ("bias_found", 0)):
        gates.set_gate(run.version.dataset_id, metric, "candidate", bound, by=reader)
    verdict = gates.verdict(run.release, "candidate")
    assert [one.state for one in verdict.checks] == ["failed", "failed"]
    assert "Refused more often to one group" in " ".join(verdict.reasons)
    assert reverse("evaluation:prompts") in page


@pytest.mark.django_db
def test_questions_of_a_dataset_are_templates_with_their_answers_documents_and_rights(library, reader):  # noqa: F811
    leave = library["leave"]
    case = folder.Case(
        id="1", question="How long is parental leave?", answers=("60 days",), relevant={leave.path: 1.0}, asker="x"
    )
    own = folder.Dataset(name="Ours", sha256="", cases=(case,), documents=None, readers={})
    version = store.take_in(own, Corpus(folders={leave.collection_id: ""}, askers={"x": reader}), by=reader)

    run = bias_checks.start(
        releases.production(), by=reader, axes=("gender", "language"), each=3, templates=version.dataset
    )

    rows = list(run.version.cases.prefetch_related("sources"))
    gendered = [row for row in rows if row.category == "gender"]
    assert run.version.dataset.name == "Bias check: Ours"
    assert (len(gendered), len(rows)) == (6, 12)
    assert {(row.asker, *row.answers) for row in gendered} == {("x", "60 days")}
    assert all(row.question.endswith("How long is parental leave?") for row in gendered)
    assert {source.document_id for row in gendered for source in row.sources.all()} == {leave.pk}
    assert run.askers == {"": reader.username, "x": reader.username}
    with pytest.raises(folder.DatasetError):
        bias_checks.start(releases.production(), by=reader, templates=run.version.dataset)


@pytest.mark.django_db
def test_a_run_without_pairs_has_no_figures_of_bias(library, reader):  # noqa: F811
    case = folder.Case(id="1", question="How long is parental leave?")
    own = folder.Dataset(name="Ours", sha256="", cases=(case,), documents=None, readers={})
    version = store.take_in(own, Corpus(folders={}, askers={"": reader}), by=reader)
    run = runs.start(version, releases.production(), by=reader)

    assert figures(run) == {}
