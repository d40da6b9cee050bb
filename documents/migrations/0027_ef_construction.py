from django.db import migrations, models

# As in migration 0009, with what the graph is made with; those that are there keep theirs.
FORWARD = """
DROP FUNCTION create_search_indexes(bigint, int);
CREATE FUNCTION create_search_indexes(index_version bigint, dimensions int, ef_construction int DEFAULT 64) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
BEGIN
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON documents_chunkembedding'
        ' USING hnsw ((embedding::halfvec(%s)) halfvec_cosine_ops) WITH (ef_construction = %s)'
        ' WHERE index_version_id = %s',
        'dense_' || index_version, dimensions, ef_construction, index_version);
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON documents_chunklexemes'
        ' USING gin (lexemes) WITH (fastupdate = off) WHERE index_version_id = %s',
        'lexical_' || index_version, index_version);
END $$;
"""
BACK = """
DROP FUNCTION create_search_indexes(bigint, int, int);
CREATE FUNCTION create_search_indexes(index_version bigint, dimensions int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
BEGIN
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON documents_chunkembedding'
        ' USING hnsw ((embedding::halfvec(%s)) halfvec_cosine_ops) WHERE index_version_id = %s',
        'dense_' || index_version, dimensions, index_version);
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON documents_chunklexemes'
        ' USING gin (lexemes) WITH (fastupdate = off) WHERE index_version_id = %s',
        'lexical_' || index_version, index_version);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0026_namesakes")]
    operations = [
        migrations.AddField(
            model_name="indexversion",
            name="ef_construction",
            field=models.PositiveSmallIntegerField(default=64),
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
