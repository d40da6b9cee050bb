"""The rows of feedback, reviews, evaluation runs and alerts."""

from evaluation.models.alert import Alert
from evaluation.models.feedback import Escalation, Feedback, Reason
from evaluation.models.reaction import Reaction
from evaluation.models.review import Cause, Review, ReviewItem, Rule, Stage
from evaluation.models.rollup import AskedOnDay, RolledUp, Rollup, StaleDay
from evaluation.models.run import EvaluationRun
from evaluation.models.simulation import Simulation

__all__ = [
    "Alert",
    "AskedOnDay",
    "Cause",
    "Escalation",
    "EvaluationRun",
    "Feedback",
    "Reaction",
    "Reason",
    "Review",
    "ReviewItem",
    "RolledUp",
    "Rollup",
    "Rule",
    "Simulation",
    "Stage",
    "StaleDay",
]
