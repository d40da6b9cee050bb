"""Budgets: exact under concurrency, and free again when a process dies."""

import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from ragapp.audit.models import AuditEvent
from ragapp.limits import budgets
from ragapp.limits.models import Budget, Reservation, Scope, Spending

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ONE = Decimal(1)


def fits(user=None, token_id=None):
    return budgets.fitting(user_id=user and user.pk, token_id=token_id)


def reserve(found, call="c", amount=ONE, *, now=NOW):
    return budgets.reserve(found, call, amount, lease_s=60, now=now)


def month(found, *, now=NOW):
    return next(balance for balance in budgets.balances(found, now=now) if balance.period == "month")


@pytest.mark.django_db(transaction=True)
def test_fifty_calls_at_once_on_a_budget_for_ten_are_exactly_ten():
    Budget.objects.create(scope=Scope.TOTAL, per_day_usd=Decimal(20), per_month_usd=Decimal(10))
    found, gate, admitted = fits(), threading.Barrier(50), []

    def call(number):
        try:
            gate.wait()
            held = reserve(found, f"call-{number}")
            admitted.append(number)
            budgets.settle(held, f"call-{number}", ONE)
        except budgets.MoneySpent:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(admitted) == 10
    assert {row.spent_usd for row in Spending.objects.all()} == {Decimal(10)}
    assert not Reservation.objects.exists()


@pytest.mark.django_db
def test_what_is_reserved_counts_until_it_is_settled():
    Budget.objects.create(scope=Scope.TOTAL, per_month_usd=Decimal(2))
    found = fits()
    first = reserve(found, "a", Decimal("1.5"))
    with pytest.raises(budgets.MoneySpent):
        reserve(found, "b")

    budgets.settle(first, "a", Decimal("0.25"))

    reserve(found, "b")
    assert (month(found).spent_usd, month(found).reserved_usd) == (Decimal("0.25"), ONE)


@pytest.mark.django_db
def test_what_a_dead_process_reserved_is_free_after_its_lease():
    Budget.objects.create(scope=Scope.TOTAL, per_month_usd=ONE)
    found = fits()
    held = reserve(found, "dead")
    with pytest.raises(budgets.MoneySpent):
        reserve(found, "b", now=NOW + timedelta(seconds=59))

    reserve(found, "b", now=NOW + timedelta(seconds=61))

    # It was not dead after all: what it cost is counted.
    budgets.settle(held, "dead", ONE)
    assert month(found).spent_usd == ONE


@pytest.mark.django_db
def test_a_call_is_reserved_under_all_limits_or_under_none(person):
    ann = person("ann")
    Budget.objects.create(scope=Scope.PERSON, person=ann, per_month_usd=Decimal(5))
    Budget.objects.create(scope=Scope.TOTAL, per_month_usd=Decimal("0.5"))

    with pytest.raises(budgets.MoneySpent) as refused:
        reserve(fits(ann))

    assert refused.value.scope == Scope.TOTAL
    assert not Reservation.objects.exists()


@pytest.mark.django_db
def test_an_unknown_price_is_counted_as_unknown_and_not_as_nothing():
    Budget.objects.create(scope=Scope.TOTAL, per_month_usd=ONE)
    found = fits()

    budgets.settle(reserve(found, "c", None), "c", None)

    assert (month(found).spent_usd, month(found).unknown_calls) == (Decimal(0), 1)


@pytest.mark.django_db
def test_each_person_has_their_own_sum_and_a_budget_of_ones_own_comes_instead(person):
    ann, ben, eve = person("ann"), person("ben"), person("eve")
    Budget.objects.create(scope=Scope.EACH_PERSON, per_month_usd=ONE)
    Budget.objects.create(scope=Scope.PERSON, person=eve, per_month_usd=Decimal(3))

    reserve(fits(ann), "a")
    reserve(fits(ben), "b")
    with pytest.raises(budgets.MoneySpent):
        reserve(fits(ann), "c")
    for call in "def":
        reserve(fits(eve), call)


@pytest.mark.django_db
def test_a_group_shares_one_sum_and_others_do_not_count(person):
    ann, ben, eve = person("ann", groups=["Sales"]), person("ben", groups=["Sales"]), person("eve")
    Budget.objects.create(scope=Scope.GROUP, group=ann.groups.get(), per_month_usd=ONE)

    reserve(fits(ann), "a")
    with pytest.raises(budgets.MoneySpent):
        reserve(fits(ben), "b")
    assert fits(eve) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limits", "resets_on"),
    [({"per_day_usd": 0}, (2027, 1, 1)), ({"per_month_usd": 0}, (2027, 1, 1)),],
)  # fmt: skip
def test_a_refusal_says_when_the_money_is_there_again(limits, resets_on):
    Budget.objects.create(scope=Scope.TOTAL, **limits)

    with pytest.raises(budgets.MoneySpent) as refused:
        reserve(fits(), now=datetime(2026, 12, 31, 12, 0, tzinfo=UTC))

    assert refused.value.resets_on.timetuple()[:3] == resets_on


@pytest.mark.django_db
def test_the_next_month_begins_anew():
    Budget.objects.create(scope=Scope.TOTAL, per_month_usd=ONE)
    reserve(fits())

    reserve(fits(), "next", now=NOW + timedelta(days=10))


@pytest.mark.django_db
def test_requests_and_tokens_of_a_minute_and_of_a_request_are_limited(person):
    ann = person("ann")
    Budget.objects.create(
        scope=Scope.EACH_PERSON, requests_per_minute=2, tokens_per_minute=1000, tokens_per_request=600
    )
    now = time.time()

    with pytest.raises(budgets.TooLarge):
        budgets.admit(fits(ann), tokens=601, now=now)
    budgets.admit(fits(ann), tokens=600, now=now)
    with pytest.raises(budgets.TooFast) as refused:
        budgets.admit(fits(ann), tokens=600, now=now)
    assert 0 < refused.value.wait_s <= 61
    with pytest.raises(budgets.TooFast):
        budgets.admit(fits(ann), tokens=1, now=now)
    budgets.admit(fits(person("ben")), tokens=600, now=now)


ADD = "admin:limits_budget_add"


def entered(**changes):
    return {
        "scope": "total", "person": "", "group": "", "token": "", "is_enabled": "on", "per_day_usd": "",
        "per_month_usd": "25", "soft_percent": "80", "requests_per_minute": "", "tokens_per_minute": "",
        "tokens_per_request": "",
    } | changes  # fmt: skip


@pytest.mark.django_db
def test_an_admin_enters_a_budget_and_sees_what_is_spent_of_it(client_for, admin):
    desk = client_for(admin)
    assert desk.post(reverse(ADD), entered()).status_code == 302
    found = fits()
    budgets.settle(budgets.reserve(found, "c", ONE, lease_s=60, now=datetime.now(UTC)), "c", Decimal("2.5"))

    page = desk.get(reverse("admin:limits_budget_changelist")).content.decode()

    assert "2.5000 / 25.00 (10 %)" in page
    assert AuditEvent.objects.get(event="budget_added").details["per_month_usd"] == "25"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"scope": "person"}, "Choose whom this is for"), ({"per_month_usd": ""}, "Enter at least one limit"),
     ({"per_month_usd": "-1"}, "greater than or equal to 0"), ({"soft_percent": "0"}, "greater than or equal to 1")],
)  # fmt: skip
def test_a_budget_that_means_nobody_or_nothing_is_refused(client_for, admin, changes, sentence):
    response = client_for(admin).post(reverse(ADD), entered(**changes))

    assert sentence in response.content.decode()
    assert not Budget.objects.exists()
