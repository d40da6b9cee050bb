"""What is left of an answer from which sentences were taken."""

from __future__ import annotations

import numpy as np
import pytest

from chat.answering import withhold
from chat.answering.types import Draft, Said
from chat.guardrails import policy, subject
from chat.guardrails.gate import Gate
from chat.tests.test_guardrails import order

INVENTED, TRUE = "Everybody gets 9,999 euros.", "The training budget is 1,850 euros [2]."


@pytest.mark.parametrize(
    ("written", "left"),
    [
        (f"{INVENTED} [1] {TRUE}", TRUE),
        (f"Everybody gets 9,999 euros [1]. {TRUE}", TRUE),
        (f"Ask your lead. [3] {INVENTED} [1] {TRUE}", f"Ask your lead. [3] {TRUE}"),
        (f"Ask your lead. [3] {INVENTED} [1]\n\n{TRUE}", f"Ask your lead. [3] {TRUE}"),
    ],
)
def test_the_marker_of_a_sentence_goes_with_it_and_those_of_others_stay(written: str, left: str) -> None:
    kept = withhold.run(
        order("How much?", answer={"unsupported": "mask"}),
        Draft(text=written),
        [Said(text=INVENTED, markers=(1,), is_supported=False), Said(text="The training budget is 1,850 euros.")],
    )

    assert " ".join(kept.text.split()) == left


def test_a_gate_leaves_out_the_marker_behind_what_it_leaves_out() -> None:
    actions = {"secrets": "mask", "harmful": "off", "beside_the_question": "off", "personal_data": "off"}
    none = np.zeros((0, 1), dtype=np.float32)
    about = subject.Subject(
        question=np.zeros(1, dtype=np.float32), bearing=none, beyond=none, statements=(), orders=(),
        around=(), known=frozenset(), close=frozenset(), languages=(),
    )  # fmt: skip
    gate = Gate(policy=policy.read({"answer": actions}), system="", given="", subject_of=lambda: about)
    secret = "-----BEGIN RSA PRIVATE KEY-----"

    shown = [gate.let_through(one) for one in ("Ask your lead. ", f"[3] {secret} ", "[1] It is so. ", "[2] And so. ")]

    assert "".join(shown) == "Ask your lead. [3] It is so. [2] And so. "
