"""Every model says of every field whether it is kept, purged or erased."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings

from ragapp.lib.retention import Policy

OURS = ("ragapp", "documents", "chat", "evaluation")
MODELS = [model for model in apps.get_models() if model.__module__.startswith(OURS)]


def fields(model):
    return {
        field.name
        for field in [*model._meta.concrete_fields, *model._meta.many_to_many]
        # The pointer to a parent of multi-table inheritance is no field of its own.
        if not getattr(field.remote_field, "parent_link", False)
    }


def test_the_models_are_found():
    assert settings.AUTH_USER_MODEL in {model._meta.label for model in MODELS}
    assert len(MODELS) > 15


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_each_field_is_kept_purged_or_erased_and_only_one_of_them(model):
    policy = model.__dict__.get("Retention")
    assert policy is not None, f"{model._meta.label} lacks `class Retention(retention.Policy)`"
    assert issubclass(policy, Policy)
    declared = [*policy.keep, *policy.purge, *policy.erase]

    assert sorted(declared) == sorted(set(declared)), "a field stands in two of them"
    assert set(declared) == fields(model)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_what_is_purged_has_a_time_and_what_is_erased_a_value_that_fits(model):
    for name, age in model.Retention.purge.items():
        assert isinstance(age, timedelta), name
        assert age > timedelta(0), name
    for name, value in model.Retention.erase.items():
        field = model._meta.get_field(name)
        assert value is not None or field.null, name
