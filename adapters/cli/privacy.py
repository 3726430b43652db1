"""privacy: what is kept about people, everything about one of them, and having them erased."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.common import ASKS, as_json, explained, note, opened, words

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address. A candidate who gave none is found by phone number.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    privacy = typer.Typer(no_args_is_help=True, help="What is kept about people, and the rights they have over it.")
    privacy.command("report")(explained(report))
    privacy.command("export")(explained(export))
    privacy.command("erase")(explained(erase))
    app.add_typer(privacy, name="privacy")


def report(json: Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")] = False) -> None:
    """What is kept about whom, why, until when, and what the last 30 days erased. Numbers only: it names nobody.

    Exit code 1 when somebody's details should have gone more than a day ago: then the server's clock has not run.
    """
    from bot.desks import privacy_report as desk
    from bot.messages import say

    with opened() as o:
        found = o.db.read_now(desk.report, o.deployment, o.now)
    if json:
        as_json(found)
    else:
        typer.echo(words(say("retention.report.title")).upper())
        for line in found.lines:
            typer.echo(f"{words(say(f'retention.report.{line.name}'))}: {words(desk.why(line))}")
        ran = ", ".join(words(say(f"retention.report.ran_{name}", count=count)) for name, count in found.ran.items())
        typer.echo(f"{words(say('retention.report.ran'))}: {ran}")
        if found.overdue:
            note(words(say("retention.report.overdue", count=found.overdue)))
    if found.overdue:
        raise typer.Exit(1)


def export(email: Email, out: Annotated[Path | None, typer.Option("--out", dir_okay=False, help="Write to this new file.")] = None) -> None:
    """Everything kept about whoever has this address (GDPR articles 15 and 20), as one JSON document: colleague, candidate, or both."""
    from bot.desks import privacy_report as desk

    with opened() as o:
        found = o.db.read_now(desk.everything_about, o.deployment, email)
    if out is None:
        as_json(found)
        return
    from adapters.cli.common import json_text

    with open(out, "x", encoding="utf-8", opener=_for_ourselves) as file:  # never over another file
        file.write(json_text(found))
    typer.echo(f"Written: {out}")


def _for_ourselves(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def erase(email: Email, yes: Annotated[bool, typer.Option("--yes", help="They asked for it, and it was them: erase.")] = False) -> None:
    """Erase whoever has this address, as they asked: name, address, accounts, words, a candidate's details and CV go at once.

    Amounts, days and counts stay without a name. Where a bonus still waits for a colleague's entry, they are out of the programme at
    once and the rest goes by itself when it is settled. Without --yes nothing is done (exit code 3). HR does the same in the admin
    desk, people themselves in their settings, candidates on their own page.
    """
    from bot.desks import operator

    if not yes:
        note(f"This cannot be undone. To erase {email}, run it again with --yes.")
        raise typer.Exit(ASKS)
    with opened() as o:
        is_done = o.db.write_now(operator.erase, o.deployment, o.now, email)
    typer.echo("Erased." if is_done else "Out of the programme now. Name, address and accounts are erased by themselves once no bonus waits for them.")
