"""Why a canary stands where it stands becomes a text by language; what was written before stays as it was."""

from django.db import migrations, models


def keep_what_was_said(apps, schema_editor):
    for row in apps.get_model("evaluation", "Canary").objects.exclude(because="").iterator():
        row.because_said = {"": row.because}
        row.save(update_fields=["because_said"])


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0018_unaided")]

    operations = [
        migrations.AddField("canary", "because_said", models.JSONField(default=dict)),
        migrations.RunPython(keep_what_was_said, migrations.RunPython.noop),
        migrations.RemoveField("canary", "because"),
    ]
