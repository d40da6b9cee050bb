"""Reasons of moves and conclusions of experiments become texts by language; what was written before stays as it was."""

from django.db import migrations, models


def keep_what_was_said(apps, schema_editor):
    for model, name in (("RolloutMove", "reason"), ("Experiment", "conclusion")):
        rows = apps.get_model("chat", model).objects.exclude(**{name: ""})
        for row in rows.iterator():
            setattr(row, f"{name}_said", {"": getattr(row, name)})
            row.save(update_fields=[f"{name}_said"])


class Migration(migrations.Migration):
    dependencies = [("chat", "0013_golden_answers")]

    operations = [
        migrations.AddField("rolloutmove", "reason_said", models.JSONField(default=dict)),
        migrations.AddField("experiment", "conclusion_said", models.JSONField(default=dict)),
        migrations.RunPython(keep_what_was_said, migrations.RunPython.noop),
        migrations.RemoveField("rolloutmove", "reason"),
        migrations.RemoveField("experiment", "conclusion"),
    ]
