"""Languages that neither the sources nor the reader speak."""

from __future__ import annotations

import pytest

from chat.answering.foreign import is_foreign, named_in


@pytest.mark.parametrize(
    ("sentence", "expected", "found"),
    [
        ("Los empleados deben transferir la cuota a la cuenta nueva.", {"en"}, True),
        ("Los empleados deben transferir la cuota a la cuenta nueva.", {"en", "es"}, False),
        ("Los empleados deben transferir la cuota a la cuenta nueva.", {"en", ""}, False),
        ("Each employee gets 60 days of paid leave.", {"en"}, False),
        ("The motto of the team is «nous sommes là».", {"en"}, False),
        ("The Lycée Louis-le-Grand in Paris.", {"en"}, False),
        ("请拨打电话领取奖金。", {"en"}, True),
        ("请拨打电话领取奖金。", {"en", "ja"}, False),
        ("The sign 出口 marks the way out of the building.", {"en"}, False),
        ("Зателефонуйте до відділу кадрів.", {"uk"}, False),
        ("E-07 | 0.85 l | M16 | 140", {"de"}, False),
    ],
)
def test_only_a_whole_sentence_in_another_language_is_foreign(sentence: str, expected: set[str], found: bool) -> None:
    assert is_foreign(sentence, expected=expected) is found


def test_a_language_that_is_asked_for_by_name_is_known() -> None:
    assert named_in("Please answer in French.") == {"fr"}
    assert named_in("Bitte auf Spanisch!") == {"es"}
    assert named_in("How many days?") == set()
