"""Names a conversation after its first answer, when there is a language model to ask."""

import logging
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chat import conversations, prompts, releases
from chat.guardrails import output
from chat.models import Answer, Conversation
from ragapp.lib.offload import Offload
from ragapp.llm import gateway
from ragapp.llm.errors import LLMError
from ragapp.llm.types import Caller, ChatRequest, Message

log = logging.getLogger(__name__)

# A question up to this long names its conversation well enough, and costs nothing.
NAMES_ITSELF_CHARS = 50
TITLE_TOKENS = 60
TITLE_DEADLINE_S = 8.0


async def run(answer_id: UUID, *, offload: Offload) -> None:
    """Gives the conversation a short title, unless somebody renamed it. Without a model it keeps the question."""
    if not await offload(gateway.is_configured):
        return
    found = await offload(lambda: _first_question(answer_id))
    if found is None:
        return
    conversation, question, body, route = found
    system, user = prompts.fill(body, {"question": question})
    request = ChatRequest(
        task="title",
        messages=(Message(role="system", content=system), Message(role="user", content=user)),
        max_output_tokens=TITLE_TOKENS,
        deadline_s=TITLE_DEADLINE_S,
        caller=Caller(user_id=conversation.user_id, answer_id=answer_id),
        route=route,
    )
    try:
        written = (await gateway.complete(request, offload=offload)).text
    except LLMError as error:
        log.info("title.kept", extra={"error": type(error).__name__})
        return
    title = conversations.title_of(re.sub(r"[*_`#\"“”„]", "", output.without_channels(written)).strip(" ."))
    if title:
        await offload(
            lambda: Conversation.objects.filter(pk=conversation.pk, title=conversation.title).update(title=title)
        )


def _first_question(answer_id: UUID) -> tuple[Conversation, str, str, Mapping[str, Any]] | None:
    """The conversation, its question, the prompt and the release's route.

    None: not answered, not the first answer, short, renamed already, or hidden.
    """
    answer = Answer.objects.select_related("turn__conversation").get(pk=answer_id)
    conversation = answer.turn.conversation
    answers = Answer.objects.filter(turn__conversation=conversation).count()
    if answer.state != Answer.State.DONE or answers > 1 or conversation.is_hidden:
        return None
    question = answer.turn.question
    if len(question) <= NAMES_ITSELF_CHARS or conversation.title != conversations.title_of(question):
        return None
    if answer.release_id is None:
        return None
    release = releases.kept(answer.release_id)
    body = next((prompt.body for prompt in release.prompts.all() if prompt.task == "title"), "")
    return (conversation, question, body, release.route) if body else None
