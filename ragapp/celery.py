"""The Celery application: queues by kind of work, and the beat schedule as one table.

PostgreSQL rows are the truth about work to do; a message here is only a hint that a sweeper can repeat.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragapp.settings")

app = Celery("ragapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
