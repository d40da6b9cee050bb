"""Language models in the admin: entered, tried and switched off here. Every change leaves an audit event."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from ragapp.audit.log import record
from ragapp.lib import outbound
from ragapp.lib.outbound import OutboundError
from ragapp.llm import deployments, secrets
from ragapp.llm.models import Call, Deployment, Kind, RouteStep
from ragapp.privacy import vault

_KEY_FIELDS = frozenset({"api_key", "forget_key"})


class DeploymentForm(ModelForm[Deployment]):
    """The key is taken and never shown. An address on another server needs it anew."""

    api_key = forms.CharField(
        label=_("Key"),
        required=False,
        strip=True,
        max_length=8000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False),
    )
    forget_key = forms.BooleanField(label=_("Take the key away"), required=False, widget=UnfoldBooleanSwitchWidget())

    class Meta:
        model = Deployment
        fields = (
            "name", "kind", "base_url", "model", "is_enabled", "only_named", "is_probed", "retires_on", "tier",
            "context_tokens", "max_output_tokens", "concurrency", "price_in_usd", "price_out_usd", "price_cached_usd",
            "connect_timeout_s", "first_token_timeout_s", "timeout_s", "region", "may_see_personal_data",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["api_key"].help_text = (
            _("A key is stored, encrypted, and is not shown. Leave this empty to keep it.")
            if self.instance.secret_key
            else _("Stored encrypted and never shown again. Local servers often need none.")
        )
        if self.instance.pk is None:
            # The first one has to answer; another one is a candidate until a release with it has been tried.
            self.fields["only_named"].initial = Deployment.objects.exists()
        self._server_before = _server(self.instance.base_url)

    def clean_api_key(self) -> str:
        key: str = self.cleaned_data["api_key"]
        if not key.isascii() or not key.isprintable():
            raise ValidationError(
                _("A key has letters, digits and signs only. Copy it again from the provider's page.")
            )
        return key

    def clean_base_url(self) -> str:
        url: str = self.cleaned_data["base_url"].strip().rstrip("/")
        if url:
            try:
                outbound.check(url, outbound.rules())
            except OutboundError as error:
                raise ValidationError(str(error)) from error
        return url

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        url = values.get("base_url", "")
        if not url and "base_url" in values and values.get("kind") != Kind.OPENAI:
            self.add_error("base_url", _("Only OpenAI itself has an address that is known. Enter the server's."))
        entered = [values.get("price_in_usd") is not None, values.get("price_out_usd") is not None]
        if any(entered) != all(entered) or (values.get("price_cached_usd") is not None and not all(entered)):
            self.add_error("price_in_usd", _("Enter the price of input and of output, or neither."))
        if (values.get("max_output_tokens") or 0) >= (values.get("context_tokens") or 1_000_000_000):
            self.add_error("max_output_tokens", _("The longest answer must leave room for the sources in the context."))
        return values

    @property
    def leads_elsewhere(self) -> bool:
        """Another server must not get the key that was meant for the first one."""
        return bool(self.instance.secret_key) and _server(self.cleaned_data["base_url"]) != self._server_before


@admin.register(Deployment)
class DeploymentAdmin(ModelAdmin):
    """Models at addresses. Without any, the model of the settings answers."""

    form = DeploymentForm
    list_display = ("name", "kind", "model", "tier", "is_enabled", "only_named", "retires_on", "has_key")
    list_filter = ("is_enabled", "tier", "kind")
    search_fields = ("name", "model", "base_url")
    actions = ("try_it",)
    actions_submit_line = ("save_and_try",)
    fieldsets = (
        (None, {"fields": ("name", "kind", "base_url", "model", "api_key", "forget_key", "is_enabled")}),
        (_("Watch"), {"fields": ("is_probed", "retires_on")}),
        (_("Use"), {"fields": ("only_named", "tier", "context_tokens", "max_output_tokens", "concurrency")}),
        (
            _("Price"),
            {
                "fields": ("price_in_usd", "price_out_usd", "price_cached_usd"),
                "description": _(
                    "Leave empty to use the list of known prices. A price that is not known counts as unknown, "
                    "never as nothing. Enter 0 for a server of your own."
                ),
            },
        ),
        (_("Patience"), {"fields": ("connect_timeout_s", "first_token_timeout_s", "timeout_s")}),
        (_("Data protection"), {"fields": ("region", "may_see_personal_data")}),
    )

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """“Save and try” also where one is added: django-unfold shows it for stored rows only."""
        shown = dict(extra_context or {})
        if object_id is None:
            shown["actions_submit_line"] = self.get_actions_submit_line(request, None)
        return super().changeform_view(request, object_id, form_url, shown)

    @admin.display(description=_("key"), boolean=True)
    def has_key(self, deployment: Deployment) -> bool:
        """Whether a key is stored."""
        return bool(deployment.secret_key)

    @admin.action(description=_("Try it"), permissions=["change"])
    def try_it(self, request: HttpRequest, queryset: QuerySet[Deployment]) -> None:
        """Each of the chosen writes one word; what came of it is said in a sentence."""
        for deployment in queryset:
            _try(request, deployment)

    @action(description=_("Save and try"), permissions=["change"])  # type: ignore[untyped-decorator]
    def save_and_try(self, request: HttpRequest, obj: Deployment) -> None:
        """After everything is stored, since a server may take its time."""
        transaction.on_commit(lambda: _try(request, obj))

    def save_model(self, request: HttpRequest, obj: Deployment, form: Any, change: bool) -> None:
        key, before = form.cleaned_data["api_key"], obj.secret_key
        try:
            if key or form.cleaned_data["forget_key"] or form.leads_elsewhere:
                secrets.replace(obj, key)
        except vault.NoKey as error:
            messages.error(request, str(error))
        if before and not obj.secret_key:
            messages.warning(request, _("The key was taken away. Enter it anew if this server needs one."))
        super().save_model(request, obj, form, change)
        changed = sorted(set(form.changed_data) - _KEY_FIELDS)
        if not change:
            record("deployment_added", by=request.user, target=obj, model=obj.model, has_key=bool(obj.secret_key))
        elif changed or before != obj.secret_key:
            record("deployment_changed", by=request.user, target=obj, fields=changed, new_key=before != obj.secret_key)

    def delete_model(self, request: HttpRequest, obj: Deployment) -> None:
        record("deployment_deleted", by=request.user, target=obj, model=obj.model)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Deployment]) -> None:
        for deployment in queryset:
            self.delete_model(request, deployment)


@admin.register(RouteStep)
class RouteStepAdmin(ModelAdmin):
    """Which deployment does which task. A task without a route goes to the enabled ones, by tier."""

    list_display = ("task", "step", "deployment", "weight")
    list_filter = ("task",)
    list_display_links = ("deployment",)
    list_select_related = ("deployment",)
    fields = ("task", "step", "deployment", "weight")

    def save_model(self, request: HttpRequest, obj: RouteStep, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        record(
            "route_changed" if change else "route_added",
            by=request.user,
            target=obj,
            task=obj.task,
            step=obj.step,
            deployment=obj.deployment.name,
            weight=obj.weight,
        )

    def delete_model(self, request: HttpRequest, obj: RouteStep) -> None:
        record("route_deleted", by=request.user, target=obj, task=obj.task, deployment=obj.deployment.name)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RouteStep]) -> None:
        for step in queryset:
            self.delete_model(request, step)


@admin.register(Call)
class CallAdmin(ModelAdmin):
    """The ledger, to look at: what was asked when of which deployment, what it cost and how it ended. No text."""

    list_display = (
        "at", "task", "deployment", "model", "outcome", "fallback_step", "tokens_in", "tokens_out", "cost", "ms",
    )  # fmt: skip
    list_filter = ("task", "deployment", "outcome", ("at", RangeDateFilter))
    search_fields = ("=answer_id", "model")
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("cost, US$"), ordering="cost_usd")
    def cost(self, call: Call) -> str:
        """To a millionth; unknown is not nothing."""
        return str(_("unknown")) if call.cost_usd is None else f"{call.cost_usd:.6f}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _server(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _try(request: HttpRequest, deployment: Deployment) -> None:
    from ragapp.llm import probing

    try:
        target = deployments.target_of(deployment)
    except secrets.Unreadable:
        messages.error(request, _("The key of {name} cannot be read; enter it anew.").format(name=deployment.name))
        return
    tried = asyncio.run(probing.try_it(target))
    record("deployment_tried", by=request.user, target=deployment, worked=tried.ok)
    messages.add_message(request, messages.SUCCESS if tried.ok else messages.ERROR, tried.sentence)
