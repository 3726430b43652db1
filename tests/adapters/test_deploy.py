"""What operators copy: the image, the compose file and the unit name only what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.cli.common import CONFIG
from bot.config import Config, load, require_safe

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
SETTINGS = {f"VINKKI_{name.upper()}" for name in Config.model_fields}


@pytest.fixture
def compose() -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return whole


def test_every_file_of_deploy_names_settings_that_there_are() -> None:
    for file in DEPLOY.iterdir():
        named = set(re.findall(r"VINKKI_[A-Z_]+", file.read_text(encoding="utf-8")))
        assert {name.removesuffix("_FILE") for name in named} <= SETTINGS, file.name


def test_every_secret_that_is_named_is_one_and_the_server_has_not_the_owners(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        held = set(service["secrets"])
        assert held <= set(compose["secrets"])
        wanted = {Path(value).name for name, value in service["environment"].items() if name.endswith("_FILE")}
        assert wanted <= held
    assert "database_migration_url" in compose["services"]["migrate"]["secrets"]
    assert not {"database_migration_url", "owner_password"} & set(compose["services"]["vinkki"]["secrets"])


def test_the_settings_of_the_compose_file_would_start(compose: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"database_url": "postgresql://vinkki_serving:pass@database/vinkki", "secret_key": "f3a9c1d2e4b5968778695a4b3c2d1e0f"}
    for name, value in compose["services"]["vinkki"]["environment"].items():
        if name.endswith("_FILE"):
            (tmp_path / Path(value).name).write_text(secrets[Path(value).name], encoding="utf-8")
            value = str(tmp_path / Path(value).name)
        monkeypatch.setenv(name, value)
    config = load(_env_file=None)
    require_safe(config)
    assert config.database_url == secrets["database_url"] and config.trusted_proxies


def test_the_image_copies_what_there_is_and_the_unit_does_not_try_again_after_a_wrong_setting() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert copied and all((ROOT / name).exists() for line in copied for name in line.split())
    unit = (DEPLOY / "vinkki.service").read_text(encoding="utf-8")
    assert f"RestartPreventExitStatus={CONFIG}" in unit and "WorkingDirectory=/var/lib/vinkki" in unit
