"""Append-only tables: triggers refuse UPDATE and DELETE on both databases."""

from __future__ import annotations

from alembic import op

APPEND_ONLY = ("auditentry", "ledgerentry", "payrunfile")


def append_only(tables: tuple[str, ...] = APPEND_ONLY) -> None:
    """Create the triggers. SQLite also needs recursive_triggers=ON (bot/db.py), or INSERT OR REPLACE goes past them."""
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for deed in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")
        return
    op.execute(
        "CREATE FUNCTION vinkki_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION vinkki_append_only()"
        )
