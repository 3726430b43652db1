"""The composition: one Hub, the platforms that are configured and no others, started and stopped in the right order."""

from __future__ import annotations

import errno
import importlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from adapters.ats.boards import BoardPoller
from adapters.clock import MovableClock, WallClock
from adapters.delivery import Lanes
from adapters.feeds.fetching import OPEN_WEB, Cage
from adapters.feeds.page import PageReader
from adapters.feeds.poller import Poller
from adapters.guard import client_address
from adapters.half_open import HalfOpen
from adapters.hub import Hub, PlatformAdapter, Preview
from adapters.scheduler import TICK_SECONDS, Ticker
from adapters.share_links import ShareLinks, nobody
from adapters.web import make_app, plain_page
from bot.config import Config
from bot.db import Database
from bot.desks import Deployment
from bot.errors import ConfigError, VinkkiError
from bot.messages import Card
from bot.ports import Mailer
from bot.vault import Vault

if TYPE_CHECKING:
    from adapters.portal import Extras

log = structlog.get_logger("vinkki")


def new_token() -> str:
    """128 random bits as URL-safe text."""
    return secrets.token_urlsafe(16)


def deployment_of(config: Config, *, is_demo: bool = False) -> Deployment:
    """The facts of this installation."""
    return Deployment(
        base_url=config.base_url, organisation=config.organisation_name, currency=config.currency, time_zone=config.default_time_zone,
        default_locale=config.default_locale, vault=Vault.of(config), new_token=new_token, is_demo=is_demo,
    )  # fmt: skip


def make_hub(config: Config, *, is_demo: bool = False) -> Hub:
    """Open the database (its schema must be there). In the demo programme time can be moved, elsewhere it is the wall's."""
    db = Database(config.database_url)
    clock = MovableClock(db) if is_demo else WallClock()
    return Hub(config, db, deployment_of(config, is_demo=is_demo), clock)


def make_platforms(hub: Hub, extras: Extras | None = None, mailer: Mailer | None = None) -> dict[str, PlatformAdapter]:
    """The platforms that are configured, imported only now. The portal is always there; `extras` and `mailer` are the demo's."""
    platforms: dict[str, PlatformAdapter] = {}
    if hub.config.has_slack:
        platforms["slack"] = _named("adapters.slack", "SlackAdapter")(hub)
    if hub.config.has_teams:
        platforms["teams"] = _named("adapters.teams", "TeamsAdapter")(hub)
    if mailer := mailer or _smtp(hub.config):
        platforms["mail"] = _named("adapters.mail", "MailAdapter")(hub, mailer)
    previews: dict[str, Preview] = {"slack": _preview("adapters.slack.preview"), "teams": _preview("adapters.teams.preview")}
    platforms["portal"] = _named("adapters.portal", "PortalAdapter")(hub, previews, extras)
    return platforms


