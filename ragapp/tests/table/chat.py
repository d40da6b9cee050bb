"""Rows of chat."""

from ragapp.tests.table.rows import (
    ASKER,
    ASKER_IN_FRAGMENT,
    ASKER_MOVES_ON,
    HTMX,
    POST_ONLY,
    SIGNED_IN,
    Row,
    answer,
    conversation,
    link,
    marker,
    turn,
)

ROUTES: dict[str, list[Row]] = {
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
}
