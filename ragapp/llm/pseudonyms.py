"""Personal data towards models that may not see it: placeholders go out, and the values come back in the answer.

Equal values have one placeholder, so that a model can tell who is who. What is found, and what is not, is up to
ragapp.privacy.personal_data; the placeholders of documents that were read in without personal data stay as they are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ragapp.llm.types import ChatRequest, Message
from ragapp.privacy.personal_data.detect import find
from ragapp.privacy.personal_data.types import Kind

_NAMES = "|".join(sorted((kind.value for kind in Kind), key=len, reverse=True))
# Models sometimes lose the brackets. With the X it is none of those in documents, such as [PERSON_1].
_PLACEHOLDER = re.compile(rf"<?\b((?:{_NAMES})_X\d+)\b>?")
# The end of a piece that may go on to be a placeholder.
_UNFINISHED = re.compile(r"(?:<[A-Z_]*\d*|(?<!\w)[A-Z][A-Z_]*\d*)$")


@dataclass(slots=True, kw_only=True)
class Masked:
    """The request with placeholders, and what they stand for."""

    request: ChatRequest
    values: Mapping[str, str]


def mask(request: ChatRequest) -> Masked:
    """Replaces personal data in all messages but the system's own. Takes tenths of a second, so never on a loop."""
    names: dict[tuple[Kind, str], str] = {}
    counts: dict[Kind, int] = {}

    def placeholder(kind: Kind, value: str) -> str:
        key = kind, " ".join(value.casefold().split())
        if key not in names:
            counts[kind] = counts.get(kind, 0) + 1
            names[key] = f"{kind.value}_X{counts[kind]}"
            values[names[key]] = value
        return f"<{names[key]}>"

    values: dict[str, str] = {}
    messages = []
    for message in request.messages:
        if message.role == "system":
            messages.append(message)
            continue
        text, at, parts = message.content, 0, []
        for finding in find(text):
            parts += [text[at : finding.start], placeholder(finding.kind, text[finding.start : finding.end])]
            at = finding.end
        messages.append(Message(role=message.role, content="".join([*parts, text[at:]])))
    return Masked(request=replace(request, messages=tuple(messages)), values=values)


@dataclass(slots=True, kw_only=True)
class Restorer:
    """Puts the values back into an answer that comes in pieces; what may become a placeholder waits for its end."""

    values: Mapping[str, str]
    waiting: str = field(default="")

    def take(self, text: str) -> str:
        """What can be shown now."""
        text = self.waiting + text
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self.waiting = text[end:]
        return self._restored(text[:end])

    def rest(self) -> str:
        """What waited when the answer ended."""
        text, self.waiting = self.waiting, ""
        return self._restored(text)

    def _restored(self, text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: self.values.get(found[1], found[0]), text)
