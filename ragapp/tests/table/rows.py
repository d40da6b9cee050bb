"""What a row of the table says: a request, and what each role gets for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

from chat import releases, sharing
from documents.models import IndexVersion
from ragapp.audit import log as audit
from ragapp.tests.world import World

Arguments = Callable[[World], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One request. `expect` holds a status per role, in the order of ROLES."""

    expect: str
    method: str = "get"
    at: Arguments = lambda world: {}
    data: Arguments = lambda world: {}
    headers: Mapping[str, str] = field(default_factory=dict)

    def url(self, name: str, world: World) -> str:
        return reverse(name, kwargs=dict(self.at(world)))

    def send(self, client: Client, url: str, world: World) -> Any:
        return getattr(client, self.method)(url, dict(self.data(world)), headers=dict(self.headers))


def conversation(world: World) -> dict[str, Any]:
    return {"pk": world.conversation.pk}


def answer(world: World) -> dict[str, Any]:
    return {"pk": world.answer.pk}


def turn(world: World) -> dict[str, Any]:
    return {"pk": world.answer.turn_id}


def link(world: World) -> dict[str, Any]:
    """Made anew for each request."""
    return {"pk": sharing.share(world.conversation, user=world.people["reader"], days=None).pk}


def marker(world: World) -> dict[str, Any]:
    return {"pk": world.answer.pk, "marker": 1}


def collection(world: World) -> dict[str, Any]:
    return {"pk": world.collection.pk}


def document(world: World) -> dict[str, Any]:
    return {"pk": world.document.pk}


def live_index(world: World) -> dict[str, Any]:
    return {"pk": IndexVersion.objects.get(is_live=True).pk}


def source(world: World) -> dict[str, Any]:
    return {"pk": world.collection.pk, "source": world.check.source_id}


def check(world: World) -> dict[str, Any]:
    return {**source(world), "run": world.check.pk}


def version(world: World) -> dict[str, Any]:
    return {"pk": world.document.pk, "number": 1}


def page(world: World) -> dict[str, Any]:
    return {"pk": world.document.pk, "number": 1, "page": 1}


def release(world: World) -> dict[str, Any]:
    """The one that comes with the software, in production."""
    return {"pk": releases.ensure_shipped().pk}


def absent(world: World) -> dict[str, Any]:
    return {"pk": 1}


def prompt_version(world: World) -> dict[str, Any]:
    return {"pk": releases.ensure_shipped().prompts.get(task="answer").pk}


def receipt(world: World) -> dict[str, Any]:
    """Of something that the owner deleted."""
    event = audit.record("document_deleted", by=world.people["owner"], target=world.document, receipt={"documents": 1})
    return {"pk": event.pk}


HTMX = {"HX-Request": "true"}
#            anonymous stranger reader contributor owner reviewer auditor admin
EVERYBODY = "200 200 200 200 200 200 200 200"
SIGNED_IN = "302 200 200 200 200 200 200 200"
ASKER = "302 404 200 404 404 404 404 404"
ASKER_MOVES_ON = "302 404 302 404 404 404 404 404"
ASKER_IN_FRAGMENT = "204 404 200 404 404 404 404 404"
OWNER = "302 404 404 404 200 404 404 404"
READERS = "302 404 200 200 200 404 404 404"
OPERATORS = "302 404 404 404 200 404 404 200"
NOBODY = "302 404 404 404 404 404 404 404"
LOOKERS = "302 404 404 404 404 200 404 200"
NOWHERE = "302 404 404 404 404 404 404 404"
ADMINS = "302 404 404 404 404 404 404 200"
HOLDERS = "302 404 404 404 200 200 404 200"
CONTRIBUTORS_MOVE_ON = "302 404 404 302 302 404 404 404"
POST_IS_NONE = "302 405 405 405 405 405 405 405"
POST_ONLY = "302 405 405 405 405 405 405 405"
# A session opens nothing there; tokens are tried in the tests/api of documents and chat.
NEEDS_A_TOKEN = "401 401 401 401 401 401 401 401"


def text_of(response: Any) -> str:
    """Everything the browser gets: the body, a stream read to its end, and the headers."""
    body = response.getvalue() if not response.streaming else b"".join(response)
    return (body.decode("utf-8", "replace") + str(dict(response.headers))).lower()
