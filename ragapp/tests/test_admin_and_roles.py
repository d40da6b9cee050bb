"""The admin × every role: lists are for those whose work they are, and for everybody else nothing is there."""

import pytest
from django.urls import reverse

from ragapp.tests.table import ADMIN_READERS
from ragapp.tests.test_routes_and_roles import NOISE
from ragapp.tests.world import ROLES

pytestmark = pytest.mark.slow
IN_THE_ADMIN = {"reviewer", "auditor", "admin"}


@pytest.mark.parametrize("model", ADMIN_READERS)
def test_a_list_in_the_admin_is_for_those_whose_work_it_is(world, model):
    url = reverse(f"admin:{model}_changelist")
    found = {role: world.browser(role).get(url).status_code for role in ROLES}

    assert found.pop("anonymous") == 302
    assert {role for role, status in found.items() if status == 200} == ADMIN_READERS[model]
    assert set(found.values()) <= {200, 404}


@pytest.mark.parametrize("name", ["index", "login", "logout", "password_change", "search", "jsi18n", "autocomplete"])
def test_the_admin_does_not_exist_for_people_without_work_there(world, name):
    url = reverse(f"admin:{name}")

    assert world.browser("anonymous").get(url).status_code == 302
    for role in set(ROLES) - IN_THE_ADMIN - {"anonymous"}:
        assert world.browser(role).get(url).status_code == 404, role


def test_an_address_in_the_admin_that_leads_nowhere_is_like_any_other(world):
    client = world.browser("stranger")

    in_admin, elsewhere = client.get("/admin/nothing/here/"), client.get("/nothing/here/")

    assert in_admin.status_code == elsewhere.status_code == 404
    assert NOISE.sub(b"", in_admin.content) == NOISE.sub(b"", elsewhere.content)
