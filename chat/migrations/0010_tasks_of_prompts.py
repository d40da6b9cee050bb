"""The prompts there were are named after their tasks."""

from django.db import migrations
from django.db.models import F


def name_their_tasks(apps, schema_editor):
    apps.get_model("chat", "PromptVersion").objects.filter(name__in=["answer", "rewrite", "title"]).update(
        task=F("name")
    )


class Migration(migrations.Migration):
    dependencies = [("chat", "0009_prompts_releases_experiments")]

    operations = [migrations.RunPython(name_their_tasks, migrations.RunPython.noop)]
