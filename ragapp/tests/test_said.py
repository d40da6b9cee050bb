"""What is stored in every language of the site is read in that of whoever reads."""

from django.utils import translation
from django.utils.translation import gettext as _

from ragapp.lib import said


def test_a_sentence_is_read_in_the_language_of_whoever_reads():
    stored = said.in_languages(lambda: _("Paused by %(name)s.") % {"name": "Ann"}, most=100)

    assert stored == {"en": "Paused by Ann.", "de": "Angehalten von Ann."}
    with translation.override("de"):
        assert said.told(stored) == "Angehalten von Ann."
    with translation.override("en"):
        assert said.told(stored) == "Paused by Ann."


def test_a_person_s_own_words_stay_as_they_are():
    stored = said.in_languages("Paused by %(name)s.", most=6)

    assert stored == {"": "Paused"}
    with translation.override("de"):
        assert said.told(stored) == "Paused"
    assert said.in_languages("", most=6) == {}
    assert said.told({}) == ""
