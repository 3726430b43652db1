"""payroll, and teams package."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.common import as_json, explained, fail, opened

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    payroll = typer.Typer(no_args_is_help=True, help="Pay runs.")
    payroll.command("export")(explained(export))
    app.add_typer(payroll, name="payroll")
    teams = typer.Typer(no_args_is_help=True, help="Microsoft Teams.")
    teams.command("package")(explained(package))
    app.add_typer(teams, name="teams")


def export(
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="Whose pay run it is: somebody with the role payroll.")] = "",
    run: Annotated[int, typer.Option("--run", help="Write the file of this earlier run again, byte for byte.")] = 0,
    currency: Annotated[str, typer.Option(help="Currency of the run; VINKKI_CURRENCY if left out.")] = "",
    out: Annotated[Path, typer.Option("--out", help="Folder to write the file into.", file_okay=False)] = Path(),
    json: Json = False,
) -> None:
    """Close a pay run over every approved bonus and write its CSV file; or with --run write an earlier run's file again.

    A closed run never changes: the same bytes come out each time.
    """
    from bot.desks import operator

    if not run and not by:
        fail("Say whose pay run it is with --by EMAIL, or which earlier one with --run NUMBER.", 2)
    with opened() as o:
        if run:
            closed, content = o.db.read_now(operator.pay_run_file, run)
        else:
            closed, content = o.db.write_now(operator.close_pay_run, o.now, by, currency or o.config.currency)
        total = closed.total
    out.mkdir(parents=True, exist_ok=True)
    file = out / closed.file_name
    if file.exists() and file.read_bytes() != content:
        fail(f"{file} is there already and differs; nothing was overwritten.")
    file.write_bytes(content)
    if json:
        as_json(
            {
                "run": closed.number,
                "file": str(file),
                "bonuses": closed.bonus_count,
                "total": str(total.decimal),
                "currency": total.currency,
                "sha256": closed.sha256,
            }
        )
    else:
        typer.echo(f"Pay run {closed.number}: {closed.bonus_count} bonuses, {total.decimal} {total.currency}, in {file}")


def package(
    out: Annotated[Path, typer.Option("--out", help="The zip file to write, or a folder to put it in.")] = Path("vinkki-teams.zip"),
) -> None:
    """Write the Teams app package: upload it in the Teams admin centre (docs/connect-teams.md). Needs VINKKI_TEAMS_APP_ID and VINKKI_BASE_URL."""
    from bot.config import load

    config = load()
    written = importlib.import_module("adapters.teams.package").write(config, out)
    typer.echo(f"{written} is ready to be uploaded.")
