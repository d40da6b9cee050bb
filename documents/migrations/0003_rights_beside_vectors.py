import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_dense_index")]
    operations = [
        migrations.AddField("indexversion", "languages", models.JSONField(default=dict)),
        *(
            migrations.AddField(
                model,
                "document",
                # No index row exists before this migration, so the default is never stored.
                models.ForeignKey(
                    default=uuid.UUID(int=0),
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="documents.document",
                ),
                preserve_default=False,
            )
            for model in ("chunkembedding", "chunklexemes")
        ),
    ]
