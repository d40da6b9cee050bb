"""Files attached to a conversation, and the day as of which a question is asked."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_shares"), ("documents", "0022_private_collections")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="files",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="conversation",
                to="documents.collection",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="as_of",
            field=models.DateField(blank=True, null=True),
        ),
    ]
