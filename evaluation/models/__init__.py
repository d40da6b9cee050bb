"""The rows of feedback, reviews, datasets, evaluation runs, gates and alerts."""

from evaluation.models.alert import Alert
from evaluation.models.canary import Canary
from evaluation.models.dataset import Case, CaseSource, Dataset, DatasetVersion, Suggestion, VersionFixed
from evaluation.models.drift import DriftCheck
from evaluation.models.escalation import Escalation, EscalationRule
from evaluation.models.feedback import Feedback, Reason
from evaluation.models.gate import Gate, GateStage
from evaluation.models.judged import JudgedAnswer
from evaluation.models.probe import ModelProbe, ProbeQuestion
from evaluation.models.reaction import Reaction
from evaluation.models.review import Cause, Review, ReviewItem, Rule, Stage
from evaluation.models.rollup import AskedOnDay, RolledUp, Rollup, StaleDay
from evaluation.models.run import CaseResult, EvaluationRun
from evaluation.models.shadow import Shadow, ShadowAnswer
from evaluation.models.simulation import Simulation
from evaluation.models.value import Objective, Stated

__all__ = [
    "Alert",
    "AskedOnDay",
    "Canary",
    "Case",
    "CaseResult",
    "CaseSource",
    "Cause",
    "Dataset",
    "DatasetVersion",
    "DriftCheck",
    "Escalation",
    "EscalationRule",
    "EvaluationRun",
    "Feedback",
    "Gate",
    "GateStage",
    "JudgedAnswer",
    "ModelProbe",
    "Objective",
    "ProbeQuestion",
    "Reaction",
    "Reason",
    "Review",
    "ReviewItem",
    "RolledUp",
    "Rollup",
    "Rule",
    "Shadow",
    "ShadowAnswer",
    "Simulation",
    "Stage",
    "StaleDay",
    "Stated",
    "Suggestion",
    "VersionFixed",
]
