"""Before the first release there is one revision, written anew from the models: `make revision`."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path

from alembic import command

from bot.migrations import HERE, alembic_config


def main() -> None:
    """Replace versions/0001_first.py by what the models say, and add the append-only triggers."""
    importlib.import_module("bot.migrations.tables")  # a model that cannot be read leaves the old revision in place
    for old in (HERE / "versions").glob("*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        command.revision(alembic_config(f"sqlite:///{folder}/empty.db"), "The first schema", autogenerate=True, rev_id="0001")
    (made,) = (HERE / "versions").glob("*.py")
    text = made.read_text(encoding="utf-8")
    text = (
        text.replace("UtcDateTime(timezone=True)", "UtcDateTime()")
        .replace("sqlmodel.sql.sqltypes.AutoString(", "sa.String(")
        .replace("import sqlmodel\n", "")
        .replace("import bot.db\n", "import bot.db\nfrom bot.migrations.triggers import append_only\n")
        .replace("    # ### end Alembic commands ###\n\n\ndef downgrade", "    # ### end Alembic commands ###\n    append_only()\n\n\ndef downgrade")
    )
    made.unlink()
    Path(HERE / "versions" / "v0001_first.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
