"""The command line `vinkki`: every command in a file with its kin; heavy parts are imported by the command that needs them."""

from __future__ import annotations

import typer

from adapters.cli import book, copies, data, doctor, money, privacy, running

app = typer.Typer(
    name="vinkki",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=(
        "Employee advocacy and referrals for Slack, Microsoft Teams and the browser.\n\n"
        "Try it with [bold]vinkki demo[/bold]. To install it: write the settings into the environment or a .env file, ask "
        "[bold]vinkki doctor[/bold] what is missing, import people, then [bold]vinkki serve[/bold].\n\n"
        "Exit codes: 0 done, 1 refused or failed, 2 the command line cannot be read, 3 stopped to ask (see --help), 78 a setting is wrong."
    ),
    rich_markup_mode="rich",
    epilog="Settings are documented in docs/configuration.md.",
)
for part in (running, doctor, data, privacy, book, money, copies):
    part.add_to(app)

__all__ = ["app"]
