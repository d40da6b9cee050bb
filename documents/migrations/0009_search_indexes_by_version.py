from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations

# The role that serves requests may not create indexes; these functions, which belong to the owner, may. They wait for
# a lock only briefly, since whoever comes after them waits as well: the caller tries again.
FUNCTIONS = """
DROP FUNCTION create_dense_index(bigint, int);
DROP FUNCTION drop_dense_index(bigint);
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
CREATE FUNCTION drop_search_indexes(index_version bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
BEGIN
    EXECUTE format('DROP INDEX IF EXISTS %I', 'dense_' || index_version);
    EXECUTE format('DROP INDEX IF EXISTS %I', 'lexical_' || index_version);
END $$;
CREATE FUNCTION analyze_search_tables() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE documents_chunk, documents_chunkembedding, documents_chunklexemes;
END $$;
"""
BACK = """
DROP FUNCTION create_search_indexes(bigint, int);
DROP FUNCTION drop_search_indexes(bigint);
DROP FUNCTION analyze_search_tables();
CREATE FUNCTION create_dense_index(index_version bigint, dimensions int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON documents_chunkembedding'
        ' USING hnsw ((embedding::halfvec(%s)) halfvec_cosine_ops) WHERE index_version_id = %s',
        'dense_' || index_version, dimensions, index_version);
END $$;
CREATE FUNCTION drop_dense_index(index_version bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('DROP INDEX IF EXISTS %I', 'dense_' || index_version);
END $$;
"""


def make_for_existing_versions(apps, schema_editor):
    """What is there already gets its indexes without stopping anybody: this role may build them concurrently."""
    for index in apps.get_model("documents", "IndexVersion").objects.all():
        schema_editor.execute(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS dense_{index.pk:d} ON documents_chunkembedding"
            f" USING hnsw ((embedding::halfvec({index.dimensions:d})) halfvec_cosine_ops)"
            f" WHERE index_version_id = {index.pk:d}"
        )
        schema_editor.execute(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS lexical_{index.pk:d} ON documents_chunklexemes"
            f" USING gin (lexemes) WITH (fastupdate = off) WHERE index_version_id = {index.pk:d}"
        )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("documents", "0008_index_builds")]
    operations = [
        migrations.RunSQL(FUNCTIONS, BACK),
        migrations.RunPython(make_for_existing_versions, migrations.RunPython.noop),
        RemoveIndexConcurrently("chunklexemes", "chunks_by_lexeme"),
    ]
