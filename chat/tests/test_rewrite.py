"""Follow-ups keep their subject; other subjects stay clean."""

import pytest

from chat.answering.addressed import without_curses
from chat.answering.rewrite import keeps_what_counts
from chat.answering.standalone import stand_alone
from chat.answering.types import Exchange


def rewritten(first: str, second: str) -> str:
    return stand_alone(second, [Exchange(question=first)])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("How much may a hotel cost in London?", "What about Zurich?", "How much may a hotel cost in Zurich?"),
        ("What is the maximum flow of the RB-203/5?", "And of the /9?", "What is the maximum flow of the RB-203/9?"),
        (
            "What is the notice period after three years of service?",
            "And after more than ten?",
            "What is the notice period after more than ten years of service?",
        ),
        (
            "What payment do I get after 25 years with the company?",
            "And after 40?",
            "What payment do I get after 40 years with the company?",
        ),
        ("How much may the forklift lift?", "And what about the crane?", "How much may the crane lift?"),
        ("Wie viel darf ein Hotel in London kosten?", "Und in Paris?", "Wie viel darf ein Hotel in Paris kosten?"),
    ],
)
def test_a_part_takes_the_place_of_its_counterpart(first: str, second: str, expected: str) -> None:
    assert rewritten(first, second) == expected


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("How many days of parental leave do I get?", "Which form do I hand in for it?", ("parental", "leave")),
        ("What does fault E-11 on the RB-203 mean?", "How do I fix it?", ("E-11", "RB-203")),
        ("Can I take a sabbatical?", "How far ahead do I have to apply?", ("sabbatical",)),
        ("Wie viele Tage darf ich mobil arbeiten?", "Gilt das auch für Auszubildende?", ("mobil", "Auszubildende")),
        ("What is the premium of the Plus plan?", "How much of that does the company not pay?", ("Plus", "not")),
    ],
)
def test_a_word_that_points_back_brings_the_subject_along(first: str, second: str, words: tuple[str, ...]) -> None:
    text = rewritten(first, second)

    assert all(word in text for word in words)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("How many days of parental leave do I get?", "What does fault E-21 on the RB-203 mean?"),
        ("What is the list price of the TQ-1?", "How do I get a parking permit in Limerick?"),
        ("How long does a firmware pilot last?", "On which day is the salary paid?"),
        ("Wie lange dauert die Probezeit?", "Wo melde ich einen Unfall?"),
    ],
)
def test_another_subject_stays_as_it_is(first: str, second: str) -> None:
    assert rewritten(first, second) == second


def test_the_first_question_of_a_conversation_stays_as_it_is() -> None:
    assert stand_alone("And for part-time staff?", []) == "And for part-time staff?"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("How often are laptops replaced?", "And phones?", "How often are phones replaced?"),
        ("How long are invoices kept?", "And customer contracts?", "How long are customer contracts kept?"),
        (
            "What torque does the front cover of the RB-203 need?",
            "And the foot?",
            "What torque does the foot of the RB-203 need?",
        ),
        ("When is escalation level 2 reached?", "And level 4?", "When is escalation level 4 reached?"),
        ("How long do I have?", "OK, and for part-timers?", "How long do I have for part-timers?"),
    ],
)
def test_a_noun_takes_the_place_of_what_was_asked_about(first: str, second: str, expected: str) -> None:
    assert rewritten(first, second) == expected


@pytest.mark.parametrize(
    "second",
    [
        "How long does it take to get a parking permit?",
        "Is it allowed to smoke in the yard?",
        "If a supplier offers me a gift, may I keep it?",
        "How do apprentices book their courses?",
        "Gibt es in Kassel eine Kantine?",
        "Können Sie auch Firmenwagen reparieren?",
        "Wie lange dauert es, bis ein Konto gesperrt wird?",
        "Is there a shuttle from the station?",
        "What is the warranty of the KS-44?",
    ],
)
def test_words_that_point_nowhere_bring_no_subject_along(second: str) -> None:
    assert rewritten("How many days of parental leave do I get?", second) == second


