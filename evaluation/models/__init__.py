"""The rows of feedback, reviews and evaluation runs."""

from evaluation.models.feedback import Escalation, Feedback, Reason, Review
from evaluation.models.reaction import Reaction
from evaluation.models.run import EvaluationRun

__all__ = ["Escalation", "EvaluationRun", "Feedback", "Reaction", "Reason", "Review"]