def _named(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _smtp(config: Config) -> Mailer | None:
    if not config.smtp_url.get_secret_value():
        return None
    server = _named("adapters.mail", "server_of")(config)
    mailer: Mailer = _named("adapters.mail", "SmtpMailer")(server, config.mail_from, config.organisation_name)
    return mailer


def _preview(module: str) -> Preview:
    """A platform's preview, imported when one is first looked at."""

    def draw(card: Card, locale: str, time_zone: str) -> str:
        html: str = _named(module, "preview")(card, locale, time_zone)
        return html

    return draw


@dataclass
class House:
    """Everything that runs in one process."""

    hub: Hub
    platforms: Mapping[str, PlatformAdapter]
    lanes: Lanes
    ticker: Ticker
    app: web.Application
    poller: Poller
    boards: BoardPoller
    _runner: web.AppRunner | None = field(default=None, repr=False)
    _half_open: HalfOpen = field(default_factory=HalfOpen, repr=False)

    async def start(self) -> int:
        """Open the platforms, listen, deliver, tick; returns the port that is listened on."""
        for platform in self.platforms.values():
            await platform.start()
        await self.lanes.start()
        self.app.middlewares.append(self._half_open.middleware)
        runner = self._runner = web.AppRunner(
            self.app, access_log=None, auto_decompress=False, handle_signals=False, keepalive_timeout=30, lingering_time=2, shutdown_timeout=5
        )
        await runner.setup()
        config = self.hub.config
        await _listen(runner, config)
        assert runner.server is not None
        self._half_open.start(runner.server)
        self.ticker.start()
        self.poller.start()
        self.boards.start()
        port: int = runner.addresses[0][1]
        log.info("serving", host=config.host, port=port, platforms=sorted(self.platforms))
        return port

    async def stop(self) -> None:
        """No request, no tick, no delivery any more; then the platforms, and the database last."""
        await self._half_open.stop()
        if self._runner:
            await self._runner.cleanup()
        await self.poller.stop()
        await self.boards.stop()
        await self.ticker.stop()
        await self.lanes.stop()
        for platform in self.platforms.values():
            try:
                await platform.stop()
            except Exception:
                log.exception("platform did not stop cleanly", platform=platform.name)
        self.hub.db.close()
        log.info("stopped")


async def _listen(runner: web.AppRunner, config: Config) -> None:
    """Raises ConfigError for an address that is not this machine's, VinkkiError for a port that somebody else has just now."""
    try:
        await web.TCPSite(runner, config.host, config.port, backlog=512).start()
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            raise VinkkiError(f"another program listens on port {config.port} already; stop it, or choose another VINKKI_PORT") from None
        raise ConfigError("VINKKI_HOST and VINKKI_PORT: nothing can listen there; use an address of this machine, such as 127.0.0.1 or 0.0.0.0") from None


def make_house(hub: Hub, *, owner: str = "vinkki", extras: Extras | None = None, mailer: Mailer | None = None, cage: Cage = OPEN_WEB) -> House:
    """Wire a house on a hub. `owner` names this process in the outbox: the same at every start of the same server. `cage` is what
    may be read of the web."""
    hub.read_page = PageReader(cage)
    platforms = make_platforms(hub, extras, mailer)
    lanes = Lanes(hub, platforms, owner)
    ticker = Ticker(hub, lanes)
    page = _page(hub)
    app = make_app(hub, platforms.values(), _readiness(ticker, lanes, platforms), page)
    ShareLinks(hub, page, nobody if hub.deployment.is_demo else _who(hub)).add_routes(app)
    return House(hub, platforms, lanes, ticker, app, Poller(hub, cage), BoardPoller(hub, cage))


def _readiness(ticker: Ticker, lanes: Lanes, platforms: Mapping[str, PlatformAdapter]) -> Callable[[], dict[str, bool]]:
    def ready() -> dict[str, bool]:
        connected = {name: bool(p.is_ready) for name, p in platforms.items() if hasattr(p, "is_ready")}
        return {"clock": time.monotonic() - ticker.ticked_at < 12 * TICK_SECONDS, "delivery": not lanes.is_stopping, **connected}

    return ready


def _page(hub: Hub) -> Callable[[web.Request, str, int], Any]:
    """Kind pages for people: the portal's, in the visitor's language. Scripts and curl get a word."""

    async def page(request: web.Request, kind: str, status: int) -> web.StreamResponse:
        from adapters.portal import stop

        reads_pages = "html" in request.headers.get("Accept", "") or request.path.startswith(("/s/", "/r/"))
        return stop(request, hub.deployment, kind, status) if reads_pages else await plain_page(request, kind, status)

    return page


def _who(hub: Hub) -> Callable[[web.Request], Any]:
    """Who is signed in, asked only where a browser shows a session: a sharer's own click does not count."""

    async def who(request: web.Request) -> int | None:
        from datetime import UTC, datetime

        from adapters.portal import visits
        from bot.desks import views

        session = request.cookies.get(visits.cookie_name(hub.deployment), "") if "Cookie" in request.headers else ""
        found = await hub.db.read(views.who, hub.deployment, session, datetime.now(UTC)) if session else None
        return found.person_id if found else None

    return who


__all__ = ["House", "client_address", "deployment_of", "make_house", "make_hub", "make_platforms", "new_token"]
