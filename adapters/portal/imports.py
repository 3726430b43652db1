"""People, openings and stories from a CSV file, in the browser: bring it, see what it would do, and only then let it be done.

Nothing is read of a file's body before origin, session, role and the session's token are settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from aiohttp import web

from adapters import ats
from adapters.feeds import import_found, table
from adapters.guard import Limiter
from adapters.portal.asking import Posted
from adapters.portal.desks import offered
from adapters.portal.env import draw
from adapters.portal.inbound import field
from adapters.portal.portal import Portal
from adapters.portal.uploads import Shelf, Upload, receive
from adapters.portal.visits import Visit, require_token
from bot.desks.hr import files
from bot.desks.hr.files import FileReport
from bot.errors import Refusal
from bot.messages import Copyable, say

LINES = 200  # refused lines on a page
log = structlog.get_logger("vinkki.portal")


class Imports:
    """Routes of the import pages, and the thread in which one file after the other is worked on."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.shelf = Shelf()
        self.tries = Limiter(per_minute=6, burst=12)
        self.is_stopping = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="import")
        self._tasks: set[asyncio.Task[None]] = set()

    def add_routes(self, app: web.Application) -> None:
        """The form, the file, what it would do, and the yes."""
        base = "/admin/{noun:people|openings|stories}/import"
        app.router.add_get(base, self.portal.look(self.form))
        app.router.add_post(base, self.portal.take(self.bring, self.tries))
        app.router.add_get(base + "/{id:[A-Za-z0-9_-]{16,40}}", self.portal.look(self.show))
        app.router.add_post(base + "/{id:[A-Za-z0-9_-]{16,40}}", self.portal.act(self.confirm))

    async def stop(self) -> None:
        """Let the file that is being read stop where it is and the one that is put in place come to its end; forget the rest."""
        self.is_stopping = True
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.shelf.clear()

    async def form(self, request: web.Request, visit: Visit) -> web.Response:
        """Choose a file."""
        await self._require(request, visit)
        return await self._form(request, visit)

    async def bring(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The file came: keep it, and begin to see what it would do."""
        await self._require(request, visit)
        noun = request.match_info["noun"]
        upload = await receive(request, noun, visit.csrf, lambda given: require_token(visit, given))
        if upload is None:
            return await self._form(request, visit, is_missing=True)
        self.shelf.put(upload)
        self._begin(upload, visit.person_id, is_dry_run=True)
        return self.portal.go(f"/admin/{noun}/import/{upload.id}")

    async def show(self, request: web.Request, visit: Visit) -> web.Response:
        """How far it is; what it would do or did; or that the file is not here any more."""
        await self._require(request, visit)
        upload = self._upload(request, visit)
        start = request.query.get("from", "0")
        first = min(int(start[:7]), 10_000_000) if start.isdecimal() and start.isascii() else 0
        refused = upload.report.refused if upload and upload.report else ()
        return await self._page(request, visit, "import_state.html", 200 if upload else 410, u=upload, path=request.path, first=first,
                                shown=refused[first : first + LINES], next=first + LINES if first + LINES < len(refused) else 0, step=LINES)  # fmt: skip

    async def confirm(self, request: web.Request, visit: Visit, posted: Posted) -> web.StreamResponse:
        """The yes: do it. Pressed twice it is done once."""
        await self._require(request, visit)
        upload = self._upload(request, visit)
        if upload and upload.state == "ready":
            self._begin(upload, visit.person_id, is_dry_run=False, may_retire=field(posted, "retire") == "yes")
        return self.portal.go(request.path)

    async def _require(self, request: web.Request, visit: Visit) -> None:
        hub = self.portal.hub
        await hub.db.read(files.require, hub.deployment, hub.clock.now(), visit.person_id, request.match_info["noun"])

    def _upload(self, request: web.Request, visit: Visit) -> Upload | None:
        return self.shelf.get(request.match_info["noun"], request.match_info["id"], visit.csrf)

    async def _form(self, request: web.Request, visit: Visit, *, is_missing: bool = False) -> web.Response:
        columns = Copyable(say("portal.file.columns"), ",".join(files.COLUMNS[request.match_info["noun"]]))
        return await self._page(request, visit, "import.html", 422 if is_missing else 200, columns=columns, is_missing=is_missing, path=request.path)

    async def _page(self, request: web.Request, visit: Visit, template: str, status: int, **values: object) -> web.Response:
        noun = request.match_info["noun"]
        title = visit.words(say(f"portal.file.title_{noun}"))
        body = draw(template, visit.words, noun=noun, title=title, tabs=offered(visit), here=noun, f=visit.frame(), **values)
        return await self.portal.page(visit, title, body, status=status)

    def _begin(self, upload: Upload, person_id: int, *, is_dry_run: bool, may_retire: bool = False) -> None:
        upload.state, upload.seen = "reading" if is_dry_run else "running", 0
        task = asyncio.create_task(self._work(upload, self._run(upload, person_id, is_dry_run=is_dry_run, may_retire=may_retire)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, upload: Upload, run: Callable[[], FileReport]) -> None:
        try:
            upload.report = await asyncio.get_running_loop().run_in_executor(self._thread, run)
            upload.state = "done" if upload.report.is_done else "ready"
        except Refusal as refusal:
            upload.state, upload.why = "failed", say(refusal.key, **refusal.params)
        except (Exception, asyncio.CancelledError):
            if not self.is_stopping:
                log.exception("a file could not be imported", noun=upload.noun)
            upload.state, upload.why = "failed", say("portal.file.broken")
        if upload.state != "ready" or not self.shelf.holds(upload):
            upload.file.close()
        self.portal.hub.wake()

    def _run(self, upload: Upload, person_id: int, *, is_dry_run: bool, may_retire: bool) -> Callable[[], FileReport]:
        hub, now = self.portal.hub, self.portal.hub.clock.now()

        def seen(count: int) -> None:
            upload.seen = count

        def people() -> FileReport:
            lines = upload.lines(lambda: self.is_stopping)
            return files.import_people(hub.db, hub.deployment, now, person_id, lines, is_dry_run=is_dry_run, may_retire=may_retire, progress=seen)

        def openings() -> FileReport:
            take = files.rehearse_openings if is_dry_run else files.take_openings
            run = ats.import_openings(hub.db, hub.deployment, now, person_id, upload.lines(lambda: self.is_stopping), seen, take)
            return files.openings_report(run, is_dry_run=is_dry_run)

        def stories() -> FileReport:
            take = files.rehearse_stories if is_dry_run else files.take_stories
            found = table.read(upload.lines(lambda: self.is_stopping))
            run = import_found(hub.db, hub.deployment, now, person_id, found, seen, take)
            return files.stories_report(run.looked_at, run.new, run.known, run.refused, is_dry_run=is_dry_run)

        return {"people": people, "openings": openings, "stories": stories}[upload.noun]
