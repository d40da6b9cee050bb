#!/bin/sh
# Runs in the database container once, when its folder is empty: the roles, the database and its extension.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres --dbname postgres \
    -v owner_password="$(cat /run/secrets/owner_password)" \
    -v application_password="$(cat /run/secrets/application_password)" <<'SQL'
CREATE ROLE ragapp_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE ragapp_app LOGIN PASSWORD :'application_password';
CREATE DATABASE ragapp OWNER ragapp_owner;
REVOKE TEMPORARY ON DATABASE ragapp FROM PUBLIC;
\connect ragapp
CREATE EXTENSION vector;
ALTER DEFAULT PRIVILEGES FOR ROLE ragapp_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ragapp_app;
ALTER DEFAULT PRIVILEGES FOR ROLE ragapp_owner GRANT SELECT, USAGE ON SEQUENCES TO ragapp_app;
SQL
