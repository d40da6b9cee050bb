"""Background work on messages: each task takes an id, makes one call and may run twice."""

from __future__ import annotations

from ragapp.queues import quick_task


@quick_task
def deliver(delivery_id: int) -> None:
    """One try."""
    # Here, since those who queue this work are what it calls.
    from ragapp.webhooks import sending

    sending.deliver(delivery_id)


@quick_task
def deliver_due() -> None:
    """Hint at messages whose next try is due, and forget old ones."""
    from ragapp.webhooks import sending

    for delivery_id in sending.due():
        deliver.delay_on_commit(delivery_id)
    sending.forget_old()
