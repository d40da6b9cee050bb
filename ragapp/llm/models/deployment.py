"""Language models at addresses, as admins entered them."""

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention


class Kind(models.TextChoices):
    """Who serves the model: decides how the key is sent and where prices are looked up."""

    OPENAI = "openai", _("OpenAI")
    AZURE = "azure", _("Azure OpenAI")
    BEDROCK = "bedrock", _("Amazon Bedrock (OpenAI-compatible endpoint)")
    VERTEX = "vertex", _("Google Vertex AI (OpenAI-compatible endpoint)")
    VLLM = "vllm", _("vLLM")
    OLLAMA = "ollama", _("Ollama")
    COMPATIBLE = "compatible", _("Another server or gateway that speaks OpenAI's protocol")


class Tier(models.TextChoices):
    """How able and how dear a model is, in the admin's judgement."""

    SMALL = "small", _("Small")
    STANDARD = "standard", _("Standard")
    LARGE = "large", _("Large")


class Deployment(models.Model):
    """A model at an address. Its key lies in the vault; `secret_key` only says where."""

    name = models.CharField(_("name"), max_length=60, unique=True, help_text=_("How people and releases refer to it."))
    kind = models.CharField(_("kind of server"), max_length=12, choices=Kind, default=Kind.OPENAI)
    base_url = models.CharField(
        _("address"),
        max_length=500,
        blank=True,
        help_text=_("Mostly ends with /v1. May stay empty for OpenAI itself."),
    )
    model = models.CharField(
        _("model"),
        max_length=200,
        help_text=_("As the server knows it: a model's name, a fine-tuned model's id, a deployment's name on Azure."),
    )
    secret_key = models.CharField(max_length=80, blank=True, editable=False)
    tier = models.CharField(_("tier"), max_length=8, choices=Tier, default=Tier.STANDARD)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    only_named = models.BooleanField(
        _("only where it is named"),
        default=False,
        help_text=_(
            "It answers only in releases and routes that name it. Leave this on for a new model until a release with "
            "it has passed its gates."
        ),
    )
    is_probed = models.BooleanField(
        _("asked test questions every day"),
        default=True,
        help_text=_("Two dozen short questions a day, to notice when the provider changes the model."),
    )
    retires_on = models.DateField(
        _("retires on"),
        null=True,
        blank=True,
        help_text=_("The provider's last day for this model. You are told two months before, and again."),
    )
    # As the provider's replies said, or that it goes without saying when.
    announced_on = models.DateField(null=True, editable=False)
    is_deprecated = models.BooleanField(default=False, editable=False)

    price_in_usd = models.DecimalField(
        _("input, US$ per million tokens"),
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    price_out_usd = models.DecimalField(
        _("output, US$ per million tokens"),
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    price_cached_usd = models.DecimalField(
        _("cached input, US$ per million tokens"),
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Empty: as input."),
    )

    context_tokens = models.PositiveIntegerField(
        _("context, tokens"), default=8000, validators=[MinValueValidator(1000)]
    )
    max_output_tokens = models.PositiveIntegerField(
        _("longest answer, tokens"), default=1000, validators=[MinValueValidator(50)]
    )
    concurrency = models.PositiveIntegerField(
        _("calls at once"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Of all processes together. Empty: no limit."),
    )
    timeout_s = models.FloatField(_("whole answer, seconds"), default=60.0, validators=[MinValueValidator(1.0)])
    first_token_timeout_s = models.FloatField(
        _("first word, seconds"),
        default=30.0,
        validators=[MinValueValidator(0.5)],
        help_text=_("Later than this, the next deployment is asked."),
    )
    connect_timeout_s = models.FloatField(_("connection, seconds"), default=5.0, validators=[MinValueValidator(0.5)])

    region = models.CharField(
        _("data region"), max_length=40, blank=True, help_text=_("Where what is sent is processed, such as EU.")
    )
    may_see_personal_data = models.BooleanField(
        _("may see personal data"),
        default=False,
        help_text=_(
            "Only if your agreement with the provider covers it, or the server is your own. "
            "Otherwise it gets placeholders, and the answer gets the values back."
        ),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "name", "kind", "base_url", "model", "secret_key", "tier", "is_enabled", "only_named",
                "is_probed", "retires_on", "announced_on", "is_deprecated", "price_in_usd",
                "price_out_usd", "price_cached_usd", "context_tokens", "max_output_tokens", "concurrency",
                "timeout_s", "first_token_timeout_s", "connect_timeout_s", "region", "may_see_personal_data",
                "created_at", "changed_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["name"]
        verbose_name = _("language model")
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(price_in_usd__isnull=True, price_out_usd__isnull=True, price_cached_usd__isnull=True)
                | Q(price_in_usd__isnull=False, price_out_usd__isnull=False),
                name="a_price_is_given_for_both_directions",
            ),
            CheckConstraint(
                condition=Q(max_output_tokens__lt=models.F("context_tokens")), name="an_answer_fits_into_the_context"
            ),
        ]

    def __str__(self) -> str:
        return self.name
