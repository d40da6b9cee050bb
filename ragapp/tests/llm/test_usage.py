"""What a person sees of their own usage, and nobody else's."""

from decimal import Decimal

import pytest
from django.urls import reverse

from ragapp.limits.models import Budget
from ragapp.llm.models import Call

pytestmark = pytest.mark.django_db


def call(person, **fields):
    given = {"task": "answer", "deployment": "a", "model": "m", "ms": 1, "outcome": "answered", "asker_id": person.pk}
    return Call.objects.create(**(given | fields))


def page(client_for, person):
    return client_for(person).get(reverse("accounts:profile")).content.decode()


def test_a_person_sees_calls_tokens_and_cost_of_the_month(client_for, reader, stranger):
    call(reader, tokens_in=100, tokens_out=20, cost_usd=Decimal("0.5"))
    call(reader, tokens_in=11)
    call(stranger, tokens_in=5000, cost_usd=Decimal(7))

    shown = page(client_for, reader)

    assert "111 in, 20 out" in shown
    assert "$0.5000" in shown
    assert "one call whose price is not known" in shown
    assert "7.0000" not in shown


def test_a_person_sees_what_is_left_of_their_budgets_but_not_of_everybodys(client_for, person):
    ann = person("ann", groups=["Sales"])
    Budget.objects.create(scope="each_person", per_month_usd=Decimal("12.5"))
    Budget.objects.create(scope="group", group=ann.groups.get(), per_day_usd=Decimal(3))
    Budget.objects.create(scope="total", per_month_usd=Decimal(999))

    shown = page(client_for, ann)

    assert "0 % of $12.5000 used" in shown
    assert "Budget of Sales" in shown
    assert "999" not in shown


def test_somebody_for_whom_no_model_was_asked_is_told_so(client_for, reader):
    assert "None was asked for you yet" in page(client_for, reader)
