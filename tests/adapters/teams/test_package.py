"""The app package: valid against Microsoft's schema, complete, and the same bytes for the same settings."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from adapters.teams import inbound, package
from bot.config import Config, load
from bot.errors import ConfigError

DATA = Path(__file__).parent / "data"


def config(**settings: Any) -> Config:
    given = {"teams_app_id": "11111111-2222-4333-8444-555555555555", "base_url": "https://vinkki.meri.example", "organisation_name": "Meri Oy"} | settings
    return load(_env_file=None, **given)


def schema(name: str) -> Draft4Validator:
    return Draft4Validator(json.loads((DATA / f"MicrosoftTeams.{name}schema.json").read_text(encoding="utf-8-sig")))


def files(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_manifest_is_valid() -> None:
    made = package.manifest(config())
    assert [e.message for e in schema("").iter_errors(made)] == []
    assert made["bots"][0]["supportsTargetedMessages"] and any("slash" in c["triggers"] for c in made["bots"][0]["commandLists"])
    assert made["validDomains"] == ["vinkki.meri.example"] and made["developer"]["name"] == "Meri Oy"


def test_every_word_of_the_manifest_is_translated() -> None:
    made = package.manifest(config())
    wanted = {"name.short", "name.full", "description.short", "description.full", "$schema"}
    for i, listed in enumerate(made["bots"][0]["commandLists"]):
        wanted |= {f"bots[0].commandLists[{i}].commands[{k}].description" for k in range(len(listed["commands"]))}
    wanted |= {f"composeExtensions[0].commands[{k}].{part}" for k in range(2) for part in ("title", "description")}
    for locale in ("fi", "sv"):
        words = json.loads((package.HERE / f"{locale}.json").read_text(encoding="utf-8"))
        assert [e.message for e in schema("Localization.").iter_errors(words)] == []
        assert set(words) == wanted


def test_every_command_of_the_manifest_is_one_we_hear() -> None:
    made = package.manifest(config())
    for listed in made["bots"][0]["commandLists"]:
        for command in listed["commands"]:
            assert inbound.to_command(command["title"]).name in inbound.COMMANDS
    assert [inbound.to_extension({"commandId": c["id"]}) for c in made["composeExtensions"][0]["commands"]]


def test_the_package_holds_everything_and_is_the_same_each_time(tmp_path: Path) -> None:
    written = package.write(config(), tmp_path)
    assert written.name == "vinkki-teams.zip" and written.read_bytes() == package.build(config())
    found = files(written.read_bytes())
    assert set(found) == {"manifest.json", "color.png", "outline.png", "fi.json", "sv.json"}
    assert package.write(config(), tmp_path / "other.zip").exists()


@pytest.mark.parametrize(("name", "size"), [("color.png", 192), ("outline.png", 32)])
def test_the_icons_are_as_teams_wants_them(name: str, size: int) -> None:
    raw = files(package.build(config()))[name]
    assert raw[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", raw[16:24]) == (size, size)
    start = raw.index(b"IDAT") + 4
    pixels = zlib.decompress(raw[start : start + struct.unpack(">I", raw[start - 8 : start - 4])[0]])
    rgba = [pixels[r * (size * 4 + 1) + 1 + c * 4 :][:4] for r in range(size) for c in range(size)]
    if name == "color.png":
        assert {p[3] for p in rgba} == {255}
    else:  # white on transparent, and nothing else
        assert {bytes(p[:3]) for p in rgba if p[3]} == {b"\xff\xff\xff"} and 40 < sum(1 for p in rgba if p[3] > 127) < 500


@pytest.mark.parametrize("app_id", ["", "not-a-guid"])
def test_without_an_app_id_it_says_what_to_do(app_id: str) -> None:
    with pytest.raises(ConfigError, match="VINKKI_TEAMS_APP_ID"):
        package.build(config(teams_app_id=app_id))


def test_an_address_that_only_this_machine_can_reach_makes_no_package() -> None:
    with pytest.raises(ConfigError, match="VINKKI_BASE_URL"):
        package.build(config(base_url="http://127.0.0.1:8765"))


def test_botbuilder_is_imported_only_when_an_adapter_is_made() -> None:
    code = "import sys, adapters.teams, adapters.teams.package; sys.exit(any(m.startswith(('botbuilder', 'botframework', 'msrest')) for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
