"""People and roles in the admin: who may, what is audited, and that nobody lifts themselves up."""

import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.urls import reverse

from conftest import PASSWORD
from ragapp.accounts.models import RoleAssignment, User
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def change_url(person):
    return reverse("admin:accounts_user_change", args=[person.pk])


def fields(person, *, roles=(), **changes):
    """What the change form sends; `roles` are (assignment or None, role, delete) in the order shown."""
    data = {
        "username": person.username, "first_name": person.first_name, "last_name": person.last_name,
        "email": person.email, "is_active": "on", "groups": [group.pk for group in person.groups.all()],
        "role_assignments-TOTAL_FORMS": len(roles),
        "role_assignments-INITIAL_FORMS": sum(1 for assignment, *_ in roles if assignment),
    }  # fmt: skip
    for number, (assignment, role, delete) in enumerate(roles):
        prefix = f"role_assignments-{number}"
        data |= {
            f"{prefix}-role": role,
            f"{prefix}-user": person.pk,
            f"{prefix}-id": assignment.pk if assignment else "",
        }
        if delete:
            data[f"{prefix}-DELETE"] = "on"
    data |= changes
    return {name: value for name, value in data.items() if value is not None}


def audited():
    return list(AuditEvent.objects.exclude(event="sign_in").order_by("pk").values_list("event", "target"))


def test_an_admin_adds_a_person_who_can_sign_in(client_for, client, admin):
    everyone = Group.objects.create(name="Everyone")
    response = client_for(admin).post(
        reverse("admin:accounts_user_add"),
        {"username": "new", "first_name": "New", "last_name": "Person", "email": "new@example.org",
         "password1": PASSWORD, "password2": PASSWORD, "groups": [everyone.pk]},
    )  # fmt: skip

    assert response.status_code == 302, response.context["adminform"].form.errors
    assert audited() == [("user_added", "new"), ("group_joined", "new")]
    assert client.post(reverse("accounts:sign_in"), {"username": "new", "password": PASSWORD}).status_code == 302


def test_an_admin_gives_and_takes_a_role(client_for, admin, reader):
    browser = client_for(admin)
    browser.post(change_url(reader), fields(reader, roles=[(None, "reviewer", False)]))
    given = RoleAssignment.objects.get(user=reader)
    assert (given.role, given.given_by) == ("reviewer", admin)

    browser.post(change_url(reader), fields(reader, roles=[(given, "reviewer", True)]))

    assert not RoleAssignment.objects.filter(user=reader).exists()
    assert audited() == [("role_given", "reader"), ("role_taken", "reader")]


def test_an_admin_disables_a_person_whose_sessions_end(client_for, admin, reader):
    session = client_for(reader)

    client_for(admin).post(change_url(reader), fields(reader, is_active=None))

    assert session.get(reverse("accounts:profile")).status_code == 302
    assert audited() == [("user_disabled", "reader")]


def test_groups_are_joined_and_left_with_an_event_each(client_for, admin, reader):
    hr = Group.objects.create(name="Human resources")
    browser = client_for(admin)

    browser.post(change_url(reader), fields(reader, groups=[hr.pk]))
    assert list(reader.groups.all()) == [hr]
    browser.post(change_url(reader), fields(reader, groups=[]))

    assert list(reader.groups.all()) == []
    assert audited() == [("group_joined", "reader"), ("group_left", "reader")]


def test_an_admin_sets_a_password_and_it_is_audited(client_for, admin, reader):
    new = "chosen by an admin 1"
    response = client_for(admin).post(
        reverse("admin:auth_user_password_change", args=[reader.pk]),
        {"password1": new, "password2": new, "usable_password": "true"},
    )

    reader.refresh_from_db()
    assert response.status_code == 302
    assert reader.check_password(new)
    assert audited() == [("password_changed", "reader")]


def test_no_field_makes_an_admin_a_superuser(client_for, admin):
    everything = [permission.pk for permission in Permission.objects.all()]
    assignment = admin.role_assignments.get()
    client_for(admin).post(
        change_url(admin),
        fields(
            admin, roles=[(assignment, "admin", False)], is_superuser="on", is_staff="on", user_permissions=everything
        ),
    )

    admin.refresh_from_db()
    assert not admin.is_superuser
    assert not admin.user_permissions.exists()


