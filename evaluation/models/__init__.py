"""The rows of feedback, reviews, evaluation runs and alerts."""

from evaluation.models.alert import Alert
from evaluation.models.feedback import Escalation, Feedback, Reason
from evaluation.models.reaction import Reaction
from evaluation.models.review import Cause, Review, ReviewItem, Rule, Stage
from evaluation.models.run import EvaluationRun

__all__ = [
    "Alert",
    "Cause",
    "Escalation",
    "EvaluationRun",
    "Feedback",
    "Reaction",
    "Reason",
    "Review",
    "ReviewItem",
    "Rule",
    "Stage",
]