PLANS = "There are three plans:\n\n1. Basic [1]\n2. Plus, with dental cover [2]\n3. Family [1]"


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("What does the second one cost?", ("Plus", "health", "cost")),
        ("And the third?", ("Family",)),
        ("Tell me more about the last one", ("Family", "health")),
    ],
)
def test_a_picked_item_is_called_by_its_words(second: str, words: tuple[str, ...]) -> None:
    text = stand_alone(second, [Exchange(question="Which health plans are there?", answer=PLANS)])

    assert all(word in text for word in words)
    assert "[" not in text


def test_a_picked_paragraph_counts_where_the_answer_has_no_list() -> None:
    answer = "In Limerick lunch starts at 11:45. [1]\n\nIn Kassel lunch starts at 11:15. [2]"

    text = stand_alone("What about the second one?", [Exchange(question="When is lunch?", answer=answer)])

    assert "Kassel" in text


def test_an_ordinal_with_a_noun_picks_nothing() -> None:
    second = "What is the notice period in the second year?"

    assert stand_alone(second, [Exchange(question="Which health plans are there?", answer=PLANS)]) == second


@pytest.mark.parametrize("second", ["yes", "Yes, please.", "ok", "Sure"])
def test_yes_takes_up_what_the_answer_offered(second: str) -> None:
    answer = "You may take up to four months [1]. Would you like to know how far ahead you have to apply?"

    text = stand_alone(second, [Exchange(question="Can I take a sabbatical?", answer=answer)])

    assert text == "How far ahead you have to apply (sabbatical)?"


def test_yes_in_german_takes_up_what_the_answer_offered() -> None:
    answer = "Bis zu 20 Tage [1]. Möchten Sie wissen, wie der Antrag gestellt wird?"

    text = stand_alone("Ja, bitte", [Exchange(question="Darf ich im Ausland arbeiten?", answer=answer)])

    assert text == "Wie der Antrag gestellt wird (Ausland arbeiten)?"


def test_yes_to_no_offer_repeats_the_question() -> None:
    assert stand_alone("yes", [Exchange(question="Can I take a sabbatical?", answer="After six years [1].")]) == (
        "Can I take a sabbatical?"
    )


def test_a_bare_follow_up_to_a_bare_follow_up_keeps_the_subject() -> None:
    history = [Exchange(question="Can I take a sabbatical?"), Exchange(question="How long?")]

    assert "sabbatical" in stand_alone("And why?", history)


HISTORY = [Exchange(question="What is the maximum flow of the RB-203/5?", answer="18 cubic metres per hour [1].")]


@pytest.mark.parametrize(
    ("question", "written", "is_kept"),
    [
        ("And of the /9?", "What is the maximum flow of the RB-203/9?", True),
        ("And of the /9?", "What is the maximum flow of the RB-203?", False),
        ("And of the /9?", "What is the maximum flow of the RB-310/4?", False),
        ("And what may it not pump?", "What may the RB-203/5 not pump?", True),
        ("And what may it not pump?", "What may the RB-203/5 pump?", False),
        ("And what may it pump?", "What may the RB-203/5 not pump?", False),
        ("And on 3 May?", "What was the maximum flow of the RB-203/5 in May?", False),
    ],
)
def test_a_rewriting_by_a_model_keeps_codes_dates_and_denials(question: str, written: str, is_kept: bool) -> None:
    assert keeps_what_counts(question, HISTORY, written) is is_kept


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("You stupid thing, how many days of vacation do I get?", "How many days of vacation do I get?"),
        ("damn it! where is the car park", "Where is the car park"),
        ("wtf how many days of leave do I have", "How many days of leave do I have"),
        ("Du blöde Kiste, wie viele Tage Urlaub habe ich?", "Wie viele Tage Urlaub habe ich?"),
    ],
)
def test_insults_before_a_question_are_no_part_of_it(said: str, meant: str) -> None:
    assert without_curses(said) == meant


@pytest.mark.parametrize(
    "question",
    [
        "What is the stupid mistake list for?",
        "Garbage, where does it go?",
        "Rubbish collection: on which day is it?",
        "Useless stock, how is it written off in the books?",
        "Is this bot allowed to read my mail?",
        "What is that damn form called?",
    ],
)
def test_words_that_may_belong_to_the_question_stay(question: str) -> None:
    assert without_curses(question) == question
