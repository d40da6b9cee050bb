"""What the `openai` client raises, as LLMErrors."""

import email.utils
import math
import re
import time
from datetime import UTC, datetime
from typing import Literal

import httpx2
import openai

from ragapp.lib.outbound import OutboundError, Unreachable
from ragapp.llm import errors
from ragapp.llm.types import Farewell

# What providers call a model that is not there, or not any more, whatever the status.
_GONE = ("model_not_found", "model_decommissioned", "model_deprecated", "deploymentnotfound", "deployment_not_found")


def translate(error: Exception, *, during: Literal["opening", "reading"]) -> errors.LLMError:
    """The error of ours for what the client raised. An error that it cannot have raised is raised again."""
    match error:
        case errors.LLMError():
            return error
        case OutboundError():
            return _from_outbound(error)
        case TimeoutError():
            return errors.TimedOut("The deadline passed before the answer was complete.")
        case openai.APIConnectionError():
            return _from_connection(error, during)
        case openai.APIStatusError():
            return _from_status(error)
        case openai.APIError():
            return errors.ServerFailed(_said(error))
        case httpx2.HTTPError():
            return errors.StreamCut(str(error))
        case httpx2.InvalidURL() | UnicodeEncodeError():
            return errors.UnknownModel(f"The address or the key cannot be sent: {error}")
        case ValueError():
            return errors.MalformedReply(f"An event is no JSON: {error}")
    raise error


def _from_connection(error: openai.APIConnectionError, during: Literal["opening", "reading"]) -> errors.LLMError:
    cause = error.__cause__
    reason = f"{type(cause).__name__}: {cause}"
    if isinstance(cause, OutboundError):
        return _from_outbound(cause)
    if isinstance(error, openai.APITimeoutError) and not isinstance(cause, httpx2.ConnectTimeout):
        return errors.TimedOut(f"The server sent nothing for too long ({type(cause).__name__}).")
    return errors.StreamCut(reason) if during == "reading" else errors.Unreachable(reason)


def _from_outbound(error: OutboundError) -> errors.LLMError:
    return errors.Unreachable(str(error)) if isinstance(error, Unreachable) else errors.NotAllowed(str(error))


def _from_status(error: openai.APIStatusError) -> errors.LLMError:
    status = error.status_code
    message = f"HTTP {status}: {_said(error)}"
    if status in (404, 410) or str(error.code or "").lower() in _GONE:
        return errors.UnknownModel(message)
    if status in (401, 403):
        return errors.BadKey(message)
    if status == 429:
        return errors.RateLimited(message, retry_after_s=retry_after_s(error.response.headers, now=time.time()))
    if status >= 500 or status in (408, 409, 425):
        return errors.ServerFailed(message, retry_after_s=retry_after_s(error.response.headers, now=time.time()))
    return errors.BadRequest(message)


def farewell(headers: httpx2.Headers) -> Farewell | None:
    """What `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) say; None where neither is there. Days are those of UTC."""
    try:
        when = email.utils.parsedate_to_datetime(headers.get("sunset", ""))
        return Farewell(retires_on=(when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).date())
    except (ValueError, OverflowError):
        pass
    said = headers.get("deprecation", "").strip()
    since = re.fullmatch(r"@(-?\d{1,12})", said)
    is_said = said.lower() == "true" or (since is not None and int(since[1]) <= datetime.now(UTC).timestamp())
    return Farewell() if is_said else None


def _said(error: openai.APIError) -> str:
    """The first 300 characters of what the provider said, in one line, and nothing that looks like a key."""
    line = " ".join(str(error.message).split())[:300]
    return re.sub(r"\b(sk|key)-\S+", r"\1-…", line)


def retry_after_s(headers: httpx2.Headers, *, now: float) -> float | None:
    """Seconds until `Retry-After-Ms` or `Retry-After` (seconds or a date); None when it says nothing sensible."""
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / divisor
        except ValueError:
            continue
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        return max(0.0, email.utils.parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now)
    except ValueError:
        return None
