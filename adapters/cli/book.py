"""ledger: verify the book, and have a bonus explained."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.common import FAILED, as_json, explained, fail, opened, progress
from adapters.cli.plain import plain_lines

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    ledger = typer.Typer(no_args_is_help=True, help="The book of bonuses.")
    ledger.command("verify")(explained(verify))
    ledger.command("explain")(explained(explain))
    app.add_typer(ledger, name="ledger")


def verify(
    noted: Annotated[list[str], typer.Option("--noted", metavar="NUMBER:HASH", help="An entry's hash that you wrote down earlier; may be repeated.")] = [],  # noqa: B006 (typer's way to say: any number of times)
    json: Json = False,
) -> None:
    """Check every row of the ledger against the hash chain, and every account against its rows. Exit code 1 and the first bad row when
    it was tampered with.

    The last line names the newest entry and its hash. Keep it somewhere else: with --noted a later reading proves that everything up to
    that entry is still the same, even against somebody who could rewrite the whole database.
    """
    from bot.desks import operator

    hashes = dict(_noted(text) for text in noted)
    with opened() as o, progress("Ledger"):
        verdict = o.db.read_now(operator.verify_ledger, hashes)
    if verdict.is_sound and hashes and max(hashes) > verdict.entries:
        fail(f"The ledger does not verify: row {max(hashes)} was noted and is not there.")
    if json:
        found = {"entries": verdict.entries, "is_sound": verdict.is_sound, "bad_id": verdict.bad_id, "bad_account": verdict.bad_account}
        as_json({**found, "reason": verdict.reason, "last_hash": verdict.last_hash})
        raise typer.Exit(0 if verdict.is_sound else FAILED)
    if not verdict.is_sound:
        fail(f"The ledger does not verify: {verdict.finding}")
    typer.echo(f"The ledger is sound: {verdict.entries} entries.")
    if verdict.entries:
        typer.echo(f"{verdict.entries}:{verdict.last_hash}")


def explain(
    bonus: Annotated[int, typer.Argument(help="The bonus's number, as HR's lists and the pay-run file show it.", min=1)],
    json: Json = False,
) -> None:
    """Why a bonus is what it is: the rule, every event with its day, every ledger entry, and what comes next. In your language (LC_ALL or LANG)."""
    from bot.desks import bookkeeping

    with opened() as o:
        card, data = o.db.read_now(bookkeeping.explain_bonus, bonus)
    if json:
        as_json(data)
        return
    for line in plain_lines(card):
        typer.echo(line)


def _noted(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    if not (number.isdigit() and len(digest) == 64):
        fail(f"--noted takes NUMBER:HASH as verify printed it, not {text}", 2)
    return int(number), digest
