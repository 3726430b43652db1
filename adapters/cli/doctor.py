"""doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.common import CONFIG, as_json, explained

_MARKS = {"good": ("ok", typer.colors.GREEN), "missing": ("--", typer.colors.YELLOW), "wrong": ("!!", typer.colors.RED)}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(explained(doctor))


def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no server outside: look at settings and database only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")] = False,
) -> None:
    """Say in plain words what this installation lacks and how to get it: settings, address, database, people, Slack, Teams, mail, clock.

    Changes nothing. Exit code 78 when something must be put right, 0 otherwise (also when something is merely not connected yet).
    """
    from adapters.doctor import examine
    from bot.config import load

    findings = examine(load(), is_offline=offline)
    if json:
        as_json([{"what": f.what, "state": f.state, "found": f.found, "how": f.how} for f in findings])
    for finding in [] if json else findings:
        mark, colour = _MARKS[finding.state]
        typer.secho(f"{mark} {finding.what}: {finding.found}", fg=colour)
        if finding.how:
            typer.echo(f"   {finding.how}")
    if any(f.state == "wrong" for f in findings):
        raise typer.Exit(CONFIG)
