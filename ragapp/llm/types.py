"""The values that travel between a caller and a language model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

Role = Literal["system", "user", "assistant"]
Task = Literal["answer", "rewrite", "title", "judge", "probe"]
Tier = Literal["small", "standard", "large"]

FROM_SETTINGS = "from the settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of what the model is shown."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """For whom a model is asked. All None: for the site itself."""

    user_id: int | None = None
    token_id: int | None = None
    answer_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What to ask. `max_output_tokens` and `deadline_s` (for the whole answer) default to those of the deployment.

    `route` is the release's. `may_start_over` is asked when a model fails after its first word: true where nothing of
    what came was shown to anybody, so that another one may begin anew.
    """

    task: Task
    messages: tuple[Message, ...]
    max_output_tokens: int | None = None
    temperature: float = 0.0
    seed: int | None = None
    deadline_s: float | None = None
    caller: Caller = field(default_factory=Caller)
    route: Mapping[str, Any] = field(default_factory=dict)
    prefers_small: bool = False
    may_start_over: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider counted them, or our estimate; `cost_usd` is None when no price is known.

    `price` is the row that the cost was computed with, ready for JSON; empty when there is none.
    """

    tokens_in: int
    tokens_out: int
    cached_tokens_in: int = 0
    cost_usd: Decimal | None = None
    price: Mapping[str, object] = field(default_factory=dict)
    is_estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """A provider said that the model goes (RFC 9745, RFC 8594); `retires_on` where it said when."""

    retires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of an answer. Only the last one carries `usage`, `finish_reason`, `fingerprint` (of what runs the model,
    where the provider tells) and `farewell`, and it carries no text.

    `finish_reason`: "stop", "length" (cut at the limit) or what else the provider says. `starts_over`: what came before
    is void, another model begins anew. `fallback_step`: how many deployments, or steps of the route, did not answer
    before. `is_saving`: a small model writes since money is running out.
    """

    text: str = ""
    usage: Usage | None = None
    model: str = ""
    finish_reason: str | None = None
    starts_over: bool = False
    fallback_step: int = 0
    is_saving: bool = False
    fingerprint: str = ""
    farewell: Farewell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A whole answer."""

    text: str
    usage: Usage
    model: str
    finish_reason: str
    fingerprint: str = ""
    farewell: Farewell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a task's first choice of models takes, writes and allows."""

    context_tokens: int
    max_output_tokens: int
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens, as an admin entered them."""

    in_usd: Decimal
    out_usd: Decimal
    cached_in_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A model at an address, ready to be called. `api_key` may be empty: local servers ask for none.

    `deployment_id` None stands for the one in the settings. `is_guarded`: an admin entered the address, so it may
    only lead where `ragapp.lib.outbound` allows. `price` None: looked up by provider and model.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str
    timeout_s: float
    max_output_tokens: int
    context_tokens: int = 8000
    deployment_id: int | None = None
    name: str = FROM_SETTINGS
    kind: str = "compatible"
    tier: Tier = "standard"
    connect_timeout_s: float = 5.0
    first_token_timeout_s: float | None = None
    concurrency: int | None = None
    region: str = ""
    may_see_personal_data: bool = True
    is_guarded: bool = False
    # Answers only where a release or a route names it.
    only_named: bool = False
    price: Price | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """Whether a language model can be used, and one sentence for an admin that says so or what to do."""

    ok: bool
    sentence: str
