"""Checks of a question before anything is looked up. Each costs milliseconds at most."""

import re
import unicodedata
from collections.abc import Iterable

from documents import orders
from ragapp.privacy.personal_data.detect import find
from ragapp.privacy.personal_data.labelled import secrets
from ragapp.privacy.personal_data.types import DEFAULT_KINDS, Finding, Kind

# Names cost a model's reading of the text, and say little in a question to a company's documents.
_PERSONAL = tuple(kind for kind in DEFAULT_KINDS if kind not in (Kind.PERSON, Kind.SECRET))


# Whole messages that want no search.
_COURTESIES = {
    "thanks": re.compile(
        r"((ok(ay)?|great|perfect|super|prima|alles klar)[,!. ]+)?"
        r"(thanks?( you)?( (so|very) much| a lot| a bunch)?|thx|cheers|danke( (schön|sehr|dir|ihnen))?|"
        r"(vielen|besten|herzlichen) dank)[,!. ]*((that|this) (helps|helped|was helpful)[!. ]*)?",
        re.IGNORECASE,
    ),
    "greeting": re.compile(
        r"(hi|hello|hey|good (morning|afternoon|evening)|hallo|moin|servus|guten (tag|morgen|abend))( there| zusammen)?"
        r"[!,. ]*",
        re.IGNORECASE,
    ),
    "goodbye": re.compile(r"(bye( bye)?|goodbye|see you( later)?|tschüss|ciao|auf wiedersehen)[!,. ]*", re.IGNORECASE),
}


def courtesy_in(text: str) -> str:
    """The kind of a message that only thanks, greets or takes leave; "" for any other."""
    return next((kind for kind, pattern in _COURTESIES.items() if pattern.fullmatch(text.strip())), "")


def cleaned(text: str) -> str:
    """NFC, without control and invisible format characters; line breaks and tabs stay."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFC", text)
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    ).strip()


def order_families(text: str) -> frozenset[str]:
    """What the text wants of the model beside an answer: to leave its rules, to play somebody, to reveal its prompt."""
    return orders.families(text)


def secrets_in(text: str) -> list[Finding]:
    """Private keys, tokens of known services, and values that are called a password or a key."""
    return sorted(secrets(text))


def personal_data_in(text: str) -> list[Finding]:
    """Numbers and addresses of people: what patterns and check digits tell. Names are not looked for."""
    return find(text, kinds=_PERSONAL)


def without(text: str, findings: Iterable[Finding]) -> str:
    """The text with each finding replaced by its kind: [SECRET]."""
    for finding in sorted(findings, reverse=True):
        text = f"{text[: finding.start]}[{finding.kind.value}]{text[finding.end :]}"
    return text
