"""The rows of conversations, answers and releases."""

from chat.models.answer import Answer, Citation
from chat.models.conversation import Conversation, Turn
from chat.models.program import AskedByProgram
from chat.models.release import PromptVersion, Release, Rollout
from chat.models.share import Share

__all__ = [
    "Answer", "AskedByProgram", "Citation", "Conversation", "PromptVersion", "Release", "Rollout", "Share", "Turn",
]  # fmt: skip
