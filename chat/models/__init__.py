"""The rows of conversations, answers and releases."""

from chat.models.answer import Answer, Citation
from chat.models.conversation import Conversation, Turn
from chat.models.release import PromptVersion, Release, Rollout

__all__ = ["Answer", "Citation", "Conversation", "PromptVersion", "Release", "Rollout", "Turn"]
