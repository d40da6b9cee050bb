"""The roles and the database inside the embedded cluster, and the URLs that lead to them.

The owner migrates and may create test databases; the application reads and writes rows and changes no schema.
"""

import psycopg
from psycopg import sql

from ragapp.embedded import keys
from ragapp.embedded.places import Places

SUPERUSER = "postgres"
OWNER = "ragapp_owner"
APPLICATION = "ragapp_app"
DATABASE = "ragapp"
ROW_RIGHTS = {"TABLES": "SELECT, INSERT, UPDATE, DELETE", "SEQUENCES": "SELECT, USAGE"}


def url(places: Places, role: str) -> str:
    """The connection URL of a role; passwords are URL-safe by construction."""
    return f"postgresql://{role}:{password(places, role)}@/{DATABASE}?host={places.database_sockets}"


def password(places: Places, role: str) -> str:
    """The role's password, made at random the first time."""
    return keys.kept(places.secrets, f"{role}_password")


def has_password(places: Places, role: str) -> bool:
    """Whether the role's password was made before and is still here."""
    return (places.secrets / f"{role}_password").exists()


def create(places: Places) -> None:
    """Roles, extension and database; may run again after a start that was cut off.

    Extension and default rights go into template1, so that test databases have them too.
    """
    with psycopg.connect(
        dbname="template1",
        host=str(places.database_sockets),
        user=SUPERUSER,
        password=password(places, SUPERUSER),
        autocommit=True,
    ) as connection:
        _create_role(connection, OWNER, "CREATEDB", password(places, OWNER))
        _create_role(connection, APPLICATION, "NOCREATEDB", password(places, APPLICATION))
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        for objects, rights in ROW_RIGHTS.items():
            grant = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} ON {} TO {}")
            connection.execute(
                grant.format(sql.Identifier(OWNER), sql.SQL(rights), sql.SQL(objects), sql.Identifier(APPLICATION))
            )
        name = sql.Identifier(DATABASE)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(OWNER)))
        connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(name))


def _create_role(connection: psycopg.Connection, role: str, right: str, secret: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    change = sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEROLE {} PASSWORD {}")
    connection.execute(change.format(sql.Identifier(role), sql.SQL(right), sql.Literal(secret)))
