"""A pay run in the browser: its files, its reconciliation, and the file that comes back from payroll."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from aiohttp import web

from adapters.guard import Limiter
from adapters.portal.desks import offered
from adapters.portal.env import draw
from adapters.portal.portal import Portal
from adapters.portal.uploads import receive
from adapters.portal.visits import Visit, require_token
from adapters.portal.widgets import card_html
from bot.desks import views
from bot.desks.hr.files import Line
from bot.errors import Refusal
from bot.messages import Text, say

MOST = 16 * 1024 * 1024  # bytes of a file that comes back
LINES = 200  # differing lines on the page; who has more has taken another file
TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class PayRuns:
    """Routes of a pay run's page."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.tries = Limiter(per_minute=6, burst=12)

    def add_routes(self, app: web.Application) -> None:
        """The page, the file that is brought back, and the files to take away."""
        app.router.add_get(r"/admin/payrun/{number:[0-9]{1,9}}", self.portal.look(self.show))
        app.router.add_post(r"/admin/payrun/{number:[0-9]{1,9}}", self.portal.take(self.bring, self.tries))
        app.router.add_get(r"/payruns/{number:[0-9]{1,9}}.{form:csv|xlsx}", self.portal.look(self.download))

    async def show(self, request: web.Request, visit: Visit) -> web.Response:
        """The run, what it says beside the ledger, and the way to bring its file back."""
        return await self._page(request, visit)

    async def download(self, request: web.Request, visit: Visit) -> web.Response:
        """A closed pay run's file, byte for byte as it was stored."""
        hub, form = self.portal.hub, request.match_info["form"]
        name, content = await hub.db.write(views.pay_run_file, hub.deployment, visit.person_id, hub.clock.now(), _number(request), form)
        named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return self.portal.dressed(web.Response(body=content, content_type=TYPES[form], headers=named))

    async def bring(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The file came back: what is in it is paid, or the page names every line that differs."""
        hub = self.portal.hub
        await hub.db.read(views.pay_run_look, hub.deployment, visit.person_id, hub.clock.now(), _number(request))  # before a byte is read
        upload = await receive(request, "payrun", visit.csrf, lambda given: require_token(visit, given), MOST)
        if upload is None:
            return await self._page(request, visit, why=say("portal.file.missing"))
        with upload.file as file:
            file.seek(0)
            brought = await asyncio.to_thread(file.read)
        try:
            wrong = await hub.db.write(views.pay_by_file, hub.deployment, visit.person_id, hub.clock.now(), _number(request), brought)
        except Refusal as refusal:
            if refusal.key == "forbidden":
                raise
            return await self._page(request, visit, why=say(refusal.key, **refusal.params))
        if wrong:
            return await self._page(request, visit, why=say("payruns.loaded.edited", number=str(_number(request)), count=len(wrong)), wrong=wrong)
        hub.wake()
        return self.portal.go(request.path)

    async def _page(self, request: web.Request, visit: Visit, why: Text | None = None, wrong: Sequence[Line] = ()) -> web.Response:
        hub = self.portal.hub
        look = await hub.db.read(views.pay_run_look, hub.deployment, visit.person_id, hub.clock.now(), _number(request))
        frame = visit.frame()
        body = draw("payrun.html", visit.words, card=card_html(look.card, frame, level=1), check=card_html(look.check, frame, level=2), is_open=look.is_open,
                    why=why, wrong=wrong[:LINES], path=request.path, tabs=offered(visit), here="payrun", f=frame)  # fmt: skip
        return await self.portal.page(visit, visit.words(look.card.title), body, status=422 if why else 200)


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])
