"""What a detector returns."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """A kind of personal data. The value is also the name in placeholders: [PERSON_1]."""

    PERSON = "PERSON", _("Names of people")
    EMAIL = "EMAIL", _("E-mail addresses")
    PHONE = "PHONE", _("Phone numbers")
    IBAN = "IBAN", _("Bank accounts")
    CARD = "CARD", _("Payment cards")
    ID = "ID", _("National and tax numbers")
    DOCUMENT = "DOCUMENT", _("Passports and licences")
    BIRTH_DATE = "BIRTH_DATE", _("Dates of birth")
    IP = "IP", _("Network addresses")
    SECRET = "SECRET", _("Passwords and keys")
    PLACE = "PLACE", _("Places")


# Places alone tell little of a person and much of what a company's documents are about.
DEFAULT_KINDS: tuple[Kind, ...] = tuple(kind for kind in Kind if kind is not Kind.PLACE)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """The characters [start, end) of the text are personal data of `kind`; `detail` is the rule: "iban", "de-idnr"."""

    start: int
    end: int
    kind: Kind
    detail: str
