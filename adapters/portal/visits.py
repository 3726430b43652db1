"""Who looks at a page: the session's cookie, the token against forged posts, and the headers that settle it before parsing."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aiohttp import web

from adapters.guard import Refused
from adapters.portal.env import local
from adapters.portal.widgets import Frame
from bot.config import Config
from bot.desks import Deployment
from bot.desks.views import Who
from content.catalog import LOCALES, Words

SESSION_SECONDS = 30 * 24 * 3600  # as long as a session lives (bot.people.sign_in.SESSION_LIFE)
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?\Z")


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is signed in (`who`) or not (None)."""

    words: Words
    path: str
    who: Who | None = None
    csrf: str = ""
    deployment: Deployment | None = field(default=None, repr=False)

    @property
    def person_id(self) -> int:
        """The signed-in person's id."""
        assert self.who is not None
        return self.who.person_id

    def has(self, *roles: str) -> bool:
        """Held one of the roles when the page was asked for: decides what is offered, never what is allowed."""
        return self.who is not None and bool(self.who.roles & set(roles))

    def frame(self, back: str = "", prefix: str = "") -> Frame:
        """What widgets on this visit's page need."""
        seal = self.deployment.vault.seal if self.deployment and self.who else None
        return Frame(self.words, self.csrf, local(back or self.path), seal, prefix=prefix)


def cookie_name(deployment: Deployment) -> str:
    """`__Host-` keeps the cookie on this very host and on https; browsers refuse the prefix on plain http."""
    return "__Host-vinkki" if deployment.base_url.startswith("https://") else "vinkki"


def give_cookie(response: web.StreamResponse, deployment: Deployment, session: str) -> None:
    """Let the browser keep a session."""
    secure = deployment.base_url.startswith("https://")
    response.set_cookie(cookie_name(deployment), session, max_age=SESSION_SECONDS, httponly=True, samesite="Lax", secure=secure, path="/")


def take_cookie(response: web.StreamResponse, deployment: Deployment) -> None:
    """Let the browser forget its session."""
    secure = deployment.base_url.startswith("https://")
    response.del_cookie(cookie_name(deployment), path="/", httponly=True, samesite="Lax", secure=secure)


def csrf_token(deployment: Deployment, session: str) -> str:
    """The token that posts of this session carry: only this deployment can compute it, and only for this session."""
    return deployment.vault.keyed_hash(f"portal post\0{session}")[:43]


def require_token(visit: Visit, given: str) -> None:
    """Raises Refused 403 unless the post carries the session's token."""
    if not visit.csrf or not hmac.compare_digest(visit.csrf.encode(), given.encode("utf-8", "replace")):
        raise Refused(403, "the page is out of date: load it again")


def require_origin(request: web.Request, config: Config, deployment: Deployment) -> None:
    """Refuse a post that did not come from one of our own pages. Raises Refused 403; reads headers only.

    Every browser of today sends Sec-Fetch-Site where the address is https or loopback, and Origin with each post. Origin is
    `null` from pages with Referrer-Policy no-referrer (the candidate's): then Sec-Fetch-Site alone decides.
    """
    site, origin = request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Origin", "")
    if site and site != "same-origin":
        raise Refused(403, "foreign origin")
    if origin and origin != "null":
        if not _is_ours(origin, config, deployment):
            raise Refused(403, "foreign origin")
    elif not site:
        raise Refused(403, "foreign origin")


def _is_ours(origin: str, config: Config, deployment: Deployment) -> bool:
    ours = urlsplit(deployment.base_url)
    if origin == f"{ours.scheme}://{ours.netloc}":
        return True
    is_here = config.is_loopback and _LOOPBACK.match(f"http://{ours.netloc}")
    return bool(is_here and _LOOPBACK.match(origin))  # 127.0.0.1 and localhost are one demo


def wanted_locale(request: web.Request, default: str) -> str:
    """The reader's language where nobody is signed in: `?lang=`, else the best of Accept-Language, else the default."""
    if (asked := request.query.get("lang", "")) in LOCALES:
        return asked
    ranked: list[tuple[float, int, str]] = []
    for i, part in enumerate(request.headers.get("Accept-Language", "")[:200].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        language = {"nb": "sv", "nn": "sv", "no": "sv", "da": "sv"}.get(tag[:2].lower(), tag[:2].lower())  # neighbours read Swedish
        if language in LOCALES:
            ranked.append((-_quality(quality), i, language))
    return min(ranked)[2] if ranked else default


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
