#!/bin/sh
# Run once by PostgreSQL's image: the role that serves. It owns nothing, so append-only triggers bind it too.
set -eu
psql --set=password="$(cat /run/secrets/serving_password)" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE vinkki_serving LOGIN PASSWORD :'password';
GRANT USAGE ON SCHEMA public TO vinkki_serving;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO vinkki_serving;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO vinkki_serving;
SQL
