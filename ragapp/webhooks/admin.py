"""Webhooks in the admin: addresses, their secrets (shown once), and the log of messages with sending again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from ragapp.accounts.models import User
from ragapp.audit.log import record
from ragapp.lib import outbound
from ragapp.lib.outbound import OutboundError
from ragapp.privacy import vault
from ragapp.webhooks import secrets, sending
from ragapp.webhooks.models import Delivery, Endpoint, Event


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only addresses that may be called are taken."""

    events = forms.MultipleChoiceField(
        label=capfirst(_("events")), choices=Event.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )

    class Meta:
        model = Endpoint
        fields = ("name", "url", "events", "is_enabled")

    def clean(self) -> dict[str, Any]:
        try:
            vault.encrypt(b"")
        except vault.NoKey as error:
            raise ValidationError(str(error)) from error
        return super().clean() or {}

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        try:
            outbound.check(url, outbound.rules())
        except OutboundError as error:
            raise ValidationError(str(error)) from error
        return url


@admin.register(Endpoint)
class EndpointAdmin(ModelAdmin):
    """Addresses that hear of events. The secret is shown when it is made, and never again."""

    form = EndpointForm
    list_display = ("name", "url", "is_enabled", "events", "failures", "disabled_because")
    list_filter = ("is_enabled",)
    search_fields = ("name", "url")
    actions = ("try_it", "new_secret")
    readonly_fields = ("failures", "disabled_because", "created_by", "created_at")

    def get_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        """What became of it, once it is there."""
        entered = ("name", "url", "events", "is_enabled")
        return entered if obj is None else (*entered, *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if not change:
            assert isinstance(request.user, User)
            obj.created_by = request.user
            obj.new_secret = secrets.renew(obj)  # type: ignore[attr-defined]  # for the answer to this request
        elif "is_enabled" in form.changed_data:
            obj.failures, obj.disabled_because = 0, ""
        super().save_model(request, obj, form, change)
        record(
            "webhook_changed" if change else "webhook_added",
            by=request.user,
            target=obj,
            fields=sorted(form.changed_data),
            events=obj.events,
            is_enabled=obj.is_enabled,
        )

    def response_add(self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None) -> HttpResponse:
        """The secret stands in this very answer, since it is not shown again."""
        return self._show_secret(request, obj, obj.new_secret)  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        record("webhook_deleted", by=request.user, target=obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        for endpoint in queryset:
            self.delete_model(request, endpoint)

    @admin.action(description=_("Send a test message"), permissions=["change"])
    def try_it(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """What came of it stands in the log of messages."""
        for endpoint in queryset:
            sending.send_test(endpoint)
        messages.info(request, _("A test message is on its way. The log of messages says whether it arrived."))

    @admin.action(description=_("Make a new secret; the old one ends at once"), permissions=["change"])
    def new_secret(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> HttpResponse | None:
        """For one address at a time."""
        endpoint = queryset.first()
        if endpoint is None or queryset.count() != 1:
            messages.error(request, _("Choose one webhook."))
            return None
        try:
            # The old one goes once the row names the new one.
            with transaction.atomic():
                secret = secrets.renew(endpoint)
                endpoint.save(update_fields=["secret_key"])
                record("webhook_secret_renewed", by=request.user, target=endpoint)
        except vault.NoKey as error:
            messages.error(request, str(error))
            return None
        return self._show_secret(request, endpoint, secret)

    def _show_secret(self, request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("The secret of %(name)s") % {"name": endpoint.name},
            "secret": secret,
            "endpoint": endpoint,
        }
        return TemplateResponse(
            request, "admin/webhooks/secret.html", context, headers={"Cache-Control": "private, no-store"}
        )


@admin.register(Delivery)
class DeliveryAdmin(ModelAdmin):
    """What was sent when to whom, and what came of it. No text of documents, questions or replies is in it."""

    list_display = ("happened_at", "event", "endpoint", "state", "attempts", "status_code", "reason", "due_at")
    list_filter = ("state", "event", "endpoint")
    list_select_related = ("endpoint",)
    search_fields = ("=message_id",)
    ordering = ("-pk",)
    actions = ("send_again",)
    exclude = ("worker",)
    show_full_result_count = False

    @admin.action(description=_("Send again"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """With the same id, so that who had it already can tell."""
        for delivery in queryset.select_related("endpoint"):
            sending.send_again(delivery)
            record("webhook_sent_again", by=request.user, target=delivery.endpoint, message=str(delivery.message_id))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
