import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0024_keeps_answers'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChunkMeanings',
            fields=[
                ('chunk', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='meanings', serialize=False, to='documents.chunk')),
                ('made_by', models.CharField(blank=True, max_length=200)),
                ('hashes', models.BinaryField(default=bytes)),
                ('vectors', models.BinaryField(default=bytes)),
            ],
            options={
                'indexes': [models.Index(fields=['made_by', 'chunk'], name='meanings_to_make')],
            },
        ),
        migrations.RunSQL(
            'ALTER TABLE documents_chunkmeanings ALTER COLUMN hashes SET STORAGE EXTERNAL, ALTER COLUMN vectors SET STORAGE EXTERNAL',
            migrations.RunSQL.noop,
        ),
        # What is there already waits for the background as what comes does.
        migrations.RunSQL(
            "INSERT INTO documents_chunkmeanings (chunk_id, made_by, hashes, vectors) SELECT id, '', '', '' FROM documents_chunk",
            migrations.RunSQL.noop,
        ),
    ]
