"""Kind pages for whoever has no session, or none that matters: a share link that leads nowhere any more, and whatever went wrong.

Drawn without the database, from words and a status alone: nothing of what was sent comes back.
"""

from __future__ import annotations

from aiohttp import web

from adapters.portal import headers
from adapters.portal.env import draw
from adapters.portal.visits import wanted_locale
from bot.desks import Deployment
from bot.messages import say
from content.catalog import Words

TOLD = (400, 401, 403, 404, 405, 408, 413, 429, 500, 503)  # statuses with words of their own
PUBLIC = ("/s/", "/r/")  # who comes by these has no start page here


def told(status: int) -> int:
    """The status whose words say best what happened."""
    return status if status in TOLD else 400 if 400 <= status < 500 else 500


def visitor_page(kind: str, locale: str, organisation: str = "", *, status: int = 404, path: str = PUBLIC[0]) -> str:
    """A whole page for a share link that has `expired`, whose story was `recalled`, that is `unknown`; or for a `problem`, in the
    words of its status. `path` (never shown) decides whether it leads on to the start page. No script, nothing from elsewhere;
    send it with headers.PUBLIC."""
    words = Words(locale)
    key = f"problem.title_{told(status)}" if kind == "problem" else f"visitor.{kind}_title"
    has_home = not path.startswith(PUBLIC)
    return draw("visitor.html", words, kind=kind, status=told(status), title=words(say(f"portal.{key}")), organisation=organisation, has_home=has_home)


def stop(request: web.Request, deployment: Deployment, kind: str, status: int) -> web.Response:
    """Such a page as the answer to a request, in the language of the reader's browser."""
    locale = wanted_locale(request, deployment.default_locale)
    html = visitor_page(kind, locale, deployment.organisation, status=status, path=request.path)
    response = web.Response(text=html, status=status, content_type="text/html")
    headers.dress(response, headers.PUBLIC, referrer="no-referrer", is_https=deployment.base_url.startswith("https://"))
    return response
