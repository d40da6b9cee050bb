"""Every text of the pages has its German, which fills in the same values; the compiled file is the readable one."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings
from django.template import engines
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation.template import templatize

from ragapp.accounts import tokens
from ragapp.accounts.models import Scope, User

APPS = ("chat", "documents", "evaluation", "ragapp")
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
FOLDER = Path(settings.BASE_DIR) / "locale/de/LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[a-z]|%%\w?|\{\w+\}")
# What templatize makes of the tags of a template.
MARKED = re.compile(r"""\b(?:n?gettext|_)\(\s*u?((?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))""", re.DOTALL)


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """A page leaves its language behind in this thread."""
    yield
    translation.activate(settings.LANGUAGE_CODE)


def in_code() -> Iterator[str]:
    """The marked texts of our modules."""
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            if "tests" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                    first = node.args[0] if node.args else None
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield first.value


def in_templates() -> Iterator[str]:
    """The marked texts of our templates."""
    for path in (Path(settings.BASE_DIR) / "templates").rglob("*"):
        if path.is_file():
            for literal in MARKED.findall(templatize(path.read_text(), origin=str(path))):
                yield ast.literal_eval(literal)


def german() -> dict[str, polib.POEntry]:
    return {entry.msgid: entry for entry in polib.pofile(str(FOLDER / "django.po")) if not entry.obsolete}


@pytest.mark.parametrize("texts", [in_code, in_templates])
def test_every_marked_text_is_translated(texts: Callable[[], Iterator[str]]) -> None:
    known = german()
    found = set(texts())

    assert len(found) > 100
    assert sorted(text for text in found if text not in known or not known[text].translated()) == []


def test_translations_fill_in_the_same_values() -> None:
    for entry in german().values():
        pairs = [(entry.msgid, entry.msgstr)]
        if entry.msgid_plural:
            pairs = [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]
        for text, translated in pairs:
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(translated)), text


def test_the_compiled_file_says_what_the_readable_one_says() -> None:
    compiled = {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in polib.mofile(str(FOLDER / "django.mo"))}

    assert compiled == {msgid: (entry.msgstr, entry.msgstr_plural) for msgid, entry in german().items()}


@pytest.mark.django_db
def test_the_browser_says_the_language_until_the_person_does(
    person: Callable[..., User], client_for: Callable[[Any], Client]
) -> None:
    ann = person("ann", first_name="Ann")
    client, german_browser = client_for(ann), {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9"}

    page = client.get("/", **german_browser).content.decode()
    assert '<html lang="de" dir="ltr">' in page
    assert "Hallo Ann" in page
    assert "Hello Ann" in client.get("/", HTTP_ACCEPT_LANGUAGE="fi").content.decode()

    client.post(reverse("accounts:language"), {"language": "en"})
    assert "Hello Ann" in client.get("/", **german_browser).content.decode()
    client.post(reverse("accounts:language"), {"language": "de"})
    assert "Hallo Ann" in client.get("/").content.decode()

    client.post(reverse("accounts:language"), {"language": ""})
    assert "Hello Ann" in client.get("/").content.decode()


@pytest.mark.django_db
def test_a_language_that_there_is_not_changes_nothing(
    person: Callable[..., User], client_for: Callable[[Any], Client]
) -> None:
    ann = person("ann")

    client_for(ann).post(reverse("accounts:language"), {"language": "../en"})

    ann.refresh_from_db()
    assert ann.language == ""


@pytest.mark.django_db
def test_the_chosen_language_comes_along_at_sign_in(person: Callable[..., User]) -> None:
    from conftest import PASSWORD

    person("ann", language="de", first_name="Ann")
    client = Client()

    client.post(reverse("accounts:sign_in"), {"username": "ann", "password": PASSWORD})

    assert "Hallo Ann" in client.get("/").content.decode()


def test_every_page_can_be_drawn_in_german() -> None:
    with translation.override("de"):
        engine = engines["django"]
        for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
            engine.get_template(str(path.relative_to(Path(settings.BASE_DIR) / "templates")))


@pytest.mark.django_db
def test_programs_read_errors_in_the_language_they_ask_for_else_in_their_owners(
    person: Callable[..., User], client: Client
) -> None:
    owner = person()
    User.objects.filter(pk=owner.pk).update(language="de")
    issued = tokens.issue(owner, name="import", scopes=[Scope.CHAT], now=timezone.now(), days=1)
    authorization = f"Bearer {issued.secret}"

    own = client.get("/api/collections", headers={"Authorization": authorization}).json()
    asked = client.get("/api/collections", headers={"Authorization": authorization, "Accept-Language": "en"}).json()
    nobody = client.get("/api/collections", headers={"Accept-Language": "de"}).json()

    assert own["detail"] == "Dem Token fehlt der Geltungsbereich documents:read."
    assert asked["detail"] == "The token lacks the scope documents:read."
    assert nobody["title"] == "Es braucht ein Token"
