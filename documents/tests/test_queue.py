"""The queue page: figures for operators, names only for readers, another try where it can help."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from documents import queue, reading_again, uploads
from documents.models import Collection, IngestionRun
from documents.uploads import UploadRefused
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

State, Stage = IngestionRun.State, IngestionRun.Stage
DAMAGED = "The file is damaged and cannot be opened."


@pytest.fixture
def runs(collection: Callable[..., Collection], owner: User, queued: list[int]) -> list[IngestionRun]:
    """Six uploads of `owner`'s: two embedding failures, one damaged, one held, one ready, one waiting."""
    shared = collection(owners=[owner])
    made = [
        uploads.accept(shared, name=f"secret-{n}.md", content=f"Rule number {n}.".encode(), by=owner).version.run
        for n in range(6)
    ]
    queued.clear()
    now = timezone.now()
    for run, fields in zip(
        made,
        (
            {"state": State.FAILED, "stage": Stage.EMBED, "failure": "The model is away.", "finished_at": now},
            {"state": State.FAILED, "stage": Stage.EMBED, "failure": "The model is away.", "finished_at": now},
            {"state": State.FAILED, "stage": Stage.PARSE, "failure": DAMAGED, "finished_at": now},
            {"state": State.HELD},
            {"state": State.READY, "stage_ms": {"parse": 500, "embed": 1500}, "finished_at": now},
            {"queued_at": now - timedelta(hours=2)},
        ),
        strict=True,
    ):
        IngestionRun.objects.filter(pk=run.pk).update(**fields)
    return made


def test_the_figures_say_how_much_waits_and_for_how_long(runs: list[IngestionRun]) -> None:
    depth = queue.depth(now=timezone.now())

    assert depth.by_state == {"queued": 1, "running": 0, "ready": 1, "failed": 3, "held": 1}
    assert (depth.done_last_hour, depth.done_last_day) == (4, 4)
    assert depth.oldest_waiting_at is not None
    assert depth.oldest_waiting_at < timezone.now() - timedelta(hours=1)
    assert (depth.seconds_each, depth.seconds_left) == (2.0, 2.0)


def test_failures_are_grouped_by_reason_and_named_for_readers_only(
    runs: list[IngestionRun], owner: User, admin: User
) -> None:
    away, damaged = queue.failures(reader=owner)

    assert (away.reason, away.runs, away.may_be_retried) == ("The model is away.", 2, True)
    assert (damaged.reason, damaged.runs, damaged.may_be_retried) == (DAMAGED, 1, False)
    assert [item.title for item in damaged.items] == ["secret-2"]
    assert [item.title for group in queue.failures(reader=admin) for item in group.items] == [None] * 3


def test_an_operator_reads_no_name_on_the_page(
    runs: list[IngestionRun], owner: User, admin: User, reviewer: User, client_for: Callable[[Any], Client]
) -> None:
    url = reverse("documents:queue")
    IngestionRun.objects.filter(pk=runs[5].pk).update(
        state=State.RUNNING, worker="w", heartbeat_at=timezone.now(), lease_until=timezone.now()
    )

    mine, others = (client_for(person).get(url).content.decode() for person in (owner, admin))

    assert "secret-0" in mine
    assert "secret-5" in mine
    assert "secret" not in others
    assert "A document you may not read" in others
    assert client_for(reviewer).get(url).status_code == 404
    assert b"secret" not in client_for(admin).get(url, HTTP_HX_REQUEST="true").content


def test_a_group_or_some_of_it_are_tried_again_where_that_can_help(
    runs: list[IngestionRun], admin: User, client_for: Callable[[Any], Client], queued: list[int]
) -> None:
    client, url = client_for(admin), reverse("documents:queue_retry")
    damaged = next(group for group in queue.failures(reader=admin) if group.reason == DAMAGED)

    client.post(url, {"runs": [runs[0].pk, runs[2].pk, "x"]})
    assert queued == [runs[0].version_id]
    client.post(url, {"group": damaged.key})
    assert queued == [runs[0].version_id]
    client.post(url, {"group": queue.failures(reader=admin)[0].key})
    assert queued == [runs[0].version_id, runs[1].version_id]

    again = IngestionRun.objects.get(pk=runs[1].pk)
    assert (again.state, again.stage, again.failure) == (State.QUEUED, Stage.EMBED, "")
    assert IngestionRun.objects.get(pk=runs[2].pk).state == State.FAILED
    assert AuditEvent.objects.filter(event="ingestion_retried").count() == 2


def test_a_hopeless_file_is_not_tried_again_by_its_contributor_either(
    runs: list[IngestionRun], owner: User, client_for: Callable[[Any], Client], queued: list[int]
) -> None:
    with pytest.raises(UploadRefused, match="would end the same way"):
        reading_again.retry(runs[2].version, by=owner)

    page = client_for(owner).post(reverse("documents:retry", args=[runs[2].version.document_id]), follow=True)

    assert "Another try would end the same way" in page.content.decode()
    assert queued == []


def test_the_list_of_operation_pages_is_for_operators(
    owner: User, admin: User, reader: User, client_for: Callable[[Any], Client]
) -> None:
    url = reverse("documents:operate")

    assert reverse("documents:queue") in client_for(admin).get(url).content.decode()
    assert client_for(owner).get(url).status_code == 200
    assert client_for(reader).get(url).status_code == 404
