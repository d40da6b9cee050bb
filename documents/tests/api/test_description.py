"""The API keeps to its own description, whatever is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from documents.models import Collection
from ragapp.accounts import tokens
from ragapp.accounts.models import Scope, User
from ragapp.lib.windows import Rate
from ragapp.limits import rates

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
EXAMPLES = 2


def test_whatever_is_sent_is_answered_as_described(
    shared: Collection, owner: User, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("api_read", "api_write"):
        monkeypatch.setitem(rates.RATES, name, Rate(times=10_000, seconds=60))
    secret = tokens.issue(owner, name="t", scopes=[Scope.READ, Scope.WRITE], now=timezone.now(), days=1).secret
    schema = schemathesis.openapi.from_dict(Client().get(reverse("api:openapi-json")).json())
    schema.app = get_wsgi_application()
    tried = 0

    for operation in schema.get_all_operations():

        @given(case=operation.ok().as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def keeps_to_it(case: Any) -> None:
            nonlocal tried
            tried += 1
            response = case.call(headers={"Authorization": f"Bearer {secret}"})
            case.validate_response(
                response, checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
            )

        keeps_to_it()
    assert tried > EXAMPLES


def test_the_description_names_every_operation_and_the_page_shows_them(
    reader: User, client_for: Callable[[Any], Any]
) -> None:
    described = client_for(None).get(reverse("api:openapi-json")).json()
    page = client_for(reader).get(reverse("api_pages:docs")).content.decode()

    assert described["openapi"].startswith("3.")
    for path in described["paths"]:
        assert path in page