def test_a_group_carries_no_permissions(client_for, admin):
    group = Group.objects.create(name="Sales")
    response = client_for(admin).post(
        reverse("admin:auth_group_change", args=[group.pk]),
        {"name": "Sales and service", "permissions": [Permission.objects.first().pk]},
    )

    assert response.status_code == 302
    assert not group.permissions.exists()
    assert audited() == [("group_renamed", "Sales and service")]


def test_an_admin_cannot_change_a_superuser(client_for, admin, person):
    root = person("root", is_superuser=True)
    browser = client_for(admin)

    browser.post(change_url(root), fields(root, username="mine"))
    response = browser.post(
        reverse("admin:auth_user_password_change", args=[root.pk]),
        {"password1": "taken over 12345", "password2": "taken over 12345", "usable_password": "true"},
    )

    root.refresh_from_db()
    assert response.status_code == 404
    assert root.username == "root"
    assert root.check_password(PASSWORD)


def test_an_admin_stays_one(client_for, admin):
    assignment = admin.role_assignments.get()
    browser = client_for(admin)

    browser.post(change_url(admin), fields(admin, roles=[(assignment, "admin", True)]))
    browser.post(change_url(admin), fields(admin, roles=[(assignment, "reviewer", False)]))
    browser.post(change_url(admin), fields(admin, roles=[(assignment, "admin", False)], is_active=None))

    admin = User.objects.get(pk=admin.pk)
    assert admin.roles == {"admin"}
    assert admin.is_active


def test_people_are_never_deleted(client_for, admin, reader):
    browser = client_for(admin)

    assert browser.post(reverse("admin:accounts_user_delete", args=[reader.pk]), {"post": "yes"}).status_code == 404
    assert User.objects.filter(pk=reader.pk).exists()


@pytest.mark.parametrize("who", ["reviewer", "auditor"])
def test_only_admins_touch_accounts(client_for, request, who, reader):
    browser = client_for(request.getfixturevalue(who))

    assert browser.get(reverse("admin:accounts_user_changelist")).status_code == 404
    assert browser.post(change_url(reader), fields(reader, username="x")).status_code == 404
    assert browser.get(reverse("admin:auth_group_changelist")).status_code == 404


def test_the_admin_has_no_sign_in_page_of_its_own(client, client_for, reader, admin):
    assert client.get("/admin/accounts/user/").url.startswith(reverse("accounts:sign_in"))
    assert client.get("/admin/login/?next=/admin/accounts/user/").url == (
        reverse("accounts:sign_in") + "?next=/admin/accounts/user/"
    )
    assert client_for(reader).get("/admin/").status_code == 404
    assert client_for(reader).get("/admin/login/").status_code == 404
    assert client_for(admin).get("/admin/").status_code == 200


def test_an_auditor_reads_filters_and_exports_the_log(client_for, auditor, reader, client):
    client.post(reverse("accounts:sign_in"), {"username": "reader", "password": "=wrong"})
    browser = client_for(auditor)
    url = reverse("admin:audit_auditevent_changelist")
    event = AuditEvent.objects.get(event="sign_in_failed")

    assert "sign_in_failed" in browser.get(url, {"event": "sign_in_failed"}).content.decode()
    export = browser.post(url, {"action": "export_csv", "_selected_action": [event.pk]})
    lines = export.content.decode().splitlines()

    assert lines[0].startswith("id,at,event")
    assert "sign_in_failed" in lines[1]
    assert AuditEvent.objects.filter(event="audit_exported", actor="auditor").exists()
    assert browser.get(reverse("admin:audit_auditevent_add")).status_code == 404


def test_demo_people_are_made_once_and_only_in_an_embedded_database(capsys, settings, monkeypatch):
    settings.EMBEDDED = True
    monkeypatch.delenv("RAGAPP_DEMO_PASSWORD", raising=False)
    call_command("create_demo_people")
    first = json.loads(capsys.readouterr().out)
    call_command("create_demo_people")
    second = json.loads(capsys.readouterr().out)
    settings.EMBEDDED = False

    assert set(first) == {"employee", "hr", "corpus-admin", "reviewer", "auditor", "admin"}
    assert len(set(first.values())) == 6
    assert second == {}
    reviewer = User.objects.get(username="reviewer")
    assert reviewer.check_password(first["reviewer"])
    assert reviewer.roles == {"reviewer"}
    assert [group.name for group in reviewer.groups.all()] == ["All staff"]
    with pytest.raises(CommandError, match="createsuperuser"):
        call_command("create_demo_people")
