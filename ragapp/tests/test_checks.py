"""Settings that contradict each other are named at start, with what to do."""

import pytest
from cryptography.fernet import Fernet
from django.core.checks import ERROR

from ragapp.checks import settings_fit_together


@pytest.fixture(autouse=True)
def _good_settings(settings, tmp_path):
    settings.PRODUCTION = True
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    settings.ALLOWED_HOSTS = ["ask.example.org"]
    settings.BASE_URL = "https://ask.example.org"
    settings.EMBEDDED = False
    settings.METRICS_TOKEN = "secret"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.FILES_DIR = tmp_path / "files"


def found():
    return {message.id for message in settings_fit_together(None)}


def test_settings_that_fit_are_not_complained_about():
    assert found() == set()


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"ENCRYPTION_KEYS": ["short"]}, "E001"),
        ({"ENCRYPTION_KEYS": []}, "E002"),
        ({"LLM_BASE_URL": "http://llm/v1", "LLM_MODEL": ""}, "E003"),
        ({"LLM_MODEL": "m", "LLM_BASE_URL": "", "LLM_API_KEY": ""}, "E004"),
        ({"LLM_MODEL": "m", "LLM_BASE_URL": "llm:8080"}, "E005"),
        ({"LLM_MAX_OUTPUT_TOKENS": 8000, "LLM_CONTEXT_TOKENS": 8000}, "E006"),
        ({"ALLOWED_HOSTS": []}, "E008"),
        ({"ALLOWED_HOSTS": ["*"]}, "W001"),
        ({"BASE_URL": "http://ask.example.org"}, "E009"),
        ({"EMBEDDED": True}, "E010"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "I001"),
        ({"METRICS_TOKEN": ""}, "I002"),
    ],
)
def test_what_does_not_fit_is_named(settings, changes, number):
    for name, value in changes.items():
        setattr(settings, name, value)

    assert found() == {f"ragapp.{number}"}


def test_a_folder_that_cannot_be_made_is_named(settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.FILES_DIR = tmp_path / "file" / "files"

    assert found() == {"ragapp.E007"}


def test_every_complaint_says_what_to_do(settings):
    settings.ENCRYPTION_KEYS, settings.ALLOWED_HOSTS, settings.BASE_URL = [], [], "http://x"

    messages = settings_fit_together(None)

    assert all(message.hint for message in messages)
    assert all(message.level == ERROR for message in messages)
