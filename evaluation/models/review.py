"""What reviewers are to look at, by which rule, and what they said."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from ragapp.lib import retention


class Stage(models.TextChoices):
    """Where an answer went wrong: the first stage that lost what would have answered the question, or misused it."""

    NOT_INGESTED = "not_ingested", _("Not in the documents when it was asked")
    NOT_PERMITTED = "not_permitted", _("The asker may not read it")
    NOT_RETRIEVED = "not_retrieved", _("Not found by the search")
    RANKED_LOW = "ranked_low", _("Found, but ranked too low")
    CUT = "cut", _("Cut, since the prompt was full")
    IGNORED = "ignored", _("Read, but not used")
    UNSUPPORTED = "unsupported", _("Said without support")
    BESIDE = "beside", _("Used, with sentences that do not belong")
    MISREAD = "misread", _("Answered from it, judged wrong")
    REFUSED = "refused", _("Wrongly refused")
    UNEXPLAINED = "unexplained", _("Nothing in its trace explains it")


class Cause(models.TextChoices):
    """Why, as the reviewer sees it."""

    SOURCE_MISSING = "source_missing", _("No document says it")
    SOURCE_WRONG = "source_wrong", _("The document is wrong or outdated")
    SOURCE_UNREADABLE = "source_unreadable", _("The document was read badly")
    RIGHTS = "rights", _("The asker may not read the document")
    SEARCH = "search", _("The right passage was not found")
    WRITING = "writing", _("The passage was there, the answer is wrong")
    REFUSED = "refused", _("Refused, though the documents answer")
    GUARD = "guard", _("A rule of the site stopped it wrongly")
    QUESTION = "question", _("The question is unclear")
    OTHER = "other", _("Something else")


# The names of the rules that a new site begins with.
SHIPPED: Mapping[str, str | Promise] = {
    "Thumbs down": _("Thumbs down"),
    "Little support": _("Little support"),
    "1 % at random": _("1 % at random"),
}


class Rule(models.Model):
    """Which answers go to the reviewers. Each answer goes there once, by the first rule that takes it."""

    class Kind(models.TextChoices):
        THUMBS_DOWN = "thumbs_down", _("Thumbs down")
        LOW_SUPPORT = "low_support", _("Little support by the sources")
        RANDOM = "random", _("At random")
        COLLECTION = "collection", _("From a collection")
        RELEASE = "release", _("By a release")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    percent = models.DecimalField(
        _("percent of them"),
        max_digits=5,
        decimal_places=2,
        default=100,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    # Of LOW_SUPPORT: taken below this share of supported sentences.
    support_below = models.FloatField(
        _("support below"), default=0.8, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    collection = models.ForeignKey(
        "documents.Collection", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    release = models.ForeignKey("chat.Release", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    reviews_wanted = models.PositiveSmallIntegerField(
        _("reviewers per answer"), default=1, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    is_active = models.BooleanField(_("active"), default=True)
    # Everything up to this moment was looked at; NULL: nothing yet.
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "name", "kind", "percent", "support_below", "collection", "release", "reviews_wanted",
                "is_active", "applied_at", "created_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["pk"]
        verbose_name = _("sampling rule")
        verbose_name_plural = _("sampling rules")
        constraints: ClassVar = [
            CheckConstraint(condition=Q(percent__range=(0, 100)), name="a_share_is_0_to_100_percent"),
        ]

    def __str__(self) -> str:
        """Its name; of those that the software brings, in the reader's language."""
        return str(SHIPPED.get(self.name, self.name))

    def clean(self) -> None:
        """A rule about a collection or a release names it."""
        if self.kind == self.Kind.COLLECTION and self.collection_id is None:
            raise ValidationError({"collection": _("Choose the collection.")})
        if self.kind == self.Kind.RELEASE and self.release_id is None:
            raise ValidationError({"release": _("Choose the release.")})


class ReviewItem(models.Model):
    """An answer that waits for reviewers, was claimed by one, or is decided."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DISPUTED = "disputed", _("Reviewers disagree")
        DONE = "done", _("Done")

    answer = models.OneToOneField("chat.Answer", on_delete=models.CASCADE, related_name="review_item")
    # NULL: put there by hand, or the rule is gone.
    rule = models.ForeignKey(
        Rule, verbose_name=_("rule"), on_delete=models.SET_NULL, null=True, blank=True, related_name="items"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    reviews_wanted = models.PositiveSmallIntegerField(default=1)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    # The review that counts, where it was said or all agree.
    decision = models.ForeignKey(
        "evaluation.Review", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    # Empty: nothing went wrong, or it is not known yet. Presumed: no reviewer has named the right passage.
    stage = models.CharField(_("where it went wrong"), max_length=20, choices=Stage, blank=True)
    stage_is_presumed = models.BooleanField(default=True)
    # Of the question, by the packaged model; NULL until it is computed.
    vector = HalfVectorField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "answer", "rule", "state", "reviews_wanted", "claimed_by", "claimed_until", "decision",
                "decided_at", "stage", "stage_is_presumed", "created_at",
            }
        )  # fmt: skip
        purge: ClassVar = {"vector": timedelta(days=730)}

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("answer to review")
        verbose_name_plural = _("answers to review")
        indexes: ClassVar = [models.Index(fields=["state", "created_at"], name="review_items_by_state")]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.answer_id}"

    @property
    def stage_told(self) -> str:
        """The stage in words, which say where it is presumed: no right passage was named."""
        told = str(self.get_stage_display())
        is_presumed = self.stage_is_presumed and self.stage not in ("", Stage.UNEXPLAINED)
        return str(_("%(stage)s (presumed)") % {"stage": told}) if is_presumed else told


class Review(models.Model):
    """A reviewer's judgement of an answer."""

    class Verdict(models.TextChoices):
        GOOD = "good", _("Good")
        PARTLY = "partly", _("Partly right")
        BAD = "bad", _("Bad")

    answer = models.ForeignKey("chat.Answer", on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict)
    # The rubric; NULL: does not apply.
    correct = models.BooleanField(null=True, blank=True)
    complete = models.BooleanField(null=True, blank=True)
    supported = models.BooleanField(null=True, blank=True)
    safe = models.BooleanField(null=True, blank=True)
    tone = models.BooleanField(null=True, blank=True)
    corrected_answer = models.TextField(blank=True)
    # The passage that answers the question: a span of an extraction, which outlives chunks and re-indexing. No foreign
    # keys, as in citations; whoever may not read the document does not see the review.
    right_document_id = models.UUIDField(null=True, blank=True)
    right_version_id = models.BigIntegerField(null=True, blank=True)
    right_extraction_id = models.BigIntegerField(null=True, blank=True)
    right_start = models.PositiveIntegerField(null=True, blank=True)
    right_end = models.PositiveIntegerField(null=True, blank=True)
    cause = models.CharField(max_length=20, choices=Cause, blank=True)
    note = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "answer", "reviewer", "verdict", "correct", "complete", "supported", "safe", "tone",
                "right_document_id", "right_version_id", "right_extraction_id", "right_start", "right_end", "cause",
                "created_at", "updated_at",
            }
        )  # fmt: skip
        purge: ClassVar = {"corrected_answer": timedelta(days=730), "note": timedelta(days=730)}

    class Meta:
        ordering = ["created_at"]
        constraints: ClassVar = [UniqueConstraint(fields=["answer", "reviewer"], name="one_review_a_reviewer")]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.answer_id}"
