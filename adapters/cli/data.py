"""people, sign-in-link, openings, stories: what comes in from outside."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.cli.common import ASKS, FAILED, as_json, count_lines, explained, note, opened, print_refused, progress, refused_json, words

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE.csv")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    people = typer.Typer(no_args_is_help=True, help="The directory: who is here, who holds a role.")
    people.command("import")(explained(import_people))
    people.command("role")(explained(give_role))
    people.command("welcome")(explained(welcome_back))
    app.add_typer(people, name="people")
    app.command("sign-in-link")(explained(make_sign_in_link))
    openings = typer.Typer(no_args_is_help=True, help="Openings that can be referred for.")
    openings.command("import")(explained(import_openings))
    app.add_typer(openings, name="openings")
    stories = typer.Typer(no_args_is_help=True, help="Stories that can be shared.")
    stories.command("import")(explained(import_stories))
    app.add_typer(stories, name="stories")


def import_people(
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    allow_leavers: Annotated[bool, typer.Option("--allow-leavers", help="Go on although many people would become leavers.")] = False,
    json: Json = False,
) -> None:
    """Read the people file: everybody who is here now. Reading it twice changes nothing.

    Columns: email, name, locale, time_zone, department, location, country, subdivision, manager_email, roles, kind
    (employee|contractor|alumna|stakeholder), start_on, notice_on, end_on; email and name must be there. Days are written 2026-08-31.
    Employees who are missing from the file become leavers;
    when that would be more than a tenth (HR can change it), the import stops with exit code 3 and asks for --allow-leavers.
    A line that cannot be taken is reported with its number and reason, and nothing of it is kept.
    """
    from bot.desks import operator

    with opened() as o, progress("People", count_lines(file)) as done, file.open("rb") as lines:
        report = operator.import_people(o.db, o.deployment, o.now, lines, dry_run=dry_run, allow_retire=allow_leavers, progress=done)
    if json:
        counts = {n: getattr(report, n) for n in ("lines", "joined", "changed", "unchanged", "leavers", "leaver_percent", "is_dry_run", "needs_consent")}
        as_json(counts | {"refused": refused_json(report.refused)})
    else:
        _say_counts(report, is_done=not (dry_run or report.needs_consent))
        _say_refused(report.refused)
    if report.needs_consent and not dry_run:
        note(f"Nothing was done: {report.leaver_percent} % would leave. If that is right, run it again with --allow-leavers.")
        raise typer.Exit(ASKS)
    _leave(report.refused)


def give_role(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    role: Annotated[str, typer.Argument(metavar="ROLE", help="hr, curator, recruiter, payroll or executive.")],
) -> None:
    """Give somebody in the directory a role. The first administrator gets `hr` this way; HR gives the others in the admin desk."""
    from bot.desks import operator

    with opened() as o:
        new = o.db.write_now(operator.give_role, o.now, email, role)
    typer.echo(f"{email} now holds the role {role}." if new else f"{email} held the role {role} already.")


def welcome_back(email: Annotated[str, typer.Argument(metavar="EMAIL")]) -> None:
    """Somebody who had asked to be erased wants to come back: the people file may bring them again."""
    from bot.desks import operator

    with opened() as o:
        known = o.db.write_now(operator.welcome, o.deployment, email)
    typer.echo(f"{email} may come back with the next people file." if known else f"{email} never asked to be erased.")


def make_sign_in_link(email: Annotated[str, typer.Argument(metavar="EMAIL")]) -> None:
    """Print a one-time link that signs somebody in to the portal: where there is no mail server yet. Valid for 20 minutes.

    Beside it (on stderr) stands the number that the link's page shows, for them to compare.
    """
    from datetime import UTC, datetime

    from bot.desks import views
    from bot.desks.front import sign_in_link

    with opened() as o:
        link = o.db.write_now(sign_in_link, o.deployment, email, datetime.now(UTC))
    typer.echo(link)
    note(f"It signs in once, within 20 minutes. The page behind it shows {views.sign_in_code(link.rpartition('/')[2])}.")


def import_openings(
    source: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="A CSV file, or the address of a job board.")],
    json: Json = False,
) -> None:
    """Read openings from the applicant tracking system's CSV file, or from a job board by its address. Reading twice changes nothing.

    Columns of a file: requisition_id (which tells openings apart), title, department, location, country, language,
    hiring_manager_email, recruiter_email, plan, open_until, is_open, description, link.
    A job board (Greenhouse, Lever, Teamtailor, or a page with schema.org JobPosting) is read now and from then on every day.
    """
    if source.startswith(("https://", "http://")):
        _read_board(source, json)
        return
    file = Path(source)
    if not file.is_file():
        raise typer.BadParameter(f"There is no file {source}, and a job board's address begins with https://.")
    importer = importlib.import_module("adapters.ats").import_openings
    with opened() as o, progress("Openings", count_lines(file)) as done, file.open("rb") as lines:
        report = importer(o.db, o.deployment, o.now, None, lines, done)
    if json:
        as_json({n: getattr(report, n) for n in ("lines", "created", "changed", "unchanged")} | {"refused": refused_json(report.refused)})
    else:
        typer.echo(f"{report.created} new, {report.changed} changed, {report.unchanged} as they were.")
        _say_refused(report.refused)
    _leave(report.refused)


def _read_board(url: str, json: bool) -> None:
    from bot.desks.hr.boards import open_address
    from bot.desks.unread import unread
    from bot.messages import say

    with opened() as o:
        ask = o.db.write_now(open_address, o.now, url)
        brought, reading = importlib.import_module("adapters.ats.boards").read_now(o.db, o.now, ask)
    if reading.answer.problem:
        note(words(unread(reading.answer.problem, reading.answer.status, 16 * 1024)))
        raise typer.Exit(FAILED)
    left = [{"where": x.where, "reason": words(say(x.key, count=x.count))} for x in reading.left]
    if json:
        as_json({"created": brought.created, "changed": brought.changed, "reopened": brought.reopened, "refused": left})
    else:
        typer.echo(f"{brought.created} new, {brought.changed} changed, {brought.reopened} open again. It is read every day from now on.")
        for one in left:
            note(f"  {one['where']}: {one['reason']}")
    _leave(left)


def import_stories(
    source: Annotated[str, typer.Argument(metavar="PATH_OR_URL", help="A folder of Markdown files, a CSV file, or an RSS or Atom address.")],
    draft: Annotated[bool, typer.Option("--draft", help="Somebody looked at them already: drafts at once. Feeds wait in review all the same.")] = False,
    json: Json = False,
) -> None:
    """Take stories into review, where HR and curators decide. Reading the same source again changes nothing.

    Markdown files have front matter (title, link, kind, captions …); feeds are fetched with limits on size and time.
    """
    importer = importlib.import_module("adapters.feeds").import_stories
    with opened() as o, progress("Stories") as done:
        report = importer(o.db, o.deployment, o.now, None, source, done, is_checked=draft)
    if json:
        as_json({"new": report.new, "known": report.known, "refused": [{"where": _place(where), "reason": words(reason)} for where, reason in report.refused]})
    else:
        typer.echo(f"{report.new} new, {report.known} known already.")
        for where, reason in report.refused:
            note(f"  {_place(where)}: {words(reason)}")
    _leave(report.refused)


def _place(where: int | str) -> str:
    return f"line {where}" if isinstance(where, int) else where


def _say_counts(report: Any, *, is_done: bool) -> None:
    did = ("joined", "changed", "became leavers") if is_done else ("would join", "would change", "would become leavers")
    counts = (report.joined, report.changed, report.leavers)
    told = ", ".join(f"{count} {verb}" for count, verb in zip(counts, did, strict=True))
    typer.echo(f"{report.lines} {'line' if report.lines == 1 else 'lines'}: {told}; {report.unchanged} are as they were.")


def _say_refused(refused: Sequence[Any]) -> None:
    if refused:
        note(f"Not taken: {len(refused)} {'line' if len(refused) == 1 else 'lines'}.")
        print_refused(refused)


def _leave(refused: Sequence[Any]) -> None:
    if refused:
        raise typer.Exit(FAILED)
