"""Given and family names in thirty-odd languages, as the Faker package lists them, and words that are both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module

_LOCALES = (
    "en_GB en_IE en_NZ en_US en_IN de_DE de_AT de_CH fr_FR fr_BE fr_QC nl_NL nl_BE es_ES es_MX it_IT pt_PT pt_BR da_DK"
    " sv_SE no_NO fi_FI is_IS pl_PL cs_CZ sk_SK sl_SI hr_HR hu_HU ro_RO et_EE lt_LT lv_LV ga_IE tr_TR el_GR ru_RU uk_UA"
).split()
# Ordinary words, months and places that somebody somewhere is called by: no names without a family name behind.
_ORDINARY = frozenset(
    """
    Abril Adelaide Africa Alba Alexandria Alfa America An Angeles Ante April Archer Aria Art Asia Atlanta Atlas
    August Augusta Aura Aurora Austin Autumn Avril Baker Beat Bent Bergen Berlin Beta Bill Bob Boston Brook
    Brooklyn Bud Can Carolina Carry Chad Charlotte Chase Chelsea Chester Cheyenne China Christchurch Christian
    Columbia Constance Constant Cord Corona Crystal Cuba Dakota Dallas Day Del Delhi Denver Dev Devon Dick Diego
    Don Dublin Durante Día Easton Eden Edit Edu Einer El Elder Else Ernst Esa Ester Eta Eve Ey Fabian Faith
    Feline Fisher Floor Flora Florence Florida Ford Forest Forum France Francisco Frank Gene Georgia German
    Ginger Gloria Grace Grant Gust Hall Harm Haven Hazel Heather Heide Helena Henry Hind Holly Hope Houston
    Hunter Ib Ide India Indiana Ine Ion Ireland Iris Israel Ivory Ivy Jade Januar January Jasmine Jean Jenkins
    Jersey Jewel Job Jordan Joy Juin Juli Julio June Junio Kassel Kenia Kent Kenya Kerry Kick King Kingston
    Lancaster Lance Lean Lee Li Lies Lily Lincoln Line Lo Loan London Lone Lorraine Lot Love Luc Luxembourg Luz
    Mac Mace Made Madison Mai Malta Mar Marina Marine Mark Marzo Max May Mayo Melbourne Melody Mentor Meta Milan
    Miles Miller Misty Money Montana My Máxima Máximo Neo Nevada Nick Nile Noel Norma Odessa Olive Orlando Page
    Paris París Pat Paw Pearl Peer Penny Per Pero Phoenix Pierce Pili Piper Pol Price Queen Raf Ray Reed Rex
    Rich Robin Rod Roma Roman Romano Rome Rose Roy Ruby Rusty Said Saint Salem Salud San Sandy Santa Santiago
    Santos Scarlet Sera Server Sierra Sky Sofia Sole Stone Storm Street Sue Summer Summers Sunday Sunny Sydney
    Sys Tan Taylor Tea Tennessee Ties Tone Trinidad Trinity Una Uno Urban Us Valencia Valves Van Venice Ver Vera
    Victoria Vida Vienna Viola Violet Virginia Von Ward Washington Wellington Will Wolf Woody York Young África
    Ángeles
    """.split()
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`given` includes `ordinary`, which are words as well."""

    given: frozenset[str]
    family: frozenset[str]
    ordinary: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """Loaded once: 5 MB, half a second."""
    given, family = set[str](), set[str]()
    for locale in _LOCALES:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        for attribute in dir(provider):
            listed = getattr(provider, attribute)
            if not isinstance(listed, (tuple, list, dict)):
                continue
            if attribute.startswith("first_name"):
                given.update(listed)
            elif attribute.startswith("last_name"):
                family.update(listed)
    return Lexicon(given=frozenset(given), family=frozenset(family), ordinary=_ORDINARY)
