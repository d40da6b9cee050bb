"""The rows of feedback, reviews and evaluation runs."""

from evaluation.models.feedback import Escalation, Feedback, Reason, Review
from evaluation.models.run import EvaluationRun

__all__ = ["Escalation", "EvaluationRun", "Feedback", "Reason", "Review"]
