"""The deployment's settings, from the environment (prefix VINKKI_) or a .env file. HR's settings live in settings.py."""

from __future__ import annotations

import ipaddress
import os
import re
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError
from pydantic_settings.sources import DotEnvSettingsSource, EnvSettingsSource

from bot.errors import ConfigError
from bot.money import CURRENCIES

_PLACEHOLDER = re.compile(
    r"(?i)^(change[-_ ]?me.*|replace[-_ ]?me.*|secret|password|placeholder|example|todo|xxx+|\.\.\.|<.*>|your[-_ ].*|.*[-_ ]goes[-_ ]here|test"
    r"|\$\{?\w+\}?|xox[abp]p?-(\.\.\.|your[-_ ].*)|xapp-(\.\.\.|your[-_ ].*)|(.)\4*)$"
)
_DATABASE = re.compile(r"^(sqlite:///.+|postgresql(\+psycopg)?://.+)$")
_ANY_TENANT = {"common", "organizations", "consumers", "botframework.com"}  # Microsoft's words where a token may be anybody's
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Config(BaseSettings):
    """Every variable of the environment. Each also as VINKKI_<NAME>_FILE: a path whose content is the value."""

    model_config = SettingsConfigDict(env_prefix="VINKKI_", env_file=".env", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    database_url: str = Field("sqlite:///var/vinkki.db", description="SQLite or PostgreSQL address of the database.")
    database_migration_url: str = Field("", description="PostgreSQL only: the owner's address, used by `vinkki migrate`; the serving role owns nothing.")
    host: str = Field("127.0.0.1", description="Address to listen on. Loopback unless told otherwise.")
    port: int = Field(8765, ge=0, le=65535, description="Port to listen on.")
    base_url: str = Field("http://127.0.0.1:8765", description="The address people reach Vinkki at; every link is built from it. https outside loopback.")
    trusted_proxies: str = Field("", description="Comma-separated addresses or networks (10.0.0.0/8) of reverse proxies whose X-Forwarded-For is believed.")
    secret_key: SecretStr = Field(SecretStr(""), description="At least 32 characters. Encrypts personal data and tokens: without it the data is lost.")
    secret_keys_old: SecretStr = Field(SecretStr(""), description="Comma-separated earlier keys, still able to read; for rotation.")
    slack_signing_secret: SecretStr = Field(SecretStr(""), description="Slack app's signing secret (Basic Information).")
    slack_bot_token: SecretStr = Field(SecretStr(""), description="Slack bot token, begins with xoxb-.")
    slack_app_token: SecretStr = Field(SecretStr(""), description="Slack app-level token, begins with xapp-: turns on Socket Mode.")
    slack_api_url: str = Field("https://slack.com/api/", description="Slack's Web API. Plain http only to loopback.")
    slack_admin_channel: str = Field("", description="Id of the HR channel on Slack, such as C0123456789.")
    slack_recruiting_channel: str = Field("", description="Id of the recruiters' channel on Slack.")
    slack_thanks_channel: str = Field("", description="Id of the channel on Slack where referrers who said yes are thanked.")
    teams_app_id: str = Field("", description="Microsoft app id of the bot.")
    teams_app_password: SecretStr = Field(SecretStr(""), description="Client secret of the app.")
    teams_tenant_id: str = Field("", description="The organisation's tenant id; activities of other tenants are refused.")
    teams_openid_metadata_url: str = Field(
        "https://login.botframework.com/v1/.well-known/openidconfiguration", description="Where the signing keys of Bot Framework are announced."
    )
    teams_token_url: str = Field("", description="Where the bot gets its own token; empty means Microsoft's for the tenant.")
    teams_allowed_service_hosts: str = Field(
        "smba.trafficmanager.net,.botframework.com", description="Comma-separated hosts our token may be sent to; a leading dot allows subdomains."
    )
    teams_anonymous_on_loopback: bool = Field(
        False, description="Development only: no token is asked for. Accepted only with a loopback HOST and no TEAMS_APP_ID."
    )
    smtp_url: SecretStr = Field(SecretStr(""), description="smtp://user:password@host:587 (STARTTLS) or smtps://…:465. Plain only to loopback.")
    mail_from: str = Field("", description="Sender's address of Vinkki's e-mail.")
    organisation_name: str = Field("Your organisation", description="The name people know the organisation by.")
    default_locale: str = Field("en", pattern="^(en|fi|sv)$", description="Language where a person's is not known: en, fi or sv.")
    default_time_zone: str = Field("Europe/Helsinki", description="The company's time zone (IANA name).")
    currency: str = Field("EUR", description="Currency of bonuses (ISO 4217).")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over variables, variables over …_FILE, those over the .env file and what it names by …_FILE. An empty
        variable is one that is not set: compose files hand over what nobody filled in."""
        in_file = dotenv_settings.env_vars if isinstance(dotenv_settings, DotEnvSettingsSource) else {}
        return init_settings, env_settings, _FileSource(settings_cls, os.environ), dotenv_settings, _FileSource(settings_cls, in_file)

    @field_validator("database_url", "database_migration_url")
    @classmethod
    def _is_a_database(cls, url: str) -> str:
        if url and not (_DATABASE.match(url) and _has_a_port(url)):
            raise ValueError("must be sqlite:///path/to/file.db or postgresql://user:password@host:5432/name")
        return url

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and (not parts.netloc or parts.path.strip("/") or parts.query or parts.fragment):
            raise ValueError("must be an address of its own without a path, such as https://vinkki.example.com")
        return url.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: str) -> str:
        for one in filter(None, map(str.strip, proxies.split(","))):
            try:
                ipaddress.ip_network(one, strict=False)
            except ValueError:
                raise ValueError("must be addresses or networks, comma-separated, such as 127.0.0.1 or 172.16.0.0/12") from None
        return proxies

    @field_validator("currency")
    @classmethod
    def _is_a_currency(cls, code: str) -> str:
        if code not in CURRENCIES:
            raise ValueError("is no currency in use; write an ISO 4217 code such as EUR")
        return code

    @field_validator("default_time_zone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        try:
            zoneinfo.ZoneInfo(name)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            raise ValueError("is no time zone; write an IANA name such as Europe/Helsinki") from None
        return name

    @property
    def has_slack(self) -> bool:
        """Slack is configured: it has a bot token."""
        return bool(self.slack_bot_token.get_secret_value())

    @property
    def has_teams(self) -> bool:
        """Teams is configured: it has an app id, or is open on loopback for development."""
        return bool(self.teams_app_id) or self.teams_anonymous_on_loopback

    @property
    def is_sqlite(self) -> bool:
        """The database is SQLite."""
        return self.database_url.startswith("sqlite")

    @property
    def is_loopback(self) -> bool:
        """The server listens on loopback only."""
        return self.host in _LOOPBACK


def _has_a_port(url: str) -> bool:
    """The port, where there is one, is a number. A password may hold anything but an @."""
    try:
        return url.startswith("sqlite") or urlsplit(f"//{re.split('@|://', url)[-1]}").port != 0
    except ValueError:
        return False


class _FileSource(EnvSettingsSource):
    """Reads VINKKI_<NAME>_FILE, as `variables` name it: the usual way container platforms hand over secrets."""

    def __init__(self, settings_cls: type[BaseSettings], variables: Mapping[str, str | None]) -> None:
        super().__init__(settings_cls)
        self._paths = {name.upper(): path for name, path in variables.items() if path}

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        name = f"VINKKI_{field_name.upper()}_FILE"
        if name not in self._paths:
            return None, field_name, False
        try:
            return Path(self._paths[name]).read_text(encoding="utf-8").strip() or None, field_name, False
        except OSError as e:
            raise ConfigError(f"{name} cannot be read: {e.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{name} cannot be read: it is no text") from None


def load(**values: Any) -> Config:
    """The settings, checked. Raises ConfigError naming the variable and never its value."""
    try:
        return Config(**values)
    except SettingsError as e:
        raise (e.__cause__ if isinstance(e.__cause__, ConfigError) else ConfigError("a setting cannot be read")) from None
    except ValidationError as e:
        names = "; ".join(f"VINKKI_{str(x['loc'][0]).upper()}: {x['msg'].removeprefix('Value error, ')}" for x in e.errors())
        raise ConfigError(names) from None


def require_safe(config: Config) -> None:
    """Refuse to serve with an empty or placeholder secret, or in clear text outside loopback. Raises ConfigError."""
    _require_secret(config, "secret_key", minimum=32)
    if config.has_slack:
        _require_secret(config, "slack_bot_token", minimum=12)
        if config.slack_app_token.get_secret_value():
            _require_secret(config, "slack_app_token", minimum=12)
        else:
            _require_secret(config, "slack_signing_secret", minimum=16)
    elif config.slack_signing_secret.get_secret_value() or config.slack_app_token.get_secret_value():
        raise ConfigError("VINKKI_SLACK_BOT_TOKEN is empty although Slack is configured; copy it from OAuth & Permissions")
    _require_teams(config)
    for name in ("slack_api_url", "teams_openid_metadata_url", "teams_token_url", "base_url"):
        _require_https(name, getattr(config, name))


def _require_teams(config: Config) -> None:
    if config.teams_anonymous_on_loopback and (config.teams_app_id or not config.is_loopback):
        raise ConfigError("VINKKI_TEAMS_ANONYMOUS_ON_LOOPBACK is for development: it needs a loopback VINKKI_HOST and no VINKKI_TEAMS_APP_ID")
    if config.teams_app_id:
        _require_secret(config, "teams_app_password", minimum=8)
        if not config.teams_tenant_id:
            raise ConfigError("VINKKI_TEAMS_TENANT_ID is empty; without it another organisation's Teams could talk to your bot")
        if config.teams_tenant_id.lower() in _ANY_TENANT:
            raise ConfigError("VINKKI_TEAMS_TENANT_ID must be your own tenant's id (App Tenant ID in Azure), not a word for any tenant")
    elif config.teams_app_password.get_secret_value():
        raise ConfigError("VINKKI_TEAMS_APP_ID is empty although VINKKI_TEAMS_APP_PASSWORD is set")


def _require_secret(config: Config, name: str, minimum: int) -> None:
    value = getattr(config, name).get_secret_value()
    variable = f"VINKKI_{name.upper()}"
    if not value:
        raise ConfigError(f"{variable} is empty")
    if len(value) < minimum or _PLACEHOLDER.match(value):
        raise ConfigError(f"{variable} is a placeholder or too short (at least {minimum} characters)")


def _require_https(name: str, url: str) -> None:
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ConfigError(f"VINKKI_{name.upper()} must be https (plain http only to loopback)")
