"""The demo: a made-up company on loopback, with a guided tour, a person switcher, a mailbox and a clock that can be moved."""

from __future__ import annotations

import secrets
import shutil
import time
from pathlib import Path

import typer

from adapters import logs, main
from bot.config import Config, load
from bot.errors import ConfigError

__all__ = ["FOLDER", "run"]

FOLDER = Path("var") / "demo"


def run(*, reset: bool = False, port: int = 8765, only_reset: bool = False, folder: Path = FOLDER) -> None:
    """Serve the demo until told to stop; `reset` forgets what was done. Raises ConfigError when another demo runs on the folder."""
    started = time.monotonic()
    config = _config(folder, port)
    logs.configure()
    with main.only_one(config):
        if reset or only_reset or not (folder / "seeded.json").exists():
            _forget(folder)
            config = _config(folder, port)
        if only_reset:
            return
        main.prepare_database(config, _say)
        _serve(config, folder, started)


def _serve(config: Config, folder: Path, started: float) -> None:
    from adapters.clock import MovableClock
    from adapters.demo.company import fill
    from adapters.demo.mailbox import Mailbox
    from adapters.demo.pages import Demo
    from adapters.house import make_house, make_hub, make_platforms

    hub = make_hub(config, is_demo=True)
    assert isinstance(hub.clock, MovableClock)
    mailbox = Mailbox(folder / "mailbox.jsonl")
    if not (folder / "seeded.json").exists():
        fill(hub, make_platforms(hub, mailer=mailbox), folder, _say)
        hub.wakers.clear()  # those platforms only sent the past
    demo = Demo(hub, hub.clock, mailbox, folder)
    house = make_house(hub, owner="demo", extras=demo.extras(), mailer=mailbox)
    demo.ticker = house.ticker

    def ready(port: int) -> None:
        _say(f"Ready after {time.monotonic() - started:.0f} s.\n\n  Open http://127.0.0.1:{port}/demo/tour\n\nCtrl-C stops it; what you did is kept.")

    main.run(house, ready)


def _config(folder: Path, port: int) -> Config:
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
    """Remove everything but the lock file, which is held."""
    if folder.name != "demo":
        raise ConfigError("the demo's folder is called demo: nothing else is ever removed")
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif not path.name.endswith(".lock"):
            path.unlink()


def _say(text: str) -> None:
    typer.echo(text)
