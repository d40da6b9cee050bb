"""The test database after a test that committed: as it was made.

Django empties every table, whatever is in it, and makes all permissions and content types anew: most of the time that
a short test takes. Here only what holds rows is emptied, those two stay, and the release that every site has is back.
"""

from django.db import connection, transaction

from chat import releases
from documents.indexes import search_indexes
from documents.models import IndexVersion
from ragapp.audit import protection

# Rows of these cannot be deleted one by one.
APPEND_ONLY = frozenset({*protection.TABLES, "llm_call"})
KEPT = frozenset({"django_migrations", "django_content_type", "auth_permission"})


def empty() -> None:
    """No row is left, no search index of a version that is gone, and the shipped release answers."""
    for index in IndexVersion.objects.all():
        search_indexes.drop(index)
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables))
        full = {name for (name,) in cursor.fetchall()}
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for name in full:
            cursor.execute(f"TRUNCATE {name}" if name in APPEND_ONLY else f"DELETE FROM {name}")
    releases.ensure_shipped()
