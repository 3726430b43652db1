"""payroll, and teams package."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.common import as_json, explained, fail, opened, words

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    payroll = typer.Typer(no_args_is_help=True, help="Pay runs.")
    payroll.command("export")(explained(export))
    payroll.command("reconcile")(explained(reconcile))
    app.add_typer(payroll, name="payroll")
    teams = typer.Typer(no_args_is_help=True, help="Microsoft Teams.")
    teams.command("package")(explained(package))
    app.add_typer(teams, name="teams")


def export(
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="Whose pay run it is: somebody with the role payroll.")] = "",
    run: Annotated[int, typer.Option("--run", help="Write the file of this earlier run again, byte for byte.")] = 0,
    currency: Annotated[str, typer.Option(help="Currency of the run; VINKKI_CURRENCY if left out.")] = "",
    form: Annotated[str, typer.Option("--format", help="csv or xlsx; both are stored when a run is closed.")] = "csv",
    out: Annotated[Path, typer.Option("--out", help="Folder to write the file into.", file_okay=False)] = Path(),
    json: Json = False,
) -> None:
    """Close a pay run over every approved bonus and write its file; or with --run write an earlier run's file again.

    A closed run never changes: the same bytes come out each time.
    """
    from bot.desks import operator

    if not run and not by:
        fail("Say whose pay run it is with --by EMAIL, or which earlier one with --run NUMBER.", 2)
    if form not in ("csv", "xlsx"):
        fail("--format is csv or xlsx.", 2)
    with opened() as o:
        if run:
            closed, content = o.db.write_now(operator.pay_run_file, o.now, run, form)
        else:
            closed, content = o.db.write_now(operator.close_pay_run, o.now, by, currency or o.config.currency, form)
        total = closed.total
    out.mkdir(parents=True, exist_ok=True)
    file = out / closed.file_name(form)
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
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
    else:
        typer.echo(f"Pay run {closed.number}: {closed.bonus_count} bonuses, {total.decimal} {total.currency}, in {file}")


def reconcile(
    run: Annotated[int, typer.Option("--run", help="One run; all of them if left out.")] = 0,
    json: Json = False,
) -> None:
    """Compare what was approved, exported, paid and posted. Exit code 1 where something differs that must not."""
    from bot.desks import operator
    from bot.desks.hr.payruns import difference_words
    from bot.messages import say

    with opened() as o:
        found = o.db.read_now(operator.reconciliation, run)
    if json:
        as_json([{"currency": r.currency, "run": r.run.number if r.run else None, "is_sound": r.is_sound,
                  "sums": {s.name: {"total": str(s.money.decimal), "bonuses": s.count} for s in r.sums},
                  "differences": [{"kind": d.kind, "run": d.run, "bonus": d.bonus_id, "amount": str(d.money.decimal)} for d in r.differences]}
                 for r in found])  # fmt: skip
    else:
        for r in found:
            for s in r.sums:
                typer.echo(f"{words(say(f'payruns.sums.{s.name}'))}: {words(say('payruns.sum_of', money=s.money, count=s.count))}")
            for d in r.differences:
                typer.echo(f"- {words(difference_words(d))}")
    if not all(r.is_sound for r in found):
        fail(words(say("payruns.unsound")))


def package(
    out: Annotated[Path, typer.Option("--out", help="The zip file to write, or a folder to put it in.")] = Path("vinkki-teams.zip"),
) -> None:
    """Write the Teams app package: upload it in the Teams admin centre (docs/connect-teams.md). Needs VINKKI_TEAMS_APP_ID and VINKKI_BASE_URL."""
    from bot.config import load

    config = load()
    written = importlib.import_module("adapters.teams.package").write(config, out)
    typer.echo(f"{written} is ready to be uploaded.")
