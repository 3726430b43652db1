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
    wrong = sum(f.state == "wrong" for f in findings)
    if not json:
        typer.secho(_sum(wrong, sum(f.state == "missing" for f in findings)), bold=True)
    if wrong:
        raise typer.Exit(CONFIG)


def _sum(wrong: int, missing: int) -> str:
    """The last line: what it comes to."""
    if not wrong and not missing:
        return "All is well."
    parts = [f"{wrong} to put right (!!)"] * bool(wrong) + [f"{missing} not there yet (--), fine if not wanted"] * bool(missing)
    return "; ".join(parts) + "."
