"""The judge's verdict is read, and a judge that goes by place or length is found."""

import json

import numpy as np
import pytest

from chat import releases
from chat.answering.run import ask_once
from chat.models import Answer
from chat.tests.conftest import LEAVE, add, library, llm  # noqa: F401  read in for real
from evaluation import judge
from evaluation.judge import Sway

SIMULATIONS = 400
PAIRS = 20


def share_found(chance_of_first: float, decided: float, *, seed: int, by_place: bool) -> float:
    """Of simulated examinations, how many are marked. `decided`: how often the judge does not say "same"."""
    dice = np.random.default_rng(seed)
    counted = dice.binomial(PAIRS, decided, size=SIMULATIONS)
    ones = dice.binomial(counted, chance_of_first)
    found = 0
    for one, n in zip(ones, counted, strict=True):
        other = int(n - one)
        swayed = Sway(firsts=int(one), seconds=other, longer=0, shorter=0)
        if not by_place:
            swayed = Sway(firsts=0, seconds=0, longer=int(one), shorter=other)
        found += swayed.as_json()["position" if by_place else "length"]
    return found / SIMULATIONS


@pytest.mark.parametrize("by_place", [True, False])
def test_a_judge_that_goes_by_place_or_length_is_found_and_a_fair_one_is_not(by_place):
    assert share_found(0.9, 0.8, seed=1, by_place=by_place) >= 0.8
    assert share_found(0.5, 0.8, seed=2, by_place=by_place) <= 0.05


@pytest.mark.parametrize(
    ("better", "found"), [("first", (5, 0, 0, 0)), ("longer", (0, 0, 5, 0)), ("same", (0, 0, 0, 0))]
)
def test_each_pair_is_shown_in_both_orders(better, found):
    def ask(system: str, user: str) -> str:
        first = user.split("First answer:\n")[1].split("\n\nSecond answer:")[0]
        said = ("first" if "In short:" in first else "second") if better == "longer" else better
        return json.dumps({"better": said})

    swayed = judge.sway([("q", "Sixty days. More.")] * 5, ask)

    assert (swayed.firsts, swayed.seconds, swayed.longer, swayed.shorter) == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ('{"supported": 1, "complete": 0.5, "to_the_point": 1, "reason": "ok"}', 1.0),
        ('{"supported": 0.2, "complete": 1, "to_the_point": 1}', 0.0),
        ('{"supported": 7, "complete": 1, "to_the_point": 1}', None),
        ("I cannot say.", None),
    ],
)
def test_a_verdict_that_cannot_be_read_is_no_score(library, reader, llm, reply, value):  # noqa: F811
    answer = Answer.objects.get(pk=ask_once("How many days of parental leave do I get?", user=reader).answer_id)
    llm.always(f"text:{reply}")

    assert judge.verdict(answer, "How many days?", judge.asker(releases.production())) == value
    assert "How many days?" in llm.calls[-1].prompt
