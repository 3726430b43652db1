"""`vinkki teams package`: the app package that a Teams administrator uploads. Made from the deployment's settings."""

from __future__ import annotations

import json
import zipfile
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapters.teams.icons import color_icon, outline_icon
from bot.config import Config
from bot.errors import ConfigError

HERE = Path(__file__).parent / "app_package"
_WHEN = (2026, 1, 1, 0, 0, 0)  # the same settings give the same bytes


def manifest(config: Config) -> dict[str, Any]:
    """The manifest for this deployment. Raises ConfigError when the app id is missing or is no GUID, or the address is not https: Teams
    takes no other."""
    import uuid

    try:
        app_id = str(uuid.UUID(config.teams_app_id))
    except ValueError:
        raise ConfigError("VINKKI_TEAMS_APP_ID must be the app id of your Azure bot (a GUID) before a package can be made") from None
    if not config.base_url.startswith("https://"):
        raise ConfigError("VINKKI_BASE_URL must be the https address that people reach Vinkki at before a package can be made")
    made: dict[str, Any] = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    base = config.base_url.rstrip("/")
    made["id"] = made["bots"][0]["botId"] = made["composeExtensions"][0]["botId"] = app_id
    made["version"] = _version()
    made["developer"] = {"name": config.organisation_name[:32], "websiteUrl": base, "privacyUrl": f"{base}/privacy", "termsOfUseUrl": f"{base}/privacy"}
    made["validDomains"] = [urlsplit(base).netloc]
    return made


def build(config: Config) -> bytes:
    """The package's bytes: manifest, two languages, two icons. Raises ConfigError."""
    files = {"manifest.json": _json(manifest(config)), "color.png": color_icon(), "outline.png": outline_icon()}
    files |= {f"{locale}.json": (HERE / f"{locale}.json").read_bytes() for locale in ("fi", "sv")}
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _WHEN), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def write(config: Config, path: Path) -> Path:
    """Write the package to `path` (a folder gets `vinkki-teams.zip`); returns the file. Raises ConfigError."""
    target = path / "vinkki-teams.zip" if path.is_dir() else path
    target.write_bytes(build(config))
    return target


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def _version() -> str:
    """major.minor.patch, as Teams wants it; it must grow for an update to reach people."""
    try:
        parts = version("vinkki").split(".")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0.1.0"
    return ".".join([*[p for p in parts if p.isdigit()], "0", "0", "0"][:3])
