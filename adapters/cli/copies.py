"""backup and restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.common import as_json, explained, progress

Folder = Annotated[Path, typer.Argument(metavar="DIR", file_okay=False)]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(explained(backup))
    app.command()(explained(restore))


def backup(folder: Folder, json: Annotated[bool, typer.Option("--json", help="Print the manifest.")] = False) -> None:
    """Copy the database into the new folder DIR while the server goes on, and check the copy: integrity, ledger, checksum.

    Keep VINKKI_SECRET_KEY somewhere else: it is not in the backup, and without it names and tokens in it are lost.
    """
    from adapters import copies
    from bot.config import load

    with progress("Backup"):
        manifest = copies.backup(load(), folder)
    if json:
        as_json(manifest)
    else:
        typer.echo(f"Backed up and checked: {folder} ({manifest.size / 1e6:.1f} MB, schema {manifest.schema}).")


def restore(folder: Folder) -> None:
    """Check the backup in DIR and put it in the place of an absent database. Nothing is ever overwritten; stop the server first."""
    from adapters import copies, main
    from bot.config import load

    config = load()
    with main.only_one(config), progress("Restore"):
        manifest = copies.restore(config, folder)
    typer.echo(f"Restored the backup of {manifest.made_at} and checked it. Start the server with: vinkki serve")
