"""People, groups, roles and tokens, for admins. Every change leaves an audit event."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from ragapp.accounts import tokens
from ragapp.accounts.models import ApiToken, Role, RoleAssignment, User
from ragapp.audit.log import record
from ragapp.lib.numbers import whole_number

admin.site.unregister(Group)


class RoleFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """An admin keeps their own admin role, so that there is always one left."""

    acting: User

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            was_admin = form.initial.get("role") == Role.ADMIN
            stays = form.cleaned_data.get("role") == Role.ADMIN and not form.cleaned_data.get("DELETE")
            if was_admin and not stays and self.instance == self.acting:
                raise ValidationError(_("You cannot take the admin role from yourself. Ask another admin."))


class RoleInline(TabularInline):
    model = RoleAssignment
    fk_name = "user"
    formset = RoleFormSet
    fields = ("role", "given_by", "given_at")
    readonly_fields = ("given_by", "given_at")
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        return type("RoleFormSet", (formset,), {"acting": request.user})


class SignsInFilter(admin.SimpleListFilter):
    """Those who may sign in, unless others are wanted or looked for: people who left, and simulated ones, stay."""

    title = _("who may sign in")
    parameter_name = "active"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("All")), ("no", _("Disabled"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """As ever; what is chosen by itself is called what it is."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Active")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() == "no":
            return queryset.filter(is_active=False)
        is_looked_for = self.value() == "all" or bool(request.GET.get("q"))
        return queryset if is_looked_for else queryset.filter(is_active=True)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Add and disable people, give roles and groups. People are disabled and not deleted: their work stays."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "work", "is_active", "last_login")
    list_filter = (SignsInFilter, "groups", "role_assignments__role")
    search_fields = ("username", "first_name", "last_name", "email")
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    readonly_fields = ("last_login", "date_joined")
    inlines = (RoleInline,)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (
            _("Access"),
            {
                "fields": ("is_active", "groups"),
                "description": _(
                    "Groups decide what somebody may read, roles which work they do. "
                    "Disabling ends all sessions of the person at their next click."
                ),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    superuser_fieldset = (_("Superuser"), {"fields": ("is_superuser",)})
    add_fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email", "password1", "password2")}),
        (
            _("Access"),
            {
                "fields": ("groups",),
                "description": _(
                    "Groups decide what somebody may read. Without one it is only what is shared with them by name."
                ),
            },
        ),
    )

    @admin.display(description=_("Roles"))
    def work(self, person: User) -> str:
        """The person's roles in words."""
        return ", ".join(str(Role(role).label) for role in sorted(person.roles)) or "–"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("role_assignments")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        is_superuser = isinstance(request.user, User) and request.user.is_superuser
        return (*fieldsets, self.superuser_fieldset) if obj and is_superuser else fieldsets

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a superuser changes a superuser: setting their password would be a way to become one."""
        if isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or obj != request.user:
            return form

        class OwnForm(form):  # type: ignore[valid-type,misc]
            def clean_is_active(self) -> bool:
                if not self.cleaned_data["is_active"]:
                    raise ValidationError(_("You cannot disable yourself. Ask another admin."))
                return True

        return OwnForm

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            record("user_added", by=request.user, target=obj)
            return
        if "is_active" in form.changed_data:
            record("user_enabled" if obj.is_active else "user_disabled", by=request.user, target=obj)
        if "is_superuser" in form.changed_data:
            event = "superuser_given" if obj.is_superuser else "superuser_taken"
            record(event, by=request.user, target=obj)
        if fields := sorted(set(form.changed_data) - {"is_active", "is_superuser", "groups"}):
            record("user_changed", by=request.user, target=obj, fields=fields)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        before = set(form.instance.groups.all()) if change else set()
        super().save_related(request, form, formsets, change)
        after = set(form.instance.groups.all())
        for group in sorted(after - before, key=lambda group: group.pk):
            record("group_joined", by=request.user, target=form.instance, group_id=group.pk, group=group.name)
        for group in sorted(before - after, key=lambda group: group.pk):
            record("group_left", by=request.user, target=form.instance, group_id=group.pk, group=group.name)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Roles: who gave them, and an event for each that was given or taken."""
        before = {assignment.pk: assignment.role for assignment in form.instance.role_assignments.all()}
        for assignment in formset.save(commit=False):
            assignment.given_by = request.user
            assignment.save()
        for assignment in formset.deleted_objects:
            assignment.delete()
        after = {assignment.pk: assignment.role for assignment in RoleAssignment.objects.filter(user=form.instance)}
        for role in sorted(set(after.values()) - set(before.values())):
            record("role_given", by=request.user, target=form.instance, role=role)
        for role in sorted(set(before.values()) - set(after.values())):
            record("role_taken", by=request.user, target=form.instance, role=role)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Django's page; the event is written when the password's hash is another than before."""
        before = User.objects.filter(pk=whole_number(id) or 0).values_list("password", flat=True).first()
        response = super().user_change_password(request, id, form_url)
        person = User.objects.filter(pk=id).first() if before else None
        if person and person.password != before:
            record("password_changed", by=request.user, target=person, by_admin=True)
        return response


class GroupForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Group
        fields = ("name",)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Names only: what a group may read stands on access lists, and what people may do comes from roles."""

    form = GroupForm
    fieldsets = ((None, {"fields": ("name",)}),)
    filter_horizontal = ()
    search_fields = ("name",)
    list_display = ("name", "people")

    @admin.display(description=_("People"))
    def people(self, group: Group) -> int:
        """How many people are in it."""
        return User.objects.filter(groups=group, is_active=True).count()

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        record("group_renamed" if change else "group_added", by=request.user, target=obj)

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        record("group_deleted", by=request.user, target=obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for group in queryset:
            record("group_deleted", by=request.user, target=group)
        super().delete_queryset(request, queryset)


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    """Who has tokens, and revoking them. Nobody reads a token here: only its hash is stored."""

    list_display = ("name", "owner", "beginning", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "owner__username", "beginning")
    list_select_related = ("owner",)
    exclude = ("digest",)
    actions = ("revoke",)

    @admin.action(description=_("Revoke"), permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        """The chosen tokens open nothing from now on."""
        assert isinstance(request.user, User)
        for token in queryset:
            tokens.revoke(token, by=request.user, now=timezone.now())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
