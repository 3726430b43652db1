"""What the doctor says of each thing that can be wrong, asked as an operator asks: a person's words, a script's JSON, an exit code."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from conftest import START, add_person
from tests_postgres import as_owner, fresh_database
from typer.testing import CliRunner

from adapters.cli import app
from bot.db import Database
from bot.people import identities

KEY = "a-test-key-that-is-long-enough-000"
TOKEN = "xoxb-a-token-of-the-test"
SCOPES = ",".join(json.loads((Path(__file__).parents[2] / "manifest.json").read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"])
TEAMS = {"TEAMS_APP_ID": "11112222-aaaa", "TEAMS_APP_PASSWORD": "a-secret-of-the-test", "TEAMS_TENANT_ID": "tenant-1"}


class Outside:
    """Slack, Microsoft and the public address at once, in a thread: each answers what the test puts here."""

    def __init__(self) -> None:
        self.slack: Any = {"ok": True, "team": "Meri", "team_id": "T1"}
        self.socket: Any = {"ok": True, "url": "wss://example.com"}
        self.headers = {"X-OAuth-Scopes": SCOPES}
        self.token: Any = {"access_token": "at-1"}
        self.openid: Any = {"issuer": "x", "jwks_uri": "https://example.com/keys"}
        self.secrets: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            self.secrets.append(request.headers.get("Authorization", "") or str((await request.post()).get("client_secret", "")))
        said = {"/api/auth.test": self.slack, "/api/apps.connections.open": self.socket, "/token": self.token, "/openid": self.openid}[request.path]
        return web.Response(text=said if isinstance(said, str) else json.dumps(said), content_type="application/json", headers=self.headers)

    def settings(self) -> dict[str, str]:
        return {"SLACK_API_URL": f"{self.url}/api/", "TEAMS_TOKEN_URL": f"{self.url}/token", "TEAMS_OPENID_METADATA_URL": f"{self.url}/openid"}


class Mail:
    """A mail server: greets, offers STARTTLS only if told, takes a password or not."""

    def __init__(self) -> None:
        self.offers: list[str] = ["AUTH PLAIN LOGIN"]
        self.login = "235 welcome"
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            word = line.split(" ")[0].upper()
            hello = "".join(f"250-{said}\r\n" for said in ("here", *self.offers)) + "250 8BITMIME\r\n"
            writer.write({"EHLO": hello, "AUTH": f"{self.login}\r\n", "QUIT": "221 bye\r\n"}.get(word, "250 ok\r\n").encode())
            if word == "QUIT":
                break
        writer.close()


@contextmanager
def running(begin: Callable[[asyncio.AbstractEventLoop], Any]) -> Iterator[None]:
    """A server in a thread with a loop of its own: the doctor has one too. `begin` is a coroutine that returns how to end it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    end = asyncio.run_coroutine_threadsafe(begin(loop), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def outside() -> Iterator[Outside]:
    there = Outside()

    async def begin(_loop: asyncio.AbstractEventLoop) -> Any:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", there.answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner.cleanup

    with running(begin):
        yield there


@pytest.fixture
def mail() -> Iterator[Mail]:
    there = Mail()

    async def begin(_loop: asyncio.AbstractEventLoop) -> Any:
        server = await asyncio.start_server(there.serve, "127.0.0.1", 0)
        there.port = server.sockets[0].getsockname()[1]

        async def end() -> None:
            server.close()
            await server.wait_closed()

        return end

    with running(begin):
        yield there


@pytest.fixture
def here(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a migrated database, and nothing of the surrounding environment but a key."""
    for name in [n for n in os.environ if n.startswith("VINKKI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VINKKI_SECRET_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    shutil.copy(sqlite_template, tmp_path / "var" / "vinkki.db")
    return tmp_path


@pytest.fixture
def ask(here: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, dict[str, str]]]:
    """Ask the doctor with these settings: what was found, by what was looked at. The words and the JSON say the same, no secret
    is in them, whatever is not good says how to cure it, and the exit code is 78 exactly when something is wrong."""

    def asking(*options: str, **settings: str) -> dict[str, dict[str, str]]:
        for name, value in settings.items():
            monkeypatch.setenv(f"VINKKI_{name}", value)
        read, parsed = CliRunner().invoke(app, ["doctor", *options]), CliRunner().invoke(app, ["doctor", "--json", *options])
        found = json.loads(parsed.stdout)
        for f in found:
            assert f["found"] in read.stdout and f["how"] in read.stdout and (f["how"] or f["state"] == "good"), f
            assert len(f["found"]) < 200 and not any(v in f["found"] + f["how"] for k, v in settings.items() if k.endswith(("TOKEN", "PASSWORD", "SECRET"))), f
        is_wrong = any(f["state"] == "wrong" for f in found)
        assert ("!!" in read.stdout.splitlines()[-1]) == is_wrong
        assert read.exit_code == parsed.exit_code == (78 if is_wrong else 0), read.stdout
        return {f["what"]: f for f in found}

    return asking


Ask = Callable[..., dict[str, dict[str, str]]]
SLACK = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": "a-signing-secret-0123456789"}


def test_slack_connected_says_to_which_workspace(ask: Ask, outside: Outside) -> None:
    found = ask(**SLACK, **outside.settings())
    assert found["Slack"] == {"what": "Slack", "state": "good", "found": "connected to Meri (T1)", "how": ""} and found["Clock"]["state"] == "good"
    assert outside.secrets[0] == f"Bearer {TOKEN}" and "Slack's scopes" not in found


@pytest.mark.parametrize(
    ("error", "how"),
    [("invalid_auth", "begins with xoxb-"), ("token_revoked", "Reinstall"), ("account_inactive", "Reinstall"), ("token_expired", "rotation"), ("", "Copy it")],
)
def test_a_token_that_slack_refuses(ask: Ask, outside: Outside, error: str, how: str) -> None:
    outside.slack = {"ok": False, "error": error}
    found = ask(**SLACK, **outside.settings())["Slack"]
    assert found["state"] == "wrong" and (error or "no reason given") in found["found"] and how in found["how"]


def test_scopes_that_the_app_lacks_are_named(ask: Ask, outside: Outside) -> None:
    outside.headers["X-OAuth-Scopes"] = "chat:write,users:read"
    found = ask(**SLACK, **outside.settings())
    assert found["Slack"]["state"] == "good" and found["Slack's scopes"]["state"] == "wrong"
    assert "users:read.email" in found["Slack's scopes"]["found"] and "chat:write" not in found["Slack's scopes"]["found"]


def test_a_token_of_another_workspace_than_the_one_people_are_known_from(ask: Ask, outside: Outside, here: Path) -> None:
    db = Database(f"sqlite:///{here}/var/vinkki.db")
    aino = add_person(db, "Aino Salo", "hr")
    db.write_now(identities.link, START, "slack", "T9", "U1", "D1", aino.email, "platform")
    db.close()
    found = ask(**SLACK, **outside.settings())["Slack"]
    assert found["state"] == "wrong" and "Meri (T1)" in found["found"] and "T9" in found["found"]
    outside.slack["team_id"] = "T9"
    assert ask()["Slack"]["state"] == "good"


@pytest.mark.parametrize("answer", ["<html>maintenance</html>", "[1]"])
def test_something_that_is_not_slack(ask: Ask, outside: Outside, answer: str) -> None:
    outside.slack = answer
    assert ask(**SLACK, **outside.settings())["Slack"]["state"] == "wrong"


def test_what_cannot_be_reached_says_what_to_open(ask: Ask) -> None:
    away = f"http://127.0.0.1:{_free_port()}"
    found = ask(**SLACK, **TEAMS, SLACK_API_URL=f"{away}/api/", TEAMS_TOKEN_URL=f"{away}/token", TEAMS_OPENID_METADATA_URL=f"{away}/openid",
                SMTP_URL=f"smtp://127.0.0.1:{_free_port()}", MAIL_FROM="vinkki@meri.example")  # fmt: skip
    for what in ("Slack", "Teams", "Teams' keys"):
        assert found[what]["state"] == "wrong" and "cannot be reached" in found[what]["found"] and "443" in found[what]["how"], what
    assert found["E-mail"]["state"] == "wrong" and "cannot be reached" in found["E-mail"]["found"]


def test_a_clock_that_is_off(ask: Ask, outside: Outside) -> None:
    outside.headers["Date"] = format_datetime(datetime.now(UTC) - timedelta(minutes=7), usegmt=True)
    found = ask(**SLACK, **outside.settings())["Clock"]
    assert found["state"] == "wrong" and "7 min off" in found["found"] and "set-ntp" in found["how"]


def test_socket_mode_needs_a_token_of_its_own(ask: Ask, outside: Outside) -> None:
    assert ask(SLACK_BOT_TOKEN=TOKEN, SLACK_APP_TOKEN="xapp-a-token-of-the-test", **outside.settings())["Socket Mode"]["state"] == "good"
    assert outside.secrets[1] == "Bearer xapp-a-token-of-the-test"
    outside.socket = {"ok": False, "error": "not_allowed_token_type"}
    found = ask()["Socket Mode"]
    assert found["state"] == "wrong" and "connections:write" in found["how"]


def test_teams_can_sign_in(ask: Ask, outside: Outside) -> None:
    found = ask(**TEAMS, **outside.settings())
    assert found["Teams"]["state"] == "good" and "Teams' keys" not in found and outside.secrets[0] == TEAMS["TEAMS_APP_PASSWORD"]


@pytest.mark.parametrize(
    ("code", "said", "how"),
    [(7000215, "secret is wrong", "value, not its id"), (7000222, "expired", "new client secret"), (700016, "app id", "TEAMS_APP_ID"),
     (90002, "tenant", "TENANT_ID"), (1, "app id, secret or tenant", "new client secret")],
)  # fmt: skip
def test_microsofts_refusal_is_told_apart(ask: Ask, outside: Outside, code: int, said: str, how: str) -> None:
    outside.token = {"error": "invalid_client", "error_codes": [code], "error_description": "AADSTS: with the secret in it"}
    found = ask(**TEAMS, **outside.settings())["Teams"]
    assert found["state"] == "wrong" and said in found["found"] and how in found["how"] and "with the secret" not in str(found)


def test_keys_that_are_none(ask: Ask, outside: Outside) -> None:
    outside.openid = {"hello": "world"}
    found = ask(**TEAMS, **outside.settings())
    assert found["Teams"]["state"] == "good" and found["Teams' keys"]["state"] == "wrong"


def test_a_mail_server_that_takes_letters(ask: Ask, mail: Mail) -> None:
    found = ask(SMTP_URL=f"smtp://post:secret@127.0.0.1:{mail.port}", MAIL_FROM="vinkki@meri.example")["E-mail"]
    assert (found["state"], found["found"]) == ("good", "127.0.0.1 takes letters from vinkki@meri.example")


def test_a_mail_server_that_refuses_the_password(ask: Ask, mail: Mail) -> None:
    mail.login = "535 no"
    found = ask(SMTP_URL=f"smtp://post:hunter2hunter@127.0.0.1:{mail.port}", MAIL_FROM="vinkki@meri.example")["E-mail"]
    assert found["state"] == "wrong" and "name or password" in found["found"] and "hunter2" not in str(found)


def test_a_mail_server_without_tls_outside_this_machine(ask: Ask, mail: Mail) -> None:
    """127.1 leads to this machine and is none of its names, so TLS is asked for as from any server outside."""
    found = ask(SMTP_URL=f"smtp://127.1:{mail.port}", MAIL_FROM="vinkki@meri.example")["E-mail"]
    assert found["state"] == "wrong" and "no TLS" in found["found"]


def test_a_database_that_is_not_there_and_one_that_is_full_of_nobody(ask: Ask, here: Path) -> None:
    assert ask("--offline")["People"]["state"] == "missing" and "can be written to" in ask("--offline")["Database"]["found"]
    (here / "var" / "vinkki.db").unlink()
    found = ask("--offline")["Database"]
    assert found["state"] == "missing" and "vinkki migrate" in found["how"]


def test_people_without_hr(ask: Ask, here: Path) -> None:
    db = Database(f"sqlite:///{here}/var/vinkki.db")
    add_person(db, "Aino Salo")
    assert ask("--offline")["People"]["state"] == "wrong"
    add_person(db, "Hanna Hall", "hr")
    db.close()
    assert ask("--offline")["People"]["found"] == "2 people, 1 with the role hr"


@pytest.mark.parametrize(("revision", "words"), [("0000", "newer version"), ("", "Run: vinkki migrate")])
def test_a_database_of_another_version(ask: Ask, here: Path, revision: str, words: str) -> None:
    with closing(sqlite3.connect(here / "var" / "vinkki.db")) as raw:
        raw.execute("UPDATE alembic_version SET version_num = ?" if revision else "DELETE FROM alembic_version", (revision,) if revision else ())
        raw.commit()
    found = ask("--offline")["Database"]
    assert found["state"] == "wrong" and words in found["found"] + found["how"]


def test_a_database_file_that_this_account_may_not_write(ask: Ask, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        monkeypatch.chdir(folder)
        shutil.copy(here / "var" / "vinkki.db", folder / "vinkki.db")
        (folder / "vinkki.db").chmod(0o444)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)  # nobody: root may write everything
        try:
            found = ask("--offline", DATABASE_URL=f"sqlite:///{folder}/vinkki.db")["Database"]
        finally:
            os.seteuid(was)
            monkeypatch.chdir(here)
    assert found["state"] == "wrong" and "cannot be written to" in found["found"] and "chown" in found["how"]


def test_postgresql_that_answers_is_read_only_forbids_or_is_away(ask: Ask, postgres_url: str) -> None:
    with fresh_database(postgres_url, 90_001) as url:
        assert ask("--offline", DATABASE_URL=url)["Database"]["found"].startswith("PostgreSQL, schema ")
        as_owner(url, "ALTER ROLE vinkki_serving IN DATABASE vinkki_test_90001 SET default_transaction_read_only = on")
        assert ask("--offline")["Database"]["found"] == "PostgreSQL is read-only"
        as_owner(url, "ALTER ROLE vinkki_serving IN DATABASE vinkki_test_90001 RESET ALL", "REVOKE INSERT ON receipt FROM vinkki_serving")
        assert "may not write" in ask("--offline")["Database"]["found"]
    found = ask("--offline", DATABASE_URL=f"postgresql://nobody:hunter2secret@127.0.0.1:{_free_port()}/vinkki")["Database"]
    assert found["state"] == "wrong" and "does not answer" in found["found"] and "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("settings", "what", "said", "how"),
    [
        ({"SECRET_KEY": ""}, "Settings", "VINKKI_SECRET_KEY is empty", "token_urlsafe"),
        ({"SECRET_KEY": "changeme" * 5}, "Settings", "placeholder", "token_urlsafe"),
        ({"SLACK_BOT_TOKEN": TOKEN}, "Settings", "VINKKI_SLACK_SIGNING_SECRET", "Basic Information"),
        ({"BASE_URL": "http://vinkki.example"}, "Settings", "VINKKI_BASE_URL must be https", "configuration.md"),
        ({"BASE_URL": "https://vinkki.example", "HOST": "0.0.0.0"}, "Address", "TRUSTED_PROXIES", "often 127.0.0.1"),
    ],
)
def test_settings_that_would_not_do(ask: Ask, settings: dict[str, str], what: str, said: str, how: str) -> None:
    found = ask("--offline", **settings)[what]
    assert found["state"] == "wrong" and said in found["found"] and how in found["how"]


def test_a_public_address_at_which_nobody_answers_yet(ask: Ask) -> None:
    found = ask(BASE_URL=f"https://127.0.0.1:{_free_port()}", TRUSTED_PROXIES="127.0.0.1")["Proxy"]
    assert found["state"] == "missing" and "vinkki serve" in found["how"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
