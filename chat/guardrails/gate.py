"""Lets the sentences of a model through, one after another, as the release's policy says."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from unicodedata import category

from chat.guardrails import harm, output, subject
from chat.guardrails.policy import Policy
from ragapp.llm import embedding

# A sentence whose words a source says as well may name a danger; the source's owner is responsible for it.
STATED_SHARE = 0.8
ITEM_EASES = 0.2
_ITEM = re.compile(r"\s*(?:[-*+•–]|\d{1,2}[.)]|[a-z][.)])\s|\s*\|")
_BORDER = re.compile(r"[\s|:+-]*\|[\s|:+-]*")


class Blocked(Exception):
    """A guard found something for which the whole answer is withdrawn."""


@dataclass(slots=True, kw_only=True)
class Gate:
    """`given`: everything the model was shown. `found` counts what each guard found, as (guard, reason).

    `subject_of` is called at the first sentence: it takes time, which the model's first words do not wait for.
    """

    policy: Policy
    system: str
    given: str
    subject_of: Callable[[], subject.Subject]
    _subject: subject.Subject | None = None
    language_of: Callable[[str], str] = lambda _: ""
    is_foreign: Callable[[str], bool] = lambda _: False
    found: dict[tuple[str, str], int] = field(default_factory=dict)
    left_out: bool = False
    _is_behind_a_gap: bool = False
    _lead_in: str = ""

    def let_through(self, sentence: str) -> str:
        """What of the sentence may be shown. May cost an embedding. Raises Blocked.

        Markers at its beginning belong to the sentence before, and go where that was left out, as do tables' borders.
        """
        before = output.markers_before(sentence)
        was_left_out = self._is_behind_a_gap
        if was_left_out and _BORDER.fullmatch(sentence):
            return ""
        clean = self._cleaned(sentence)
        self._is_behind_a_gap = clean is None
        if clean is not None and not _ITEM.match(sentence):
            self._lead_in = output.without_markers(clean).strip()[: output.EMBEDDED_CHARS]
        if clean is None:
            return "" if was_left_out else before
        return clean.removeprefix(before) if was_left_out else clean

    def _cleaned(self, sentence: str) -> str | None:
        """None where it is left out."""
        if reason := output.leaks(sentence, system=self.system):
            guard = "secrets" if reason == "secret" else "system_prompt"
            if not self._passes(guard, reason):
                return None
        sentence = self._without_strange_data(sentence)
        words = output.without_markers(output.without_channels(sentence)).strip()
        if not self._passes_by_meaning(words):
            return None
        clean = output.without_channels(sentence)
        if clean != sentence and clean.strip() != sentence.strip():
            self._passes("addresses", "an address or HTML")
        return clean

    def forget(self) -> None:
        """The model begins anew: what was found in the void text is void."""
        self.found.clear()
        self.left_out = self._is_behind_a_gap = False
        self._lead_in = ""

    def is_beside(self, words: str, vector: subject.Vector) -> bool:
        """Whether words of a source are about something else than the question."""
        return bool(subject.beside(words, vector, self._about(), language=self.language_of(words)))

    def _about(self) -> subject.Subject:
        if self._subject is None:
            self._subject = self.subject_of()
        return self._subject

    def _without_strange_data(self, sentence: str) -> str:
        if self.policy.answer["personal_data"] == "off":
            return sentence
        strange = output.personal_data_not_in(sentence, self.given)
        if not strange or self._passes("personal_data", "not in the sources"):
            return sentence
        for finding in reversed(strange):
            sentence = f"{sentence[: finding.start]}[…]{sentence[finding.end :]}"
        return sentence

    def _passes_by_meaning(self, words: str) -> bool:
        actions = self.policy.answer
        if actions["beside_the_question"] == "off" and actions["harmful"] == "off":
            return True
        if not any(letter.isalnum() for letter in words):
            # Lines and table borders pass, pictures in the place of words do not.
            has_pictures = any(category(letter) == "So" for letter in words)
            return not has_pictures or self._passes("beside_the_question", "unknown words")
        about = self._about()
        vector = embedding.embed_sentences([words[: output.EMBEDDED_CHARS]])[0]
        if (
            actions["harmful"] != "off"
            and harm.is_harmful(vector)
            and subject.share_stated(words, about) < STATED_SHARE
            and not self._passes("harmful", "near an example")
        ):
            return False
        if actions["beside_the_question"] == "off":
            return True
        why: str = subject.beside(words, vector, about, language=self.language_of(words))
        if why == "elsewhere" and self._goes_on(words, vector, about):
            why = ""
        if not why and self.is_foreign(words):
            why = "another language"
        return not why or self._passes("beside_the_question", why)

    def _goes_on(self, words: str, vector: subject.Vector, about: subject.Subject) -> bool:
        """Whether it quotes a source and goes on with what was let through before, or is an item below it.

        Items and the sentences of a long answer say nothing of their subject, which those before them do.
        """
        if not self._lead_in or subject.share_stated(words, about) < STATED_SHARE:
            return False
        before = embedding.embed_sentences([self._lead_in])[0]
        return float(before @ vector) >= subject.NEAR_FROM_WHEN_ORDERED - (ITEM_EASES if _ITEM.match(words) else 0)

    def _passes(self, guard: str, reason: str) -> bool:
        self.found[guard, reason] = self.found.get((guard, reason), 0) + 1
        action = self.policy.answer[guard]
        if action == "block":
            raise Blocked
        if action == "mask":
            self.left_out = True
            return False
        return True
