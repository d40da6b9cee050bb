"""Other words for the same thing: abbreviations, words of offices, periods and compounds."""

import pytest

from documents.retrieval.analyse import analyse, analyse_query
from documents.retrieval.wordings import met, met_in_compounds, named_periods, with_others, wordings_of


@pytest.mark.parametrize(
    ("question", "language", "sentence"),
    [
        ("Who is the CEO?", "en", "The chief executive is Ada Bell."),
        ("Who is the managing director?", "en", "CEO: Ada Bell"),
        ("How much PTO do I get?", "en", "Everyone has 27 days of annual leave."),
        ("What was the turnover?", "en", "Revenue rose to 12 million."),
        ("Revenue in 3Q25?", "en", "In the third quarter of 2025 it was 12 million."),
        ("Revenue in Q2 2025?", "en", "In the second quarter of 2025 it was 12 million."),
        ("Profit of FY24?", "en", "The year 2024 ended well."),
        ("Dinner in the US?", "en", "North America: 45 EUR"),
        ("Wann brauche ich ein Attest?", "de", "Eine ärztliche Bescheinigung ist am dritten Tag nötig."),
        ("Wie lang muss das Passwort sein?", "de", "Kennwörter haben zwölf Zeichen."),
    ],
)
def test_a_question_is_met_by_what_says_it_otherwise(question: str, language: str, sentence: str) -> None:
    wordings = wordings_of(question, [language])
    there = frozenset(analyse(sentence, language))

    newly = met(wordings, there) - there

    assert newly & frozenset(analyse(question, language))


def test_us_in_small_letters_is_no_country_and_a_passage_with_half_of_a_wording_does_not_say_it() -> None:
    assert not wordings_of("Who gives us a key?", ["en"])
    assert met(wordings_of("Who is the CEO?", ["en"]), frozenset({"chief", "cook"})) == {"chief", "cook"}


def test_other_wordings_count_less_than_the_words_that_were_used() -> None:
    counts = analyse_query("Who is the CEO?", ["en"])

    asked = with_others(counts, wordings_of("Who is the CEO?", ["en"]))

    assert asked["ceo"] == 1
    assert 0 < asked["chief"] < 1


def test_a_word_is_met_in_a_compound_where_the_language_writes_them_as_one() -> None:
    there = frozenset(analyse("Rufbereitschaft und Salatteller", "de"))
    asked = analyse_query("Bereitschaft Salat Urlaub", ["de"])

    assert met_in_compounds(asked, there, "de") == frozenset(analyse("Bereitschaft Salat", "de"))
    assert not met_in_compounds(asked, there, "en")


def test_periods_are_read_where_their_words_stand_together() -> None:
    assert named_periods("reports/q4-2025.pdf") == named_periods("Statement for the fourth quarter") == {"q4"}
    assert named_periods("rye_1H25.pdf, drittes Quartal") == {"h1", "q3"}
    assert not named_periods("The first of a quarter of an hour")
