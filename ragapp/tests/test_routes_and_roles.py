"""Every route × every role: who gets what. A route that is missing in the table fails; so does a role that is."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from chat import releases, sharing, streaming
from documents.models import IndexVersion
from ragapp.audit import log as audit
from ragapp.tests.routes import admin_models, named_routes
from ragapp.tests.world import QUESTION, ROLES, World

pytestmark = pytest.mark.slow

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

ROUTES: dict[str, list[Row]] = {
    "accounts:profile": [Row(expect=SIGNED_IN)],
    "accounts:language": [
        Row(expect=POST_ONLY),
        Row(method="post", data=lambda world: {"language": ""}, expect="302 302 302 302 302 302 302 302"),
    ],
    "accounts:sign_in": [Row(expect="200 302 302 302 302 302 302 302")],
    "accounts:sign_out": [
        Row(expect="405 405 405 405 405 405 405 405"),
        Row(method="post", expect="302 302 302 302 302 302 302 302"),
    ],
    "accounts:password_change": [Row(expect=SIGNED_IN), Row(method="post", expect=SIGNED_IN)],
    "accounts:password_reset": [Row(expect=EVERYBODY)],
    "accounts:password_reset_done": [Row(expect=EVERYBODY)],
    "accounts:password_reset_confirm": [Row(at=lambda world: {"uidb64": "MQ", "token": "x-y"}, expect=EVERYBODY)],
    "accounts:password_reset_complete": [Row(expect=EVERYBODY)],
    "accounts:token_create": [
        Row(expect=POST_ONLY),
        Row(method="post", expect="302 422 422 422 422 422 422 422"),
    ],
    # Nobody has one.
    "accounts:token_revoke": [
        Row(at=lambda world: {"pk": 1}, expect=POST_ONLY),
        Row(method="post", at=lambda world: {"pk": 1}, expect="302 404 404 404 404 404 404 404"),
    ],
    "api:openapi-json": [Row(expect=EVERYBODY)],
    "api:api-root": [Row(expect="404 404 404 404 404 404 404 404")],
    "api_pages:docs": [Row(expect=SIGNED_IN)],
    "api:collections": [Row(expect=NEEDS_A_TOKEN)],
    "api:documents": [Row(at=collection, expect=NEEDS_A_TOKEN)],
    "api:add": [Row(method="post", at=collection, expect=NEEDS_A_TOKEN)],
    "api:compare": [Row(method="post", at=collection, expect=NEEDS_A_TOKEN)],
    "api:unpack": [Row(method="post", at=collection, expect=NEEDS_A_TOKEN)],
    "api:arriving": [Row(at=document, expect=NEEDS_A_TOKEN)],
    "api:go_on": [Row(method="post", at=document, expect=NEEDS_A_TOKEN)],
    "api_tus:begin": [Row(method="post", at=collection, expect=NEEDS_A_TOKEN)],
    "api_tus:part": [Row(method="head", at=document, expect=NEEDS_A_TOKEN)],
    "api:document": [Row(at=document, expect=NEEDS_A_TOKEN)],
    "api:describe": [Row(method="patch", at=document, expect=NEEDS_A_TOKEN)],
    "api:versions": [Row(at=document, expect=NEEDS_A_TOKEN)],
    "api:replace": [Row(method="post", at=document, expect=NEEDS_A_TOKEN)],
    "api:retry": [Row(method="post", at=document, expect=NEEDS_A_TOKEN)],
    "api:withdraw": [Row(method="delete", at=document, expect=NEEDS_A_TOKEN)],
    "api:search": [Row(method="post", expect=NEEDS_A_TOKEN)],
    "api:question": [Row(method="post", expect=NEEDS_A_TOKEN)],
    "api:answer": [Row(at=answer, expect=NEEDS_A_TOKEN)],
    "api:why": [Row(at=answer, expect=NEEDS_A_TOKEN)],
    "api:again": [Row(method="post", at=answer, expect=NEEDS_A_TOKEN)],
    "api:stop": [Row(method="post", at=answer, expect=NEEDS_A_TOKEN)],
    "api:threads": [Row(expect=NEEDS_A_TOKEN)],
    "api:thread": [Row(at=conversation, expect=NEEDS_A_TOKEN)],
    "api:delete_thread": [Row(method="delete", at=conversation, expect=NEEDS_A_TOKEN)],
    "api:give_feedback": [Row(method="put", at=answer, expect=NEEDS_A_TOKEN)],
    "api:take_back_feedback": [Row(method="delete", at=answer, expect=NEEDS_A_TOKEN)],
    "openai:completions": [Row(method="post", expect=NEEDS_A_TOKEN)],
    "mcp:endpoint": [Row(expect=NEEDS_A_TOKEN), Row(method="post", expect=NEEDS_A_TOKEN)],
    "openai:models": [Row(expect=NEEDS_A_TOKEN)],
    "openai:model": [Row(at=lambda world: {"name": "ragapp"}, expect=NEEDS_A_TOKEN)],
    "monitoring:healthz": [Row(expect=EVERYBODY)],
    # 503: no worker runs beside the tests.
    "monitoring:readyz": [Row(expect="503 503 503 503 503 503 503 503")],
    "monitoring:metrics": [Row(expect="401 401 401 401 401 401 401 401")],
    "chat:home": [Row(expect=SIGNED_IN)],
    "chat:conversation": [Row(at=conversation, expect=ASKER)],
    "chat:rename": [
        Row(at=conversation, expect=POST_ONLY),
        Row(method="post", at=conversation, data=lambda world: {"title": "Other"}, expect=ASKER_MOVES_ON),
    ],
    "chat:delete": [Row(at=conversation, expect=POST_ONLY), Row(method="post", at=conversation, expect=ASKER_MOVES_ON)],
    "chat:share": [Row(at=conversation, expect=ASKER), Row(method="post", at=conversation, expect=ASKER_MOVES_ON)],
    "chat:withdraw": [
        Row(at=conversation, expect=POST_ONLY),
        Row(method="post", at=conversation, expect=ASKER_MOVES_ON),
    ],
    "chat:export": [
        Row(at=lambda world: {**conversation(world), "ending": "md"}, expect=ASKER),
        Row(at=lambda world: {**conversation(world), "ending": "json"}, expect=ASKER),
    ],
    # A link opens to everybody who is signed in; what they see there follows its sources.
    "chat:shared": [
        Row(at=link, expect=SIGNED_IN),
        Row(at=conversation, expect="302 404 404 404 404 404 404 404"),
    ],
    # Without a file, which is said where the person goes next.
    "chat:attach_first": [Row(expect=POST_ONLY), Row(method="post", expect="302 302 302 302 302 302 302 302")],
    "chat:files": [
        Row(at=conversation, headers=HTMX, expect=ASKER_IN_FRAGMENT),
        Row(method="post", at=conversation, expect=ASKER_MOVES_ON),
    ],
    "chat:detach": [
        Row(at=lambda world: {**conversation(world), "document": world.document.pk}, expect=POST_ONLY),
        Row(
            method="post",
            at=lambda world: {**conversation(world), "document": world.document.pk},
            expect="302 404 404 404 404 404 404 404",
        ),
    ],
    "chat:pin": [
        Row(at=conversation, expect=POST_ONLY),
        Row(method="post", at=conversation, data=lambda world: {"pinned": "1"}, expect=ASKER_MOVES_ON),
        Row(method="post", at=conversation, headers=HTMX, expect=ASKER_IN_FRAGMENT),
    ],
    # Nothing is deleted, so there is nothing to restore.
    "chat:restore": [
        Row(at=conversation, expect=POST_ONLY),
        Row(method="post", at=conversation, expect="302 404 404 404 404 404 404 404"),
    ],
    "chat:search": [
        Row(expect=SIGNED_IN, data=lambda world: {"q": "pay"}),
        Row(expect=SIGNED_IN, data=lambda world: {"q": "euros"}),
        Row(expect=SIGNED_IN, data=lambda world: {"q": "marigold", "in": "everything"}),
    ],
    "chat:ask": [Row(expect=POST_ONLY), Row(method="post", expect="302 422 422 422 422 422 422 422")],
    "chat:answer": [Row(at=answer, expect=ASKER)],
    # Without a session the stream holds one event, which says that it has expired.
    "chat:stream": [
        Row(at=answer, expect="200 404 200 404 404 404 404 404"),
        Row(method="post", at=answer, expect="405 405 405 405 405 405 405 405"),
    ],
    "chat:stop": [Row(at=answer, expect=POST_ONLY), Row(method="post", at=answer, expect=ASKER_MOVES_ON)],
    "chat:again": [Row(at=answer, expect=POST_ONLY), Row(method="post", at=answer, expect=ASKER_MOVES_ON)],
    "chat:choose_answer": [
        Row(at=answer, expect=POST_ONLY),
        Row(method="post", at=answer, expect=ASKER_MOVES_ON),
        Row(method="post", at=answer, headers=HTMX, expect=ASKER_IN_FRAGMENT),
    ],
    "chat:choose_turn": [
        Row(at=turn, expect=POST_ONLY),
        Row(method="post", at=turn, expect=ASKER_MOVES_ON),
        Row(method="post", at=turn, headers=HTMX, expect=ASKER_IN_FRAGMENT),
    ],
    "chat:why": [Row(at=answer, expect=ASKER), Row(at=answer, headers=HTMX, expect=ASKER_IN_FRAGMENT)],
    "chat:source": [Row(at=marker, expect=ASKER), Row(at=marker, headers=HTMX, expect=ASKER_IN_FRAGMENT)],
    "evaluation:feedback": [
        Row(at=answer, expect=POST_ONLY),
        Row(method="post", at=answer, data=lambda world: {"thumb": "1"}, expect=ASKER_MOVES_ON),
    ],
    "evaluation:copied": [
        Row(at=answer, expect=POST_ONLY),
        Row(method="post", at=answer, expect="302 404 204 404 404 404 404 404"),
    ],
    "evaluation:ask_a_person": [
        Row(at=answer, expect=POST_ONLY),
        Row(method="post", at=answer, data=lambda world: {"note": "Please"}, expect=ASKER_MOVES_ON),
    ],
    "evaluation:dashboard": [
        Row(expect="302 404 404 404 404 200 404 200"),
        Row(method="post", expect=POST_IS_NONE),
    ],
    "evaluation:models": [Row(expect="302 404 404 404 404 200 404 200")],
    # evaluation/tests/probing/test_pages.py looks at tests that are there.
    "evaluation:probes": [Row(expect="302 404 404 404 404 200 404 200")],
    "evaluation:probe": [Row(at=absent, expect=NOWHERE)],
    "evaluation:probe_start": [
        Row(expect=POST_ONLY),
        Row(method="post", data=lambda world: {"deployment": "none"}, expect="302 404 404 404 404 404 404 404"),
    ],
    "evaluation:probe_accept": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:probe_release": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:probe_compare": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:readiness": [Row(expect="302 404 404 404 404 200 404 200")],
    "evaluation:fine_tuning": [Row(expect="302 404 404 404 404 200 404 404")],
    "evaluation:fine_tuning_file": [
        Row(at=lambda world: {"part": "chat"}, expect="302 404 404 404 404 405 404 404"),
        Row(method="post", at=lambda world: {"part": "chat"}, expect="302 404 404 404 404 200 404 404"),
    ],
    "evaluation:behind": [Row(expect="302 404 404 404 404 200 404 200")],
    "evaluation:controls": [Row(expect="302 404 404 404 404 200 404 200")],
    "evaluation:board": [
        *(
            Row(at=lambda world, name=name: {"name": name}, expect="302 404 404 404 404 200 404 200")
            for name in ("quality", "retrieval", "safety", "cost", "speed", "adoption", "value", "freshness", "drift")
        ),
        Row(at=lambda world: {"name": "nothing"}, expect="302 404 404 404 404 404 404 404"),
    ],
    "evaluation:board_csv": [
        Row(
            at=lambda world: {"name": "quality", "chart": "satisfaction"},
            expect="302 404 404 404 404 200 404 200",
        )
    ],
    "evaluation:state": [
        Row(expect="302 404 404 404 404 404 404 404"),
        Row(method="post", expect="302 404 404 404 404 404 404 302"),
    ],
    "evaluation:alerts": [Row(expect="302 404 404 404 404 200 404 200")],
    # Nothing has been raised here.
    "evaluation:alert": [Row(at=lambda world: {"pk": 1}, expect="302 404 404 404 404 404 404 404")],
    "evaluation:alert_act": [
        Row(at=lambda world: {"pk": 1}, expect="302 404 404 404 404 405 404 405"),
        Row(method="post", at=lambda world: {"pk": 1}, expect="302 404 404 404 404 404 404 404"),
    ],
    "evaluation:runs": [Row(expect=LOOKERS), Row(method="post", expect=POST_IS_NONE)],
    # evaluation/tests/test_views_runs.py looks at runs and datasets that are there.
    "evaluation:run": [Row(at=absent, expect=NOWHERE)],
    "evaluation:run_start": [
        Row(expect=POST_ONLY),
        Row(method="post", expect="302 404 404 404 404 422 404 422"),
    ],
    "evaluation:run_pause": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:run_resume": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:run_cancel": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:run_compare": [Row(at=lambda world: {"before": 1, "after": 2}, expect=NOWHERE)],
    "evaluation:datasets": [
        Row(expect=LOOKERS),
        Row(method="post", expect="302 404 404 404 404 422 404 422"),
    ],
    "evaluation:dataset": [Row(at=absent, expect=NOWHERE)],
    "evaluation:dataset_new": [Row(expect=POST_ONLY), Row(method="post", expect="302 404 404 404 404 302 404 302")],
    "evaluation:dataset_suggest": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:dataset_decide": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:dataset_nightly": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:gates": [
        Row(expect=LOOKERS),
        Row(method="post", expect="302 404 404 404 404 404 404 422"),
    ],
    "evaluation:bias": [Row(expect=LOOKERS), Row(method="post", expect="302 404 404 404 404 422 404 422")],
    "evaluation:bias_check": [Row(at=absent, expect=NOWHERE)],
    "evaluation:gate_remove": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:releases": [Row(expect=LOOKERS), Row(method="post", expect=POST_IS_NONE)],
    "evaluation:release": [Row(at=release, expect=LOOKERS)],
    "evaluation:release_new": [
        Row(expect=ADMINS),
        Row(method="post", data=lambda world: {"name": ""}, expect="302 404 404 404 404 404 404 422"),
    ],
    # It is in production already.
    "evaluation:release_promote": [
        Row(at=release, expect=POST_ONLY),
        Row(method="post", at=release, expect="302 404 404 404 404 404 404 302"),
    ],
    "evaluation:release_back": [
        Row(at=release, expect=POST_ONLY),
        Row(method="post", at=release, expect="302 404 404 404 404 404 404 302"),
    ],
    # The plan is missing, which is said where the person goes next.
    "evaluation:release_canary": [
        Row(at=release, expect=POST_ONLY),
        Row(method="post", at=release, expect="302 404 404 404 404 404 404 302"),
    ],
    "evaluation:experiments": [Row(expect=LOOKERS)],
    "evaluation:experiment_new": [
        Row(expect=ADMINS),
        Row(method="post", data=lambda world: {"name": ""}, expect="302 404 404 404 404 404 404 422"),
    ],
    # There is none.
    "evaluation:experiment": [Row(at=lambda world: {"pk": 1}, expect=NOBODY)],
    **{
        f"evaluation:experiment_{action}": [
            Row(at=lambda world: {"pk": 1}, expect=POST_ONLY),
            Row(method="post", at=lambda world: {"pk": 1}, expect=NOBODY),
        ]
        for action in ("start", "end")
    },
    "evaluation:release_shadow": [
        Row(at=release, expect=POST_ONLY),
        Row(method="post", at=release, expect="302 404 404 404 404 404 404 302"),
    ],
    # Nothing is in the shadow.
    "evaluation:shadow": [
        Row(at=lambda world: {"pk": 1}, expect=NOBODY),
        Row(method="post", at=lambda world: {"pk": 1}, expect=NOBODY),
    ],
    # No canary runs.
    "evaluation:canary": [Row(at=lambda world: {"pk": 1}, expect=NOBODY)],
    **{
        f"evaluation:canary_{action}": [
            Row(at=lambda world: {"pk": 1}, expect=POST_ONLY),
            Row(method="post", at=lambda world: {"pk": 1}, expect=NOBODY),
        ]
        for action in ("pause", "resume", "next", "back")
    },
    "evaluation:prompts": [Row(expect=LOOKERS)],
    "evaluation:prompt": [Row(at=lambda world: {"name": "answer"}, expect=LOOKERS)],
    "evaluation:prompt_version": [Row(at=prompt_version, expect=LOOKERS)],
    "evaluation:prompt_write": [
        Row(expect=ADMINS),
        Row(method="post", data=lambda world: {"name": ""}, expect="302 404 404 404 404 404 404 422"),
    ],
    "evaluation:prompt_preview": [
        Row(at=prompt_version, expect=POST_ONLY),
        Row(method="post", at=prompt_version, data=lambda world: {"question": QUESTION}, expect=LOOKERS),
    ],
    "evaluation:prompt_label": [
        Row(at=prompt_version, expect=POST_ONLY),
        Row(method="post", at=prompt_version, expect="302 404 404 404 404 404 404 302"),
    ],
    "documents:collections": [Row(expect=SIGNED_IN)],
    "documents:create": [
        Row(expect="302 404 404 404 200 404 404 200"),
        Row(method="post", data=lambda world: {"name": ""}, expect="302 404 404 404 422 404 404 422"),
    ],
    "documents:collection": [Row(at=collection, expect=READERS)],
    "documents:upload": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, expect="302 404 404 302 302 404 404 404"),
    ],
    # The owner is a corpus admin as well.
    "documents:collection_personal_data": [
        Row(at=collection, expect="302 404 404 200 200 404 404 404"),
        Row(method="post", at=collection, expect="302 404 404 404 422 404 404 404"),
    ],
    "documents:personal_data_again": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, expect="302 404 404 404 302 404 404 404"),
    ],
    "documents:reveal": [
        Row(at=document, expect=POST_ONLY),
        Row(method="post", at=document, expect="302 404 404 404 200 404 404 404"),
    ],
    "documents:plan": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, expect="302 404 404 422 422 404 404 404"),
    ],
    # 412: without the protocol's version.
    "documents:incoming_begin": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, expect="302 404 404 412 412 404 404 404"),
    ],
    # Uploads are seen by who sends them; nobody here does.
    "documents:incoming": [Row(at=document, expect="302 404 404 404 404 404 404 404")],
    "documents:incoming_settle": [
        Row(at=document, expect=POST_ONLY),
        Row(method="post", at=document, expect="302 404 404 404 404 404 404 404"),
    ],
    "documents:share": [Row(at=collection, expect="302 404 404 404 200 404 404 404")],
    "documents:collection_keep_answers": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, expect="302 404 404 404 302 404 404 404"),
    ],
    "documents:collection_delete": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, expect="302 404 404 404 302 404 404 404"),
    ],
    "documents:delete_many": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, expect="302 404 404 302 302 404 404 404"),
    ],
    "documents:sources": [Row(at=collection, expect=OWNER)],
    "documents:source_new": [
        Row(at=collection, expect=OWNER),
        Row(method="post", at=collection, expect="302 404 404 404 422 404 404 404"),
    ],
    "documents:source_validate": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, expect=OWNER),
    ],
    "documents:source": [Row(at=source, expect=OWNER)],
    "documents:source_edit": [
        Row(at=source, expect=OWNER),
        Row(method="post", at=source, expect="302 404 404 404 422 404 404 404"),
    ],
    "documents:source_act": [
        Row(at=source, expect=POST_ONLY),
        Row(method="post", at=source, data=lambda world: {"action": "pause"}, expect="302 404 404 404 302 404 404 404"),
    ],
    "documents:source_run": [Row(at=check, expect=OWNER)],
    "documents:document": [
        Row(at=document, expect=READERS),
        *(
            Row(at=document, data=lambda world, tab=tab: {"tab": tab}, expect=READERS)
            for tab in ("versions", "lineage", "questions", "personal_data", "access")
        ),
    ],
    "documents:row": [Row(at=document, expect=READERS)],
    "documents:replace": [
        Row(at=document, expect=POST_ONLY),
        Row(method="post", at=document, expect="302 404 404 302 302 404 404 404"),
    ],
    "documents:retry": [
        Row(at=document, expect=POST_ONLY),
        Row(method="post", at=document, expect="302 404 404 302 302 404 404 404"),
    ],
    "documents:recognise": [
        Row(at=document, expect=POST_ONLY),
        Row(method="post", at=document, expect="302 404 404 302 302 404 404 404"),
    ],
    "documents:delete": [
        Row(at=document, expect=POST_ONLY),
        Row(method="post", at=document, expect="302 404 404 404 302 404 404 404"),
    ],
    "documents:document_share": [Row(at=document, expect="302 404 404 404 200 404 404 404")],
    "documents:original": [Row(at=version, expect=READERS)],
    "documents:page_image": [Row(at=page, expect=READERS)],
    "documents:operate": [Row(expect=HOLDERS)],
    "documents:explain": [
        Row(expect=HOLDERS),
        Row(
            method="post",
            data=lambda world: {"question": QUESTION, "person": world.people["reader"].pk},
            expect=HOLDERS,
        ),
    ],
    "documents:held": [Row(expect=HOLDERS)],
    "documents:suggest": [
        Row(expect=POST_ONLY),
        Row(
            method="post",
            data=lambda world: {"collection": world.document.collection_id, "text": "A rule on dogs"},
            expect="302 404 302 302 302 404 404 404",
        ),
    ],
    # Nobody has suggested anything.
    "documents:settle_wish": [
        Row(at=lambda world: {"pk": 1}, expect=POST_ONLY),
        Row(method="post", at=lambda world: {"pk": 1}, expect="302 404 404 404 404 404 404 404"),
    ],
    "documents:quality": [
        Row(at=collection, expect="302 404 404 200 200 404 404 404"),
        Row(at=collection, data=lambda world: {"format": "csv"}, expect="302 404 404 200 200 404 404 404"),
    ],
    "documents:conflict": [
        Row(at=lambda world: {"pk": world.document.pk, "number": 1}, expect=POST_ONLY),
        Row(
            method="post",
            at=lambda world: {"pk": world.document.pk, "number": 1},
            data=lambda world: {"state": "dismissed"},
            expect="302 404 404 404 404 404 404 404",
        ),
    ],
    "documents:release": [
        Row(at=document, expect=POST_ONLY),
        Row(method="post", at=document, expect="302 404 404 404 302 404 404 404"),
    ],
    "documents:passages": [Row(at=document, expect=READERS)],
    "documents:compare": [Row(at=document, data=lambda world: {"older": "1", "newer": "1"}, expect=READERS)],
    "documents:restore": [
        Row(at=version, expect=POST_ONLY),
        Row(method="post", at=version, expect=CONTRIBUTORS_MOVE_ON),
    ],
    "documents:validity": [
        Row(at=version, expect=POST_ONLY),
        Row(method="post", at=version, data=lambda world: {"valid_from": "2026-01-01"}, expect=CONTRIBUTORS_MOVE_ON),
    ],
    "documents:change": [
        Row(at=document, expect="302 404 404 200 200 404 404 404"),
        Row(
            method="post",
            at=document,
            data=lambda world: {"title": "Bands", "filename": "bands.pdf", "folder": "", "tags": "pay"},
            expect=CONTRIBUTORS_MOVE_ON,
        ),
    ],
    "documents:move_many": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, expect=CONTRIBUTORS_MOVE_ON),
    ],
    "documents:tag_many": [
        Row(at=collection, expect=POST_ONLY),
        Row(method="post", at=collection, data=lambda world: {"tags": "pay"}, expect=CONTRIBUTORS_MOVE_ON),
    ],
    "documents:receipts": [Row(expect=SIGNED_IN)],
    "documents:receipt": [Row(at=receipt, expect="302 404 404 404 200 404 404 404")],
    "documents:queue": [Row(expect=OPERATORS), Row(headers=HTMX, expect="204 404 404 404 200 404 404 200")],
    "documents:indexes": [Row(expect=OPERATORS), Row(headers=HTMX, expect="204 404 404 404 200 404 404 200")],
    "documents:index_build": [
        Row(expect=POST_ONLY),
        Row(method="post", data=lambda world: {"target": "1"}, expect="302 404 404 404 422 404 404 422"),
    ],
    "documents:index_compare": [
        Row(at=live_index, expect=POST_ONLY),
        Row(method="post", at=live_index, expect="302 404 404 404 302 404 404 302"),
    ],
    "documents:index_compare_labelled": [
        Row(expect=POST_ONLY),
        Row(method="post", expect="302 404 404 404 422 404 404 422"),
    ],
    "documents:index_advice": [Row(expect=OPERATORS)],
    "documents:index_advise": [
        Row(expect=POST_ONLY),
        Row(method="post", expect="302 404 404 404 302 404 404 302"),
    ],
    "documents:index_cancel": [
        Row(at=live_index, expect=POST_ONLY),
        Row(method="post", at=live_index, expect="302 404 404 404 302 404 404 302"),
    ],
    "documents:index_remove": [
        Row(at=live_index, expect=POST_ONLY),
        # The live index is not removed; who may ask is told so on the page.
        Row(method="post", at=live_index, expect="302 404 404 404 302 404 404 302"),
    ],
    "documents:index_resume": [
        Row(at=live_index, expect=POST_ONLY),
        Row(method="post", at=live_index, expect="302 404 404 404 302 404 404 302"),
    ],
    "documents:index_switch": [
        Row(at=live_index, expect=POST_ONLY),
        Row(method="post", at=live_index, expect="302 404 404 404 302 404 404 302"),
    ],
    "documents:queue_retry": [
        Row(expect=POST_ONLY),
        Row(method="post", data=lambda world: {"group": "none"}, expect="302 404 404 404 302 404 404 302"),
    ],
}

# Who may see the list of each model in the admin; everybody else gets 404, and people without a session sign in.
ADMIN_READERS: dict[str, set[str]] = {
    "accounts_apitoken": {"admin"},
    "accounts_user": {"admin"},
    "auth_group": {"admin"},
    "audit_auditevent": {"auditor", "admin"},
    "chat_answer": {"reviewer"},
    "chat_goldenanswer": {"reviewer"},
    "chat_promptversion": {"admin"},
    "chat_release": {"admin"},
    "chat_rollout": {"admin"},
    "evaluation_escalation": {"reviewer"},
    "evaluation_escalationrule": {"reviewer", "admin"},
    "evaluation_evaluationrun": {"reviewer"},
    "evaluation_probequestion": {"reviewer", "admin"},
    "evaluation_reviewitem": {"reviewer"},
    "evaluation_rule": {"reviewer", "admin"},
    "limits_budget": {"admin"},
    "llm_call": {"admin"},
    "llm_deployment": {"admin"},
    "llm_routestep": {"admin"},
    "webhooks_delivery": {"admin"},
    "webhooks_endpoint": {"admin"},
    "documents_collection": set(),
    "documents_indexversion": set(),
    "documents_ingestionrun": set(),
}
# What changes from one rendering to the next without meaning anything.
_NOISE = re.compile(rb"[A-Za-z0-9]{64}|nonce=\"[^\"]*\"")


@pytest.fixture(autouse=True)
def _nothing_is_launched(monkeypatch):
    """Answers are made in chat's own tests; here only the door is looked at."""

    async def launch(answer_id: UUID) -> None:
        """No task is left running after the test."""

    monkeypatch.setattr(streaming, "launch", launch)


