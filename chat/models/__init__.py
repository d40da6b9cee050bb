"""The rows of conversations, answers and releases."""

from chat.models.answer import Answer, Citation
from chat.models.cache import CachedAnswer, CacheLookup, Layer
from chat.models.conversation import Conversation, Turn
from chat.models.experiment import Experiment
from chat.models.golden import GoldenAnswer, GoldenHit, GoldenSource
from chat.models.program import AskedByProgram
from chat.models.prompt import PromptLabel, PromptVersion
from chat.models.release import Release, Rollout, RolloutMove
from chat.models.share import Share

__all__ = [
    "Answer", "AskedByProgram", "CacheLookup", "CachedAnswer", "Citation", "Conversation", "Experiment",
    "GoldenAnswer", "GoldenHit", "GoldenSource", "Layer",
    "PromptLabel", "PromptVersion", "Release", "Rollout", "RolloutMove", "Share", "Turn",
]  # fmt: skip
