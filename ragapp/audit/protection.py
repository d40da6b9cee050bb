"""The database itself refuses to change audit rows; see also the triggers in the migrations."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from psycopg import sql

TABLES = ("audit_auditevent", "audit_auditseal")
SEQUENCES = (
    "REVOKE UPDATE ON SEQUENCE audit_auditevent_id_seq, audit_auditseal_id_seq FROM {}",
    "ALTER DEFAULT PRIVILEGES REVOKE UPDATE ON SEQUENCES FROM {}",
)


def revoke_changes(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """After migrations run by the owner, the role that serves requests may only read and insert."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)",
            [settings.DATABASE_APP_ROLE],
        )
        me, exists = cursor.fetchone()
        if not exists or me == settings.DATABASE_APP_ROLE:
            return
        for table in TABLES:
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}")
                .format(sql.Identifier(table), sql.Identifier(settings.DATABASE_APP_ROLE))
                .as_string(cursor.connection)
            )
        # Whoever may set a sequence could have the next events refused. Inserting takes USAGE only.
        for statement in SEQUENCES:
            cursor.execute(
                sql.SQL(statement).format(sql.Identifier(settings.DATABASE_APP_ROLE)).as_string(cursor.connection)
            )
