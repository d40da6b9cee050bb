"""Rules that no single app can keep by itself: templates, outside addresses, migrations, CSRF."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from ragapp.tests.routes import all_patterns

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
STATIC = sorted(
    path for path in (settings.BASE_DIR / "static").rglob("*") if path.suffix in {".css", ".js", ".svg", ".html"}
)
LONGEST = 120
# Names of XML vocabularies look like addresses; nothing is fetched from them.
NAMESPACES = re.compile(r"https?://www\.w3\.org/")
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\b(src=|type=\"application/json\"))", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"\s(hx-)?on[a-z:-]+\s*=\s*[\"']", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
}
OUTSIDE = re.compile(r"(https?:)?//[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


def name(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_holds_nothing_that_our_content_policy_forbids(path):
    assert [what for what, form in FORBIDDEN.items() if form.search(path.read_text())] == []


@pytest.mark.parametrize("path", [*TEMPLATES, *STATIC], ids=name)
def test_nothing_is_fetched_from_outside(path):
    assert not OUTSIDE.search(NAMESPACES.sub("", path.read_text()))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_partials_and_only_partials_begin_with_an_underscore(path):
    is_page = path.name == "base.html" or "{% extends" in path.read_text()

    assert is_page != path.name.startswith("_")


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_is_short(path):
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration():
    call_command("makemigrations", check=True, dry_run=True)


def test_every_view_checks_the_csrf_token():
    assert "django.middleware.csrf.CsrfViewMiddleware" in settings.MIDDLEWARE
    exempt = {name for name, pattern in all_patterns() if getattr(pattern.callback, "csrf_exempt", False)}

    # Programs bring a token; cookies open nothing there. Unnamed: what answers that there is no such address.
    assert {name.partition(":")[0] for name in exempt} == {"", "api", "api_tus", "mcp", "openai"}
