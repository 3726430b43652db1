from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import Config, load, require_safe
from bot.errors import ConfigError

KEY = "f3a9c1d2e4b5968778695a4b3c2d1e0f"


def config(**values: object):  # type: ignore[no-untyped-def]
    return load(_env_file=None, **{"secret_key": KEY, **values})


def test_a_good_configuration_is_accepted() -> None:
    require_safe(config())
    require_safe(config(slack_bot_token="xoxb-1234567890-abc", slack_signing_secret="8f742231b10e8888abcd99yyyzzz85a5"))
    require_safe(config(teams_app_id="11111111-2222-3333-4444-555555555555", teams_app_password="s3cret-Value~9", teams_tenant_id="tenant"))


@pytest.mark.parametrize(
    ("variable", "values"),
    [
        ("VINKKI_SECRET_KEY", {"secret_key": ""}),
        ("VINKKI_SECRET_KEY", {"secret_key": "changeme-changeme-changeme-changeme"}),
        ("VINKKI_SECRET_KEY", {"secret_key": "short"}),
        ("VINKKI_SECRET_KEY", {"secret_key": "x" * 40}),
        ("VINKKI_SLACK_SIGNING_SECRET", {"slack_bot_token": "xoxb-1234567890-abc"}),
        ("VINKKI_SLACK_SIGNING_SECRET", {"slack_bot_token": "xoxb-1234567890-abc", "slack_signing_secret": "your-signing-secret-goes-here"}),
        ("VINKKI_SLACK_BOT_TOKEN", {"slack_signing_secret": "8f742231b10e8888abcd99yyyzzz85a5"}),
        ("VINKKI_TEAMS_APP_PASSWORD", {"teams_app_id": "app", "teams_tenant_id": "t"}),
        ("VINKKI_TEAMS_TENANT_ID", {"teams_app_id": "app", "teams_app_password": "s3cret-Value~9"}),
        ("VINKKI_TEAMS_TENANT_ID", {"teams_app_id": "app", "teams_app_password": "s3cret-Value~9", "teams_tenant_id": "Organizations"}),
        ("VINKKI_TEAMS_APP_ID", {"teams_app_password": "s3cret-Value~9"}),
        ("VINKKI_TEAMS_ANONYMOUS_ON_LOOPBACK", {"teams_anonymous_on_loopback": True, "host": "0.0.0.0"}),
        ("VINKKI_BASE_URL", {"base_url": "http://vinkki.example.com"}),
        ("VINKKI_SLACK_API_URL", {"slack_api_url": "http://slack.example/api/"}),
        ("VINKKI_SECRET_KEY", {"secret_key": "${VINKKI_SECRET_KEY_OF_THE_COMPANY}"}),
        ("VINKKI_SECRET_KEY", {"secret_key": "replace-me-with-a-long-random-string"}),
        ("VINKKI_SLACK_BOT_TOKEN", {"slack_bot_token": "xoxb-your-bot-token", "slack_signing_secret": "8f742231b10e8888abcd99yyyzzz85a5"}),
    ],
)
def test_an_unsafe_configuration_is_refused_by_its_name_and_not_its_value(variable: str, values: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as refused:
        require_safe(config(**values))
    assert variable in str(refused.value)
    for value in values.values():
        assert not (isinstance(value, str) and len(value) > 8 and value in str(refused.value))


def test_a_wrong_value_is_named_without_being_shown() -> None:
    with pytest.raises(ConfigError, match="VINKKI_PORT") as refused:
        config(port="not-a-port-canary")
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("database_url", "mysql://canary:canary@db/x", "postgresql://"),
        ("database_url", "canary", "sqlite:///"),
        ("database_url", "postgresql://canary:secret@db:canary/x", ":5432"),
        ("database_migration_url", "postgres://canary@db/x", "postgresql://"),
        ("base_url", "https://vinkki.example.com/canary", "without a path"),
        ("base_url", "https://?canary", "without a path"),
        ("trusted_proxies", "127.0.0.1, canary", "172.16.0.0/12"),
        ("default_time_zone", "Europe/Canary", "Europe/Helsinki"),
        ("default_time_zone", "../../etc/canary", "Europe/Helsinki"),
        ("currency", "canary", "such as EUR"),
        ("currency", "EUT", "such as EUR"),
    ],
)
def test_what_could_never_work_is_refused_at_once_and_says_what_would(name: str, value: str, hint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config(**{name: value})
    assert f"VINKKI_{name.upper()}" in str(refused.value) and hint in str(refused.value) and "anary" not in str(refused.value)


def test_addresses_are_taken_as_people_write_them() -> None:
    taken = config(base_url="https://vinkki.example.com/", trusted_proxies="127.0.0.1, 172.16.0.0/12,::1", database_url="postgresql://v:p:/w@[::1]:5432/x")
    assert taken.base_url == "https://vinkki.example.com"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to start in, with nothing of the surrounding environment."""
    for name in [n for n in os.environ if n.startswith("VINKKI_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", sorted(Config.model_fields))
def test_every_setting_can_come_from_the_environment_a_file_or_the_env_file(bare: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    variable, value = f"VINKKI_{name.upper()}", {
        "port": "8123", "teams_anonymous_on_loopback": "true", "default_locale": "fi", "default_time_zone": "Europe/Stockholm", "currency": "SEK",
        "database_url": "sqlite:///here.db", "database_migration_url": "postgresql://owner@db/x", "base_url": "https://v.example", "trusted_proxies": "::1",
    }.get(name, "from-outside-7")  # fmt: skip
    (bare / "handed-over").write_text(f"{value}\n", encoding="utf-8")

    def read() -> str:
        found = getattr(load(), name)
        return str(found.get_secret_value() if isinstance(found, SecretStr) else found).lower()

    monkeypatch.setenv(variable, value)
    assert read() == value.lower()
    monkeypatch.setenv(variable, "")  # as a compose file hands over what nobody filled in
    assert read() != value.lower()
    monkeypatch.setenv(f"{variable}_FILE", "handed-over")
    assert read() == value.lower()
    monkeypatch.delenv(f"{variable}_FILE")
    for line in (f"{variable}={value}", f"{variable}_FILE=handed-over"):
        (bare / ".env").write_text(f"{line}\n", encoding="utf-8")
        assert read() == value.lower(), line


@pytest.mark.parametrize(("content", "words"), [(None, "No such file"), (b"\xff\xfe\x00", "no text")])
def test_a_file_that_cannot_be_read_is_named(bare: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, words: str) -> None:
    if content:
        (bare / "key").write_bytes(content)
    monkeypatch.setenv("VINKKI_SECRET_KEY_FILE", "key")
    with pytest.raises(ConfigError, match=f"VINKKI_SECRET_KEY_FILE cannot be read: .*{words}"):
        load()


def test_a_secret_can_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "key"
    secret.write_text(KEY + "\n")
    monkeypatch.setenv("VINKKI_SECRET_KEY_FILE", str(secret))
    loaded = load(_env_file=None)
    assert loaded.secret_key.get_secret_value() == KEY
    assert KEY not in repr(loaded)
