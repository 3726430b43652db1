"""What every command does alike: read the settings, open the database, show progress, say plainly what went wrong."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import typer

from bot.errors import ConfigError, Refusal, VinkkiError

if TYPE_CHECKING:
    from bot.config import Config
    from bot.db import Database
    from bot.desks import Deployment
    from bot.messages import Text

FAILED, ASKS, CONFIG = 1, 3, 78  # exit codes; 2 is a command line that cannot be read, 78 is EX_CONFIG
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Opened:
    """A deployment, opened for one command. `now` is programme time."""

    config: Config
    db: Database
    deployment: Deployment
    now: datetime


@contextlib.contextmanager
def opened() -> Iterator[Opened]:
    """The configured deployment with its database, whose schema must be this version's."""
    from adapters.clock import MovableClock
    from adapters.house import deployment_of
    from adapters.main import prepare_database
    from bot.config import load
    from bot.db import Database

    config = load()
    prepare_database(config, note)
    db = Database(config.database_url)
    try:
        yield Opened(config, db, deployment_of(config), MovableClock(db).now())
    finally:
        db.close()


def explained(command: Callable[P, T]) -> Callable[P, T]:
    """A command whose failures are sentences and exit codes, never a stack trace: 78 for a setting, 1 for the rest."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except ConfigError as e:
            fail(f"Setting: {e}", CONFIG)
        except Refusal as e:
            fail(in_words(e))
        except VinkkiError as e:
            fail(str(e))
        except BrokenPipeError:
            raise  # whoever reads has seen enough, such as `head`: click ends in silence
        except OSError as e:
            fail(f"{e.filename or 'A file'}: {e.strerror or type(e).__name__}")
        except Exception as e:
            fail(_of_the_database(e))

    return run


def _of_the_database(error: Exception) -> str:
    """What the database said of itself, in one line. Raises the error again where it is none of the database's."""
    from sqlalchemy.exc import OperationalError

    if not isinstance(error, OperationalError):
        raise error
    said = " ".join(str(error.orig).split())[:300]
    return f"The database cannot be used: {said}. `vinkki doctor` looks closer."


def fail(text: str, code: int = FAILED) -> NoReturn:
    """Say what is wrong on stderr and leave."""
    typer.secho(text, fg=typer.colors.RED, err=True)
    raise typer.Exit(code)


def note(text: str) -> None:
    """Something worth knowing that is not the result: on stderr."""
    typer.echo(text, err=True)


def in_words(refusal: Refusal) -> str:
    """A refusal in the operator's language."""
    from bot.messages import say

    return words(say(refusal.key, **refusal.params))


def words(text: Text) -> str:
    """Words in the operator's language (LC_ALL or LANG; English, Finnish or Swedish)."""
    from content import LOCALES, Words

    locale = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return Words(locale[:2] if locale[:2] in LOCALES else "en")(text)


def as_json(value: Any) -> None:
    """The result for a script: one JSON document on stdout."""
    typer.echo(json_text(value))


def json_text(value: Any) -> str:
    """A result as one JSON document."""
    plain = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    return json.dumps(plain, default=_jsonable, ensure_ascii=False)


def _jsonable(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


@contextlib.contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr where somebody is looking; yields `done(count so far)`."""
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.update(task, completed=count)


def count_lines(file: Path) -> int:
    """Lines of a file, without keeping it."""
    with file.open("rb") as stream:
        return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(1 << 20), b""))


def print_refused(refused: Sequence[Any], most: int = 50) -> None:
    """Refused lines (each with `line` and `reason`), on stderr; every one of them is in --json."""
    for line in refused[:most]:
        note(f"  line {line.line}: {words(line.reason)}")
    if len(refused) > most:
        note(f"  … and {len(refused) - most} more; --json lists them all")


def refused_json(refused: Sequence[Any]) -> list[dict[str, Any]]:
    """Refused lines for a script."""
    return [{"line": line.line, "reason": words(line.reason)} for line in refused]
