"""The guided tour: which step is next, as whom it is walked, where it begins, and which buttons it takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from markupsafe import Markup, escape
from sqlmodel import Session

from bot.desks import tour
from bot.messages import Say, say
from content import Words

# Who walks each step, and the page on which it begins. None: the step is nobody's in the company (a visitor, a candidate).
_WALKED_BY: dict[str, tuple[str, str]] = {
    "publish": ("nora.lind@meri.example", "/admin/stories"),
    "share": ("elias.koski@meri.example", "/"),
    "click": ("", ""),
    "link": ("elias.koski@meri.example", "/refer"),
    "confirm": ("", ""),
    "hire": ("daniel.okafor@meri.example", "/recruiting"),
    "board": ("elias.koski@meri.example", "/referrals"),
    "wait": ("", "/demo/clock"),
    "approve": ("nora.lind@meri.example", "/admin/bonuses"),
    "payrun": ("anna.lehto@meri.example", "/admin/payrun"),
}
CAST = tuple(dict.fromkeys(email for email, _ in _WALKED_BY.values() if email))

# The words of buttons and fields, from their own places: the tour names them as they are.
LABELS: dict[str, Say] = {
    "drafts": say("stories.tab.draft", count=0),
    "open": say("stories.button.open"),
    "preview": say("stories.button.preview"),
    "back": say("stories.button.back"),
    "test": say("stories.button.test"),
    "start": say("portal.nav.home"),
    "publish": say("stories.button.publish"),
    "look": say("stories.plan.submit"),
    "publish_now": say("stories.button.publish_now"),
    "share": say("stories.button.share"),
    "use": say("shares.button.use"),
    "network": say("shares.form.network"),
    "go_on": say("shares.form.submit"),
    "copy": say("portal.copy"),
    "open_network": say("shares.button.open", network=say("shares.network.linkedin")),
    "opening": say("refer.form.opening"),
    "get_link": say("refer.form.submit"),
    "may_see": say("candidate.tick.referrer_may_see", referrer="Elias Koski"),
    "contact_me": say("candidate.form.submit"),
    "take": say("recruiter.button.taken"),
    "contacted": say("recruiter.button.contacted"),
    "interview": say("recruiter.button.interviewing"),
    "offer": say("recruiter.button.offered"),
    "hired": say("recruiter.button.hired"),
    "mark_hired": say("recruiter.hire.submit"),
    "mailbox": say("demo.mailbox"),
    "join": say("leaderboard.button.join"),
    "stories": say("portal.nav.stories"),
    "leaderboard": say("portal.nav.leaderboard"),
    "more": say("portal.nav.more"),
    "forward": say("demo.forward", count=90),
    "still_here": say("bonuses.still_here"),
    "close": say("payruns.close", currency="EUR"),
    "download": say("payruns.download_csv"),
    "why": say("bonuses.why"),
    "ledger": say("portal.desk.ledger"),
}
_COUNT = re.compile(r"\s*\(\d+\)$")  # "Drafts (15)" is looked for as "Drafts"
_FROM, _TO = "\N{START OF TEXT}", "\N{END OF TEXT}"


@dataclass(frozen=True)
class Stop:
    """One step of the tour as it is shown. `person_id` is None where nobody needs to be switched to."""

    number: int
    name: str
    is_done: bool
    is_next: bool
    person_id: int | None
    person_name: str
    path: str
    visit: str  # a link of our own to open in another tab, or the empty text


@dataclass(frozen=True)
class Guide:
    """The tour as it stands: the stops, and the one to make next (None at the end)."""

    stops: Sequence[Stop]

    @property
    def next(self) -> Stop | None:
        """The first stop that has not been made."""
        return next((s for s in self.stops if s.is_next), None)

    @property
    def done(self) -> int:
        """How many stops have been made."""
        return sum(s.is_done for s in self.stops)


def guide(session: Session, since: datetime) -> Guide:
    """The tour as it stands; the first step that has not happened is the next one."""
    people = {c.email: c for c in tour.characters(session)}
    by_id = {c.person_id: c for c in people.values()}
    newest = tour.newest(session, since)
    visits = {"click": newest.share and f"/s/{newest.share}", "confirm": newest.referral and f"/r/{newest.referral}"}
    made: list[Stop] = []
    for number, step in enumerate(tour.steps(session, since), start=1):
        email, path = _WALKED_BY[step.name]
        who = people.get(email)
        if step.name == "hire" and (recruiter := tour.recruiter_of_newest(session, since)):
            who = by_id.get(recruiter, who)
        is_next = not step.is_done and all(s.is_done for s in made)
        visit = visits.get(step.name) or ""
        made.append(Stop(number, step.name, step.is_done, is_next, who.person_id if who else None, who.name if who else "", path, visit))
    return Guide(made)


def presses(words: Words, stop: Stop | None) -> list[Markup]:
    """What to press in a step, one line each, with the words of buttons set off; at the end, what else there is to see."""
    labels = {label: f"{_FROM}{_COUNT.sub('', words(text))}{_TO}" for label, text in LABELS.items()}
    lines = words(say(f"tour.{stop.name}.press" if stop else "tour.after", **labels)).split("\n")
    return [Markup(str(escape(line)).replace(_FROM, "<b>").replace(_TO, "</b>")) for line in lines]  # noqa: S704 escaped, then our own marks


def is_within(path: str, begins: str) -> bool:
    """Whether a page belongs to the step that begins on another one: below it, or an answer that leads back to it."""
    bare, _, query = path.partition("?")
    if bare.startswith("/answer/"):
        bare = parse_qs(query).get("back", [""])[0].partition("?")[0]
    return bare in (begins, "/submit") or (begins != "/" and bare.startswith(f"{begins}/"))
