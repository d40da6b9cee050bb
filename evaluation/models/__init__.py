"""The rows of feedback, reviews, evaluation runs and alerts."""

from evaluation.models.alert import Alert
from evaluation.models.feedback import Escalation, Feedback, Reason, Review
from evaluation.models.reaction import Reaction
from evaluation.models.run import EvaluationRun

__all__ = [
    "Alert",
    "Escalation",
    "EvaluationRun",
    "Feedback",
    "Reaction",
    "Reason",
    "Review",
]
