"""Talking with the desks: commands, buttons and forms, and the answers as pages. The same words as in any chat."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from adapters.guard import Refused
from adapters.portal.asking import Filling, Posted, open_form, read_filling, seal_form
from adapters.portal.env import draw, local, outward
from adapters.portal.inbound import field, nonce_of, to_command, to_event, to_press
from adapters.portal.portal import Portal
from adapters.portal.visits import Visit
from adapters.portal.widgets import Filled, card_html, form_html
from bot.desks import views
from bot.errors import VinkkiError
from bot.messages import Answer, Ask, Command, Correct, Form, Heard, Lookup, LookupField, Offer, Option, Replace, Show, Unknown, say

PAGES = {"/stories": Command("stories"), "/refer": Command("refer"), "/referrals": Command("referrals")} | {
    f"/{word}": Command("vinkki", word) for word in ("leaderboard", "settings", "help")
}
# Buttons that a large screen answers better than a card does: the story beside itself on every platform.
BIG_VIEWS = {"story.preview": "/admin/stories/{}", "story.picture": "/admin/stories/{}/picture"}


class Talk:
    """Routes of the conversation."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def add_routes(self, app: web.Application) -> None:
        """Command pages, the answers, and the three ways to speak."""
        for path in PAGES:
            app.router.add_get(path, self.portal.look(self.command_page))
        app.router.add_get("/answer/{nonce}", self.portal.look(self.answer_page))
        app.router.add_get("/lookup", self.portal.look(self.lookup))
        app.router.add_post("/say", self.portal.act(self.say))
        app.router.add_post("/press", self.portal.act(self.press))
        app.router.add_post("/submit", self.portal.act(self.submit))
        app.router.add_post("/sight", self.portal.act(self.sight))

    async def command_page(self, request: web.Request, visit: Visit) -> web.Response:
        """A command behind a link: asked without a key, since looking changes nothing."""
        return await self.tell(visit, await self._hear(visit, PAGES[request.path]), "/", onward=visit.path)

    async def say(self, request: web.Request, visit: Visit, posted: Posted) -> web.Response:
        """The command box."""
        return await self._speak(visit, to_command(field(posted, "text")), posted)

    async def press(self, request: web.Request, visit: Visit, posted: Posted) -> web.Response:
        """A button. One that leads out of the house answers with a page that goes on by itself (form-action is ours alone)."""
        if sealed := field(posted, "go"):
            await self._hear(visit, to_press(posted), nonce_of(posted))
            return await self._outward(visit, sealed)
        press = to_press(posted)
        if press.action in BIG_VIEWS and press.value.isdecimal():
            return self.portal.go(BIG_VIEWS[press.action].format(press.value))
        return await self._speak(visit, press, posted)

    async def submit(self, request: web.Request, visit: Visit, posted: Posted) -> web.Response:
        """A form: searches of its lookups first, then the whole."""
        form = open_form(field(posted, "form"), visit.person_id, self.portal.hub.deployment.vault.open)
        filling = read_filling(form, posted)
        back = local(field(posted, "back"))
        if unsettled := filling.unsettled(form):
            offers = {f.name: await self.offers(visit, f.source, filling.queries[f.name]) for f in unsettled}
            filling, again = _settle(filling, unsettled, offers)
            if again is not None:
                return await self.ask(visit, form, again, back)
        answer = await self._hear(visit, filling.submission(form), nonce_of(posted))
        if isinstance(answer, Correct):
            return await self.ask(visit, form, Filled(filling.values, answer.errors, queries=filling.queries), back)
        return await self._lead(visit, answer, posted)

    async def sight(self, _request: web.Request, visit: Visit, posted: Posted) -> web.Response:
        """What a form would do as it is filled in now, as JSON for the page's script. Nothing is kept."""
        hub = self.portal.hub
        form = open_form(field(posted, "form"), visit.person_id, hub.deployment.vault.open)
        if form.name not in views.SIGHTS:
            raise Refused(404)
        words = await hub.db.read(views.in_sight, hub.deployment, visit.person_id, hub.clock.now(), read_filling(form, posted).submission(form))
        return self.portal.dressed(web.json_response({"words": visit.words(words)}))

    async def answer_page(self, request: web.Request, visit: Visit) -> web.Response:
        """The answer to a post, once more: reloading it says nothing again."""
        deployment, nonce = self.portal.hub.deployment, request.match_info["nonce"]
        answer = await self.portal.hub.db.read(views.saved_answer, deployment, visit.person_id, nonce)
        if answer is None:
            raise Refused(404)
        return await self.tell(visit, answer, local(request.query.get("back", "/")))

    async def lookup(self, request: web.Request, visit: Visit) -> web.Response:
        """Options for what is being typed, as JSON for the page's script."""
        found = await self.offers(visit, request.query.get("source", "")[:80], request.query.get("q", "")[:100])
        return self.portal.dressed(web.json_response([{"value": o.value, "text": visit.words(o.text)} for o in found]))

    async def offers(self, visit: Visit, source: str, query: str) -> tuple[Option, ...]:
        """What the desk offers for a query."""
        answer = await self._hear(visit, Lookup(source, query))
        return answer.options if isinstance(answer, Offer) else ()

    async def tell(self, visit: Visit, answer: Answer, back: str, onward: str = "") -> web.Response:
        """An answer as a page. `back` is where its way back leads. A page of its own has none; `onward` is its path,
        to which the answers to its buttons lead back."""
        if isinstance(answer, Ask):
            return await self.ask(visit, answer.form, None, back, onward)
        card = answer.card if isinstance(answer, Show | Replace | Unknown) else None
        if card is None:
            raise Refused(400)
        body = draw("answer.html", visit.words, body=card_html(card, visit.frame(onward or back), level=1), back="" if onward else back)
        return await self.portal.page(visit, visit.words(card.title), body, of=onward or back)

    async def ask(self, visit: Visit, form: Form, filled: Filled | None, back: str, of: str = "") -> web.Response:
        """A form as a page; 422 where something in it is wrong. `of` is the place it belongs to, where that is not where it came from."""
        sealed = seal_form(form, visit.person_id, self.portal.hub.deployment.vault.seal)
        body = form_html(form, visit.frame(back), sealed, filled)
        title = visit.words(form.title)
        if filled and filled.errors:
            title = visit.words(say("portal.form.wrong_title", title=title))
        return await self.portal.page(visit, title, body, status=422 if filled and filled.errors else 200, of=of or back)

    async def _hear(self, visit: Visit, heard: Heard, nonce: str = "") -> Answer:
        return (await self.portal.hub.hear(to_event(visit.person_id, heard, nonce))).answer

    async def _speak(self, visit: Visit, heard: Heard, posted: Posted) -> web.Response:
        return await self._lead(visit, await self._hear(visit, heard, nonce_of(posted)), posted)

    async def _lead(self, visit: Visit, answer: Answer, posted: Posted) -> web.Response:
        """On to the answer's own address where it was kept; a refusal changed nothing and is told at once."""
        nonce, back = nonce_of(posted), local(field(posted, "back"))
        kept = await self.portal.hub.db.read(views.saved_answer, self.portal.hub.deployment, visit.person_id, nonce)
        if kept is not None:
            return self.portal.go(f"/answer/{nonce}?back={quote(back, safe='/')}")
        return await self.tell(visit, answer, back)

    async def _outward(self, visit: Visit, sealed: str) -> web.Response:
        try:
            url = outward(self.portal.hub.deployment.vault.open(sealed))
        except VinkkiError:
            raise Refused(400) from None
        title = visit.words(say("portal.outward.title"))
        body = draw("outward.html", visit.words, url=url, title=title)
        response = await self.portal.page(visit, title, body)
        if not url.startswith("mailto:"):
            response.headers["Refresh"] = f"0; url={url}"
        return response


def _settle(filling: Filling, fields: list[LookupField], offers: dict[str, tuple[Option, ...]]) -> tuple[Filling, Filled | None]:
    """Take the only option where there is one; otherwise the form comes back with what there is to choose from."""
    values, errors = dict(filling.values), {}
    for f in fields:
        found = offers[f.name]
        if len(found) == 1 and f.name != filling.search:
            values[f.name] = found[0].value
        elif f.name != filling.search:
            errors[f.name] = say("portal.form.lookup_choose" if found else "portal.form.lookup_none_fits")
    if filling.search or errors:
        return filling, Filled(values, errors, offers, filling.queries)
    return Filling(values, filling.queries, filling.settled), None
