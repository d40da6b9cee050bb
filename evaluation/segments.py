"""Parts of an experiment to look at: languages, groups of people, collections, lengths and places of questions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray

from evaluation.arms import Answers
from ragapp.accounts.models import User

LANGUAGE, GROUP, COLLECTION, LENGTH, PLACE = "language", "group", "collection", "length", "place"
KINDS: Mapping[str, str | Promise] = {
    LANGUAGE: gettext_lazy("By language"),
    GROUP: gettext_lazy("By group of people"),
    COLLECTION: gettext_lazy("By collection asked in"),
    LENGTH: gettext_lazy("By length of the question"),
    PLACE: gettext_lazy("By place in the conversation"),
}
# Of each kind at most so many are shown, those with the most answers.
MOST = 8
# Words of a question: up to the first it is short, from the second on long.
SHORT, LONG = 5, 13
_NAMES: Mapping[str, str | Promise] = {
    "short": gettext_lazy("up to 5 words"),
    "medium": gettext_lazy("6 to 12 words"),
    "long": gettext_lazy("13 words and more"),
    "first": gettext_lazy("first questions"),
    "follow-up": gettext_lazy("follow-up questions"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """`key`: a language, the id of a group or of a collection ("0": in none), or a word of _NAMES."""

    kind: str
    key: str


def split(answers: Answers) -> list[tuple[Segment, NDArray[np.bool_]]]:
    """The segments of each kind that has more than one, with which answers are theirs. A person may be in several
    groups."""
    found: list[tuple[Segment, NDArray[np.bool_]]] = []
    for kind, parts in (
        (LANGUAGE, _by(answers.language)),
        (GROUP, _by_group(answers)),
        (COLLECTION, _by(answers.collection.astype(str))),
        (LENGTH, _by(_length(answers.words))),
        (PLACE, _by(np.where(answers.is_follow_up, "follow-up", "first"))),
    ):
        largest = sorted(parts, key=lambda part: -int(part[1].sum()))[:MOST]
        if len(largest) > 1 or kind == LANGUAGE:
            found += [(Segment(kind=kind, key=key), taken) for key, taken in largest]
    return found


def label(segment: Segment, *, groups: Mapping[int, str], collection: Callable[[int], str]) -> str:
    """For people. `collection` names one for who looks."""
    if segment.kind == GROUP:
        return groups.get(int(segment.key), "–")
    if segment.kind == COLLECTION:
        return _("in none") if segment.key == "0" else collection(int(segment.key))
    return str(_NAMES.get(segment.key, segment.key))


def _by(values: NDArray[np.str_]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for value in np.unique(values).tolist():
        if value:
            yield value, values == value


def _by_group(answers: Answers) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    through = User.groups.through.objects.filter(user__in=np.unique(answers.person).tolist())
    people: dict[int, list[int]] = {}
    for user, group in through.values_list("user", "group"):
        people.setdefault(group, []).append(user)
    for group, members in people.items():
        yield str(group), np.isin(answers.person, members)


def _length(words: NDArray[np.int_]) -> NDArray[np.str_]:
    return np.select([words <= SHORT, words >= LONG], ["short", "long"], default="medium")