def test_every_route_stands_in_the_table():
    assert set(ROUTES) == set(named_routes())
    assert set(ADMIN_READERS) == admin_models()


@pytest.mark.parametrize("name", ROUTES)
def test_each_role_gets_what_the_table_says(world, name):
    for row in ROUTES[name]:
        with transaction.atomic():
            found = [row.send(world.browser(role), row.url(name, world), world).status_code for role in ROLES]
            transaction.set_rollback(True)

        assert " ".join(map(str, found)) == row.expect, row


@pytest.mark.parametrize("name", [name for name, pattern in named_routes().items() if pattern.pattern.converters])
def test_missing_and_forbidden_look_alike(world, name):
    for row in ROUTES.get(name, []):
        if row.expect.split()[1] != "404":
            continue
        missing = {key: uuid4() if isinstance(value, UUID) else 999_999 for key, value in row.at(world).items()}
        stranger = world.browser("stranger")

        forbidden = row.send(stranger, row.url(name, world), world)
        absent = row.send(stranger, reverse(name, kwargs=missing), world)

        assert forbidden.status_code == absent.status_code == 404
        assert _NOISE.sub(b"", forbidden.content) == _NOISE.sub(b"", absent.content)


# No session opens anything there, so nobody's browser can be used.
FOR_PROGRAMS = ("api:", "api_", "mcp:", "openai:")
WITH_POST = [
    name
    for name, rows in ROUTES.items()
    if not name.startswith(FOR_PROGRAMS) and any(row.method == "post" for row in rows)
]


@pytest.mark.parametrize("name", WITH_POST)
def test_a_post_without_a_token_changes_nothing(world, name):
    client = world.browser("reader")
    client.handler.enforce_csrf_checks = True
    row = next(row for row in ROUTES[name] if row.method == "post")

    assert client.post(row.url(name, world), dict(row.data(world))).status_code == 403
