import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

INDEX_ROWS = ("chunkembedding", "chunklexemes")


def version(**fields: bool) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="documents.documentversion", **fields
    )


class Migration(migrations.Migration):
    dependencies = [("documents", "0005_index_versions_side_by_side")]
    operations = [
        migrations.AddField(
            "document",
            "tags",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField("documentversion", "valid_to", models.DateField(blank=True, null=True)),
        *(migrations.AddField(model, "version", version(null=True)) for model in INDEX_ROWS),
        *(
            migrations.RunSQL(
                # The new foreign key is checked here and not at the end: the table is altered next.
                f"""
                SET CONSTRAINTS ALL IMMEDIATE;
                UPDATE documents_{model} AS row SET version_id = chunk.version_id
                FROM documents_chunk AS chunk WHERE chunk.id = row.chunk_id
                """,  # noqa: S608 - names of our own tables
                migrations.RunSQL.noop,
            )
            for model in INDEX_ROWS
        ),
        *(migrations.AlterField(model, "version", version()) for model in INDEX_ROWS),
    ]
