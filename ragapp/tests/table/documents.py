"""Rows of documents."""

from ragapp.tests.table.rows import (
    CONTRIBUTORS_MOVE_ON,
    HOLDERS,
    HTMX,
    OPERATORS,
    OWNER,
    POST_ONLY,
    READERS,
    SIGNED_IN,
    Row,
    check,
    collection,
    document,
    live_index,
    page,
    receipt,
    source,
    version,
)
from ragapp.tests.world import QUESTION

ROUTES: dict[str, list[Row]] = {
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
