"""A real Celery worker with beat, on the test database and under keys of its own.

Run as `python -m documents.tests.ingestion.worker FILES_DIR KEY_PREFIX SCHEDULE_FILE`.
"""

import sys
from pathlib import Path

import django
from django.conf import settings

from ragapp.celery import app

if __name__ == "__main__":
    files, prefix, schedule = sys.argv[1:]
    django.setup()
    settings.FILES_DIR = Path(files)
    app.conf.broker_transport_options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, "global_keyprefix": prefix}
    app.conf.beat_schedule = {"requeue": {"task": "documents.tasks.requeue_expired", "schedule": 1.0}}
    app.worker_main(
        ["worker", "-B", "-s", schedule, "-Q", "ingest,default", "-c", "2", "-l", "warning", "-n", f"{prefix}@test"]
    )
