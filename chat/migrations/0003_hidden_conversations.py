"""Conversations that were asked from the shell are not shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_initial")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="is_hidden",
            field=models.BooleanField(default=False),
        )
    ]
