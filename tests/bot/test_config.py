from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import load, require_safe
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
        ("VINKKI_TEAMS_APP_ID", {"teams_app_password": "s3cret-Value~9"}),
        ("VINKKI_TEAMS_ANONYMOUS_ON_LOOPBACK", {"teams_anonymous_on_loopback": True, "host": "0.0.0.0"}),
        ("VINKKI_BASE_URL", {"base_url": "http://vinkki.example.com"}),
        ("VINKKI_SLACK_API_URL", {"slack_api_url": "http://slack.example/api/"}),
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


def test_a_secret_can_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "key"
    secret.write_text(KEY + "\n")
    monkeypatch.setenv("VINKKI_SECRET_KEY_FILE", str(secret))
    loaded = load(_env_file=None)
    assert loaded.secret_key.get_secret_value() == KEY
    assert KEY not in repr(loaded)
