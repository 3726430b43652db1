"""The demo: a made-up company on loopback, with a guided tour, a person switcher, a mailbox and a clock that can be moved."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import time
from pathlib import Path

import typer

from adapters import logs, main
from adapters.demo import seeded
from bot.config import Config, load
from bot.errors import ConfigError, VinkkiError

__all__ = ["FOLDER", "config_of", "run"]

FOLDER = Path("var") / "demo"
# All the demo ever puts into its folder; nothing else is ever removed.
_OURS = ("vinkki.db", "vinkki.db-wal", "vinkki.db-shm", "mailbox.jsonl", "seeded.json", "key", "intake", "backups")


def run(*, reset: bool = False, port: int = 8765, only_reset: bool = False, folder: Path = FOLDER) -> None:
    """Serve the demo until told to stop; `reset` forgets what was done. Raises VinkkiError when a demo runs on the folder or the port is taken."""
    started = time.monotonic()
    logs.configure("WARNING")
    config = config_of(folder, port)
    with contextlib.ExitStack() as held:
        _hold(held, config, folder)
        if not only_reset:
            _require_free(port)
        if reset or only_reset or not seeded.is_there(folder):
            _forget(folder)
            config = config_of(folder, port)
        if only_reset:
            _say("Forgotten. The next start begins anew.")
            return
        _prepare(config)
        _serve(config, folder, started)


def _hold(held: contextlib.ExitStack, config: Config, folder: Path) -> None:
    try:
        held.enter_context(main.only_one(config))
    except ConfigError:
        where = f"{folder}{seeded.running_at(folder)}"
        raise VinkkiError(f"A demo is running on {where}. Use it, or stop it with Ctrl-C where it was started, then try again.") from None


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: one that has just ended is no hindrance
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise VinkkiError(f"Something else on this machine uses port {port}. Stop it, or choose another: vinkki demo --port {port + 1}") from None


def _prepare(config: Config) -> None:
    try:
        main.prepare_database(config, _say)
    except ConfigError as e:
        raise VinkkiError(f"The demo kept from another version cannot be opened ({e}). Start over with: vinkki demo --reset") from e


def _serve(config: Config, folder: Path, started: float) -> None:
    from adapters.clock import MovableClock
    from adapters.demo.company import fill, move_house
    from adapters.demo.mailbox import Mailbox
    from adapters.demo.newsroom import cage
    from adapters.demo.pages import Demo
    from adapters.house import make_house, make_hub, make_platforms

    hub = make_hub(config, is_demo=True)
    assert isinstance(hub.clock, MovableClock)
    mailbox = Mailbox(folder / "mailbox.jsonl")
    if not seeded.is_there(folder):
        _say("Making a company of 68 people. This is done once and takes a moment.")
        fill(hub, make_platforms(hub, mailer=mailbox), folder, _say)
        hub.wakers.clear()  # those platforms only sent the past
    move_house(hub, folder)
    demo = Demo(hub, hub.clock, mailbox, seeded.read(folder).at)
    house = make_house(hub, owner="demo", extras=demo.extras(), mailer=mailbox, cage=cage(hub.deployment))
    demo.ticker = house.ticker

    def ready(_port: int) -> None:
        _say(f"Ready after {time.monotonic() - started:.0f} s.\n\n  Open {config.base_url}/demo/tour\n\nCtrl-C stops it; what you did is kept.")

    main.run(house, ready)


def config_of(folder: Path, port: int) -> Config:
    """The demo's own settings: nothing of the environment but what concerns no secret and no account."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    values = {name: "" for name in _ACCOUNTS}
    return load(
        _env_file=None, **values, teams_anonymous_on_loopback=False, database_url=f"sqlite:///{folder / 'vinkki.db'}",
        secret_key=key.read_text(encoding="utf-8"),
        host="127.0.0.1", port=port, base_url=f"http://127.0.0.1:{port}", organisation_name="Meri", mail_from="vinkki@meri.example",
        default_locale="en", default_time_zone="Europe/Helsinki", currency="EUR",
    )  # fmt: skip


# Settings that lead to somebody's account: the demo has none, whatever the environment says.
_ACCOUNTS = (
    "slack_signing_secret", "slack_bot_token", "slack_app_token", "teams_app_id", "teams_app_password", "teams_tenant_id", "smtp_url", "trusted_proxies",
    "database_migration_url", "secret_keys_old",
)  # fmt: skip


def _forget(folder: Path) -> None:
    """Remove what the demo made, but the lock file, which is held."""
    for path in (folder / name for name in _OURS):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _say(text: str) -> None:
    typer.echo(text)
