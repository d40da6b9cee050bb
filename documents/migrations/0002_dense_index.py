from django.db import migrations

# The role that serves requests may not create indexes; this function, which belongs to the owner, may.
CREATE = """
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
DROP = "DROP FUNCTION drop_dense_index(bigint); DROP FUNCTION create_dense_index(bigint, int);"


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
