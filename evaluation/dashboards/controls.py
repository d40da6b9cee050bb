"""The control register: what the site does by itself against which risk, and the test that proves it.

A control without its test is a claim: a test of this list demands that each named test exists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """`test`: file and function, from the root of the repository."""

    area: Promise
    says: Promise
    test: str


def _register() -> Sequence[Control]:
    rights, people, trace = _("Rights"), _("People and programs"), _("Traces")
    models, money, network = _("Questions and answers"), _("Money and load"), _("Network and storage")
    tests = "ragapp/tests/"
    rows: Sequence[tuple[Promise, Promise, str]] = (
        (rights, _("Each page answers each role as the table of roles says"),
         f"{tests}test_routes_and_roles.py::test_each_role_gets_what_the_table_says"),
        (rights, _("What is missing and what is forbidden look alike"),
         f"{tests}test_routes_and_roles.py::test_missing_and_forbidden_look_alike"),
        (rights, _("Who may not read a document finds none of its words anywhere"),
         f"{tests}test_routes_and_roles.py::test_who_may_not_read_finds_nothing"),
        (rights, _("A right that is withdrawn closes every way at once"),
         f"{tests}test_outlets.py::test_a_grant_that_is_withdrawn_closes_every_way_at_once"),
        (rights, _("No order of changes shows anybody more than the lists say"),
         "documents/tests/test_rights_property.py::test_no_order_of_changes_shows_anybody_more_or_less_than_the_lists_say"),
        (people, _("Guessing passwords ends after five attempts"),
         f"{tests}accounts/test_sign_in.py::test_guessing_ends_after_five_attempts_with_a_polite_page"),
        (people, _("A disabled person is out at the next request"),
         f"{tests}accounts/test_sign_in.py::test_a_disabled_person_is_out_at_the_next_request"),
        (people, _("A token dies with its end, its owner or its withdrawal"),
         f"{tests}accounts/test_tokens.py::test_a_token_dies_when_it_expires_is_revoked_or_its_owner_is_disabled"),
        (people, _("Every form is protected against requests from other sites"),
         f"{tests}test_house_rules.py::test_every_view_checks_the_csrf_token"),
        (trace, _("The audit log cannot be changed, and its chain shows tampering"),
         f"{tests}audit/test_chain.py::test_tampering_is_found_at_its_link"),
        (trace, _("Log lines, metrics and mails hold no words of documents"),
         f"{tests}test_outlets.py::test_neither_log_lines_nor_metrics_nor_mails_hold_words_of_documents"),
        (trace, _("Each field says whether it is kept, purged or erased"),
         f"{tests}test_retention.py::test_each_field_is_kept_purged_or_erased_and_only_one_of_them"),
        (models, _("A document that gives orders to the model is held"),
         "documents/tests/test_holding.py::test_a_document_that_orders_the_model_is_held"),
        (models, _("Each guard of questions finds its own"),
         "chat/tests/test_guardrails.py::test_each_guard_of_the_question_finds_its_own"),
        (models, _("Personal data is replaced before passages are made"),
         "documents/tests/test_personal_data.py::test_redaction_comes_before_passages_are_made"),
        (models, _("A sentence without support is shown only to who may read all that was read for it"),
         "chat/tests/test_sharing.py::test_a_sentence_without_support_needs_all_that_was_read_for_it"),
        (money, _("Fifty calls at once on a budget for ten are exactly ten"),
         f"{tests}limits/test_budgets.py::test_fifty_calls_at_once_on_a_budget_for_ten_are_exactly_ten"),
        (money, _("Requests are limited by person"), f"{tests}limits/test_limits.py::test_people_are_counted_apart"),
        (network, _("Calls go to the public internet only, whatever a name answers later"),
         f"{tests}test_outbound.py::test_a_name_that_answers_differently_after_the_check_is_not_asked_again"),
        (network, _("Pages fetch nothing from outside"),
         f"{tests}test_house_rules.py::test_nothing_is_fetched_from_outside"),
        (network, _("Stored files show nothing of their content, and a changed byte is noticed"),
         f"{tests}privacy/test_vault.py::test_a_changed_byte_is_noticed"),
    )  # fmt: skip
    return [Control(area=area, says=says, test=test) for area, says, test in rows]


REGISTER = _register()


def by_area() -> Mapping[str, Sequence[Control]]:
    """In the order of the register."""
    found: dict[str, list[Control]] = {}
    for one in REGISTER:
        found.setdefault(str(one.area), []).append(one)
    return found
