"""demo, serve and migrate."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.common import explained, note
from bot.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(explained(demo))
    app.command()(explained(serve))
    app.command()(explained(migrate))


def demo(
    reset: Annotated[bool, typer.Option("--reset", help="Forget what was done in the demo and start over.")] = False,
    port: Annotated[int, typer.Option(help="Port on this machine's loopback address.", min=1, max=65535)] = 8765,
    only_reset: Annotated[bool, typer.Option("--only-reset", help="Forget, and do not serve.", hidden=True)] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo is kept.", hidden=True, file_okay=False)] = Path("var") / "demo",
) -> None:
    """Serve a demo company on http://127.0.0.1:8765: 68 people, stories, openings, a guided tour and a movable clock.

    Needs no account and no network. What you do is kept in var/demo until --reset.
    """
    importlib.import_module("adapters.demo").run(reset=reset, port=port, only_reset=only_reset, folder=folder)


def serve(
    host: Annotated[str | None, typer.Option(help="Listen here instead of VINKKI_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Listen here instead of VINKKI_PORT.", min=0, max=65535)] = None,
) -> None:
    """Serve the portal, Slack and Teams (whichever are configured), send what is owed, let time do its work.

    On SQLite the database is created or upgraded first (after a backup); on PostgreSQL run `vinkki migrate` before.
    Stops cleanly on Ctrl-C and SIGTERM. Logs are JSON lines on stderr. Exit code 78: a setting is wrong (the variable is named).
    """
    from adapters import logs, main
    from bot.config import load, require_safe

    given = {"host": host, "port": port}
    config = load(**{name: value for name, value in given.items() if value is not None})
    require_safe(config)
    _require_mail(config)
    logs.configure()
    with main.only_one(config):
        main.prepare_database(config, note)
        from adapters.house import make_house, make_hub

        hub = make_hub(config)
        main.run(make_house(hub, owner=main.owner_of(config)), lambda bound: note(f"Vinkki is at {config.base_url} (listening on {config.host}:{bound})"))


def _require_mail(config: object) -> None:
    from adapters.mail.smtp import server_of
    from bot.config import Config

    assert isinstance(config, Config)
    server_of(config)


def migrate() -> None:
    """Bring the database to the schema of this version. On PostgreSQL run it as the owner: VINKKI_DATABASE_MIGRATION_URL.

    Safe to repeat. On SQLite a backup is made first; there `vinkki serve` also does it by itself.
    """
    from adapters import main
    from bot import migrations
    from bot.config import load

    config = load()
    if config.is_sqlite:
        with main.only_one(config):
            main.prepare_database(config, note)
    else:
        url = config.database_migration_url or config.database_url
        current = migrations.current(url)
        if current and not migrations.knows(current):
            raise ConfigError("the database was made by a newer version of Vinkki; install that version")
        migrations.upgrade(url)
    typer.echo(f"The database is at schema {migrations.head()}.")
