"""Who may do what: every command, button, form and lookup of every desk, for everybody, with good values and with hostile ones.

The tables below are the oracle. A new button must be entered here, with who may press it and a value on which it works.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import START
from flows.full_house import ACTORS, FullHouse, Rehearsal, full_house, run
from story_world import text_of
from tests_postgres import fresh_database

from bot import desks
from bot.db import Database
from bot.desks import Deployment
from bot.desks.tables import TABLE
from bot.messages import Answer, Ask, Caller, Command, Correct, Event, Heard, HomeOpened, Lookup, Press, Submission, Unknown, answer_json
from bot.vault import Vault

ALL = frozenset(ACTORS)
HR, STORIES, RECRUITING, PAY = frozenset({"hr"}), frozenset({"hr", "curator"}), frozenset({"hr", "recruiter"}), frozenset({"hr", "payroll"})


@dataclass(frozen=True)
class May:
    """Who may do something. `value` works for all of them (`{name}` is filled from the house); `writes`: it then changes something.

    `any_value`: it works whatever the value is. `or_new`: without a value it makes something new.
    `else_told`: what others are told where it is not simply forbidden, such as that its object does not exist.
    """

    who: frozenset[str]
    value: str = ""
    writes: bool = False
    any_value: bool = False
    or_new: bool = False
    else_told: str = ""
    fields: dict[str, str] = field(default_factory=dict)


COMMANDS: dict[str, May] = {
    **{name: May(ALL) for name in ("vinkki help", "vinkki home", "refer", "referrals", "stories", "vinkki leaderboard", "vinkki propose", "vinkki settings",
                                   "vinkki bonuses")},
    "vinkki recruiting": May(RECRUITING), "admin openings": May(RECRUITING), "admin boards": May(HR), "admin promises": May(HR),
    "admin stories": May(STORIES), "admin calendar": May(STORIES),
    "admin feeds": May(STORIES), "admin strategy": May(STORIES), "admin nurture": May(STORIES), "admin audiences": May(STORIES),
    "vinkki thanks": May(ALL), "admin splits": May(HR), "admin payrun": May(PAY), "admin ledger": May(PAY),
    "admin people": May(HR, "salo"), "admin settings": May(HR), "admin bonuses": May(HR), "admin plans": May(HR),
    "admin campaigns": May(HR), "admin charities": May(HR), "admin forecast": May(PAY), "admin deliveries": May(HR),
    "admin privacy": May(HR), "admin room": May(HR, "admin", writes=True),
}  # fmt: skip

BUTTONS: dict[str, May] = {
    "front.run": May(ALL, "vinkki help"), "front.home": May(ALL), "front.connect": May(ALL),
    "refer.start": May(ALL, "{opening}"), "refer.reword": May(ALL, "{link}:0"), "refer.invite": May(ALL, "{link}"),
    "retention.page": May(HR, "0"), "retention.keep": May(HR, "{taken}"), "retention.let_go": May(HR, "{taken}", writes=True),
    "retention.erase": May(HR, any_value=True),
    "referral.endorse": May(frozenset({"employee"}), "{confirmed}", else_told="endorse.not_now"), "referrals.page": May(ALL, "0"),
    "bonus.explain": May(PAY | {"employee"}, "{bonus_eligible}", else_told="bonuses.gone"), "bonus.mine": May(ALL, "0"),
    "stories.more": May(ALL, "1"), "story.share": May(ALL, "{published}", writes=False), "story.caption": May(ALL, "{published}:{caption}:"),
    "share.opened": May(ALL, "{share}", writes=True), "story.propose": May(ALL),
    "leaderboard.join": May(ALL, writes=True, any_value=True), "leaderboard.leave": May(ALL),
    "profile.edit": May(ALL), "profile.leave": May(ALL, writes=True, any_value=True), "profile.join": May(ALL),
    "profile.erase": May(frozenset({"employee"}), else_told="privacy.erase.own_roles"),
    "people.erase": May(HR, "{me_of_colleague}"),
    "referral.take": May(RECRUITING, "{confirmed}:{confirmed_v}", writes=True), "referral.contact": May(RECRUITING, "{taken}:{taken_v}", writes=True),
    "referral.interview": May(RECRUITING, "{contacted}:{contacted_v}", writes=True),
    "referral.offer": May(RECRUITING, "{interviewing}:{interviewing_v}", writes=True),
    "referral.hire": May(RECRUITING, "{offered}:{offered_v}"), "referral.decline": May(RECRUITING, "{offered}:{offered_v}"),
    "referral.open": May(RECRUITING, "{taken}:{taken_v}"), "referral.show": May(RECRUITING, "{taken}"),
    "referral.match": May(RECRUITING, "{general}:{general_v}"), "referral.joined": May(RECRUITING, "{hired}:{hired_v}"),
    "referral.still": May(RECRUITING, "{taken}:{taken_v}", writes=True), "referral.reassign": May(RECRUITING, "{taken}:{taken_v}"),
    "referral.take_over": May(RECRUITING, "{confirmed}:{confirmed_v}", writes=True), "referral.remind": May(RECRUITING, "{taken}:{taken_v}", writes=True),
    "referral.note": May(RECRUITING, "{taken}:{taken_v}"), "promises.page": May(HR, "0"), "outside.add": May(HR),
    "referral.merge": May(HR, "{taken}:{taken_v}"), "referral.owner": May(HR, "{taken}:{taken_v}"),
    "leave.edit": May(RECRUITING, "{me}"), "leave.end": May(RECRUITING, "{me}", writes=True),
    "recruiting.page": May(RECRUITING, "0"), "openings.page": May(RECRUITING, "0"),
    "opening.new": May(HR), "opening.edit": May(HR, "{opening}"), "opening.close": May(HR, "{opening}:{opening_v}", writes=True),
    "opening.reopen": May(HR, "{closed}:{closed_v}", writes=True),
    "board.page": May(HR, "0"), "board.open": May(HR, "{board}"), "board.new": May(HR), "board.edit": May(HR, "{board}"),
    "board.now": May(HR, "{board}:{board_v}", writes=True), "board.stop": May(HR, "{board}:{board_v}", writes=True),
    "board.start": May(HR, "{board_off}:{board_off_v}", writes=True), "board.remove": May(HR, "{board}:{board_v}", writes=True),
    "board.empty": May(HR, "{board}:{board_v}", writes=True), "board.report": May(HR, "{board_report}:0"),
    "board.close": May(HR, "{vanished}:{vanished_v}", writes=True), "board.keep": May(HR, "{vanished}:{vanished_v}", writes=True),
    "board.close_all": May(HR, "{board_report}", writes=True),
    "feed.page": May(STORIES, "0"), "feed.open": May(STORIES, "{feed}"), "feed.new": May(STORIES), "feed.edit": May(STORIES, "{feed}"),
    "feed.now": May(STORIES, "{feed}:{feed_v}", writes=True), "feed.stop": May(STORIES, "{feed}:{feed_v}", writes=True),
    "feed.start": May(STORIES, "{stopped}:{stopped_v}", writes=True), "feed.remove": May(STORIES, "{feed}:{feed_v}", writes=True),
    "story.picture": May(STORIES, "{draft}"),
    "stories.tab": May(STORIES, "draft:0"), "story.open": May(STORIES, "{draft}"), "story.write": May(STORIES), "story.edit": May(STORIES, "{draft}"),
    "story.captions": May(STORIES, "{draft}"), "story.caption_form": May(STORIES, "{draft}:en:"), "story.preview": May(STORIES, "{draft}"),
    "story.test": May(STORIES, "{draft}", writes=True), "story.plan": May(STORIES, "{draft}:{draft_v}"),
    "story.go": May(STORIES, "{draft}:{draft_v}", writes=True), "story.unschedule": May(STORIES, "{scheduled}:{scheduled_v}", writes=True),
    "story.recall": May(STORIES, "{published}:{published_v}"), "story.correct": May(STORIES, "{published}:{published_v}"),
    "story.versions": May(STORIES, "{draft}:0"), "story.version": May(STORIES, "{draft}:{version}"), "story.languages": May(STORIES, "{draft}"),
    "story.wording": May(STORIES, "{draft}:sv"), "story.restore": May(STORIES, "{draft}:{draft_v}:{version}", writes=True),
    "calendar.page": May(STORIES, "0"), "calendar.address": May(STORIES, writes=True, any_value=True),
    "calendar.revoke": May(STORIES, writes=True, any_value=True),
    "story.approve": May(STORIES, "{review}:{review_v}"),
    "story.refuse": May(STORIES, "{review}:{review_v}"),
    "strategy.open": May(STORIES, "{strategy}"), "strategy.more": May(STORIES, "0"), "strategy.create": May(STORIES),
    "strategy.measure": May(STORIES, "{strategy}"), "strategy.report": May(STORIES), "strategy.change": May(STORIES, "{strategy}"),
    "strategy.action": May(STORIES, "{strategy}"), "strategy.less": May(STORIES, "{strategy}"), "strategy.close": May(STORIES, "{strategy}", writes=True),
    "story.override": May(STORIES, "{held}:{held_v}"), "audience.refine": May(STORIES, "{audience}"), "audience.named": May(STORIES, "{audience}"),
    "nurture.list": May(STORIES, "0"), "nurture.open": May(STORIES, "{nurture}"), "nurture.begin": May(STORIES, "{bare_opening}"),
    "nurture.add": May(STORIES, "{nurture}"), "nurture.step": May(STORIES, "{step}"), "nurture.choose": May(STORIES, "{step}"),
    "audience.page": May(STORIES, "0"), "audience.open": May(STORIES, "{audience}"), "audience.new": May(STORIES), "audience.edit": May(STORIES, "{audience}"),
    "audience.retire": May(STORIES, "{audience}", writes=True),
    "people.find": May(HR), "people.open": May(HR, "{me}"), "people.roles": May(HR, "{me}"), "people.leavers": May(HR, "0"),
    "settings.page": May(HR, "0"), "settings.edit": May(HR, "referral.take_days"), "settings.undo": May(HR, "referral.take_days", writes=True),
    "deliveries.more": May(HR, "0"), "delivery.retry": May(HR, "{parked}", writes=True), "delivery.retry_all": May(HR, writes=True, any_value=True),
    "lane.pause": May(HR, "portal", writes=True), "lane.resume": May(HR, "mail", writes=True),
    "bonus.page": May(PAY, "all:0"), "bonus.approve": May(HR, "{bonus_eligible}:{bonus_eligible_v}", writes=True),
    "bonus.confirm": May(HR, "{bonus_held}:{bonus_held_v}", writes=True), "bonus.refuse": May(HR, "{bonus_ruled}:{bonus_ruled_v}", writes=True),
    "bonus.void": May(HR, "{bonus_eligible}:{bonus_eligible_v}", writes=True), "bonus.hold": May(HR, "{bonus_eligible}:{bonus_eligible_v}"),
    "bonus.take_back": May(HR, "{bonus_second}:{bonus_second_v}", writes=True), "bonus.end": May(HR, "{bonus_held}:{bonus_held_v}"),
    "bonus.pass": May(HR, "{bonus_held}:{bonus_held_v}"), "bonus.clawback": May(HR, "{bonus_paid}:{bonus_paid_v}", writes=True),
    "bonus.recovered": May(HR, "{bonus_asked}:{bonus_asked_v}", writes=True), "bonus.waive": May(HR, "{bonus_asked}:{bonus_asked_v}"),
    "split.show": May(HR, "{hired}"), "split.edit": May(HR, "{hired}:0"), "split.list": May(HR), "payrun.check": May(PAY, "{run}"),
    "split.accept": May(frozenset({"employee"}), "{split}:1", writes=True, else_told="splits.gone"),
    "split.decline": May(frozenset({"employee"}), "{split}:1", writes=True, else_told="splits.gone"),
    "thanks.yes": May(ALL, writes=True, any_value=True), "thanks.no": May(ALL, writes=True, any_value=True),
    "payrun.open": May(PAY), "payrun.more": May(PAY, "0"), "payrun.close": May(PAY, "EUR", writes=True), "payrun.show": May(PAY, "{run}"),
    "payrun.pay": May(PAY, "{run}", writes=True), "payrun.back": May(PAY, "{bonus_exported}:{bonus_exported_v}", writes=True),
    "ledger.open": May(PAY), "ledger.more": May(PAY, "3"),
    "plan.new": May(HR), "plan.change": May(HR, "{plan}"), "plan.put": May(HR, "{plan_draft}", writes=True), "plan.more": May(HR, "0"),
    "plan.show": May(HR, "{plan}"), "plan.try": May(HR, "{plan}"), "plan.budget": May(HR, "{plan}"), "forecast.show": May(PAY),
    "campaigns.show": May(HR), "campaigns.page": May(HR, "0"), "campaign.new": May(HR), "campaign.start": May(HR, "{campaign_draft}", writes=True),
    "campaign.end": May(HR, "{campaign}", writes=True),
    "charities.show": May(HR), "charities.page": May(HR, "0"), "charity.new": May(HR), "charity.remove": May(HR, "{charity}", writes=True),
    "referral.start": May(RECRUITING, "{hired}:{hired_v}"), "referral.start_is": May(RECRUITING, "{begun}:{begun_v}", writes=True),
    "referral.newcomer": May(RECRUITING, "{hired_2}:{hired_2_v}:{me_of_colleague}", writes=True), "referral.facts": May(RECRUITING, "{taken}:{taken_v}"),
}  # fmt: skip

_STORY = {"title": "T", "link": "https://meri.example/x", "kind": "give", "language": "en", "summary": "", "topics": "a,b", "image_url": "", "image_alt": "",
          "is_internal": ""}  # fmt: skip
_READ = {"title": "T", "summary": "S", "image_url": "https://meri.example/i.png", "image_alt": "", "language": "fi", "site": "Meri"}
_OPENING = {"title": "T", "language": "en", "department": "", "location": "", "country": "", "recruiter": "", "hiring_manager": "", "plan": "",
            "open_until": "", "description": "", "link": ""}  # fmt: skip
_MEASURE = {"figure": "shares", "target": "5", "deadline": "2026-12-31"}
FORMS: dict[str, May] = {
    "front.connect": May(ALL, fields={"email": "aino.salo@meri.example"}),
    "refer.link": May(ALL, "", writes=True, any_value=True, fields={"opening": "", "opening_2": "", "opening_3": "", "language": "fi"}),
    "refer.reword": May(ALL, "{link}:1", fields={"text": "Hi"}),
    "refer.invite": May(ALL, "{link}", writes=True, fields={"email": "somebody@example.com", "language": "fi", "asked": "yes"}),
    "retention.keep": May(HR, "{taken}", writes=True, fields={"reason": "claim", "days": "60"}),
    "retention.erase": May(HR, writes=True, any_value=True, fields={"address": "asked@example.com", "sure": "yes"}),
    "referral.endorse": May(frozenset({"employee"}), "{confirmed}", writes=True, else_told="endorse.not_now", fields={"known": "k", "why": "w"}),
    "story.share": May(ALL, "{published}:{caption}", writes=True, fields={"text": "Hi", "network": "mastodon", "instance": "mastodon.social"}),
    "story.propose": May(ALL, writes=True, any_value=True, fields={"link": "https://meri.example/x", "title": "T", "why": "w", "caption": "c"}),
    "story.found": May(ALL, "{clip}", writes=True, fields={**_READ, "unread": ""}), "story.fill": May(STORIES, "{draft}:{draft_v}", writes=True, fields=_READ),
    "feed.save": May(STORIES, "{feed}:{feed_v}", writes=True, or_new=True,
                     fields={"name": "N", "url": "https://meri.example/n", "kind": "give", "audience": "0", "strategy": "0", "language": ""}),
    "board.save": May(HR, "{board}:{board_v}", writes=True, or_new=True, fields={"name": "N", "url": "https://meri.example/jobs", "language": "fi"}),
    "profile.save": May(ALL, writes=True, any_value=True,
                        fields={"language": "sv", "time_zone": "Europe/Stockholm", "platform": "mail", "paused_until": "2026-04-01", "leaderboard": "yes"}),
    "referral.reassign": May(RECRUITING, "{taken}:{taken_v}", writes=True, fields={"recruiter": "{me_of_hr}"}),
    "referral.note": May(RECRUITING, "{taken}", writes=True, fields={"text": "Speaks Finnish"}),
    "referral.merge": May(HR, "{taken}:{taken_v}", writes=True, fields={"other": "{contacted}", "why": "Same telephone"}),
    "referral.owner": May(HR, "{taken}:{taken_v}", writes=True, fields={"person": "{me_of_colleague}", "reason": "Asked first"}),
    "outside.add": May(HR, writes=True, any_value=True, fields={"referrer": "{me_of_colleague}", "opening": "", "name": "N", "email": "n@example.com",
                                                                "language": "fi", "source": "s", "proof": "p", "see": ""}),
    "leave.save": May(RECRUITING, "{me}", writes=True, fields={"from_on": "2026-05-01", "until_on": "2026-05-20", "deputy": "{deputy}"}),
    "referral.decline": May(RECRUITING, "{offered}:{offered_v}", writes=True, fields={"words": "timing", "own": "o", "reason": "r"}),
    "referral.hire": May(RECRUITING, "{offered}:{offered_v}", writes=True, fields={"start_on": "2026-04-01", "email": ""}),
    "referral.match": May(RECRUITING, "{general}:{general_v}", writes=True, fields={"opening": "{opening}"}),
    "referral.joined": May(RECRUITING, "{hired}:{hired_v}", writes=True, fields={"email": "bo.ek@meri.example"}),
    "opening.create": May(HR, writes=True, any_value=True, fields=_OPENING),
    "opening.edit": May(HR, "{opening}:{opening_v}", writes=True, fields=_OPENING),
    "story.write": May(STORIES, "{draft}:{draft_v}", writes=True, or_new=True, fields=_STORY),
    "story.captions": May(STORIES, "{draft}:en:x", writes=True, fields={"texts": "One\n\nTwo", "network": "x"}),
    "story.plan": May(STORIES, "{draft}:{draft_v}", writes=True,
                      fields={"audience": "0", "strategy": "{strategy}", "day": "2026-03-20", "time": "10:00", "until": "2026-12-31"}),
    "story.recall": May(STORIES, "{published}:{published_v}", writes=True, fields={"words": "w"}),
    "story.correct": May(STORIES, "{published}:{published_v}", writes=True,
                         fields={"title": "T", "link": "https://meri.example/y", "summary": "S", "image_url": "", "image_alt": "", "words": "w"}),
    "story.restore": May(STORIES, "{draft}:{draft_v}:{version}", writes=True, fields={"words": "w"}),
    "story.wording": May(STORIES, "{draft}:sv", writes=True, fields={"title": "T", "summary": "S", "link": "", "words": ""}),
    "story.approve": May(STORIES, "{review}:{review_v}", writes=True, fields={"word": ""}),
    "story.refuse": May(STORIES, "{review}:{review_v}", writes=True, fields={"word": "no"}),
    "strategy.create": May(STORIES, writes=True, any_value=True, fields={"name": "N", "goal": "G", "audience": "0", **_MEASURE}),
    "strategy.measure": May(STORIES, "{strategy}", writes=True, fields=_MEASURE),
    "strategy.change": May(STORIES, "{strategy}", writes=True, fields={"name": "N", "goal": "G", "audience": "0"}),
    "strategy.action": May(STORIES, "{strategy}", writes=True, fields={"audience": "0", "kind": "give", "every": "14"}),
    "strategy.less": May(STORIES, "{strategy}", writes=True, fields={"part": "m1"}),
    "story.override": May(STORIES, "{held}:{held_v}", writes=True, fields={"reason": "The yard closes on Friday."}),
    "audience.refine": May(STORIES, "{audience}", writes=True, fields={"topics": "", "joined_before": "2026-01-01", "joined_after": ""}),
    "audience.named": May(STORIES, "{audience}", writes=True, fields={"named": "", "without": "bo.ek@meri.example"}),
    "nurture.begin": May(STORIES, "{bare_opening}", writes=True, fields={"audience": "0", "day": "2026-04-01"}),
    "nurture.add": May(STORIES, "{nurture}", writes=True, fields={"kind": "give", "day": "2026-03-20", "note": "n"}),
    "nurture.step": May(STORIES, "{step}", writes=True, fields={"kind": "give", "day": "2026-03-20", "note": "n", "drop": ""}),
    "nurture.choose": May(STORIES, "{step}", writes=True, fields={"story": "{draft}"}),
    "audience.save": May(STORIES, "{audience}", writes=True, or_new=True,
                         fields={"name": "N", "kinds": "employee", "languages": "en", "departments": "", "under": "", "everybody": "yes"}),
    "profile.erase": May(frozenset({"employee"}), writes=True, any_value=True, else_told="privacy.erase.own_roles", fields={"sure": "yes"}),
    "people.erase": May(HR, "{me_of_colleague}", writes=True, fields={"sure": "yes"}),
    "people.find": May(HR, fields={"person": "{me}"}), "people.roles": May(HR, "{me_of_colleague}", writes=True, fields={"roles": "curator"}),
    "settings.save": May(HR, "referral.take_days", writes=True, fields={"value": "7"}),
    "bonus.hold": May(HR, "{bonus_eligible}:{bonus_eligible_v}", writes=True, fields={"reason": "hr_question"}),
    "bonus.end": May(HR, "{bonus_held}:{bonus_held_v}", writes=True, fields={"reason": "hr_agreed"}),
    "bonus.pass": May(HR, "{bonus_ruled}:{bonus_ruled_v}", writes=True, fields={"reason": "Asked"}),
    "bonus.waive": May(HR, "{bonus_asked}:{bonus_asked_v}", writes=True, fields={"reason": "Asked"}),
    "split.propose": May(HR, "{hired_2}:0", writes=True,
                         fields={"person_1": "{me_of_employee}", "share_1": "50", "person_2": "{me_of_colleague}", "share_2": "50,00", "reason": ""}),
    "plan.try": May(HR, "{plan}", fields={"opening": "{opening}", "start_on": "2026-04-01"}),
    "plan.budget": May(HR, "{plan}", writes=True, fields={"cap": "5000", "period": "year", "warn_percent": "80", "is_stopping": ""}),
    "campaign.save": May(HR, writes=True, any_value=True, fields={"name": "C", "amount": "100", "days": "90", "from_on": "2026-03-10", "until_on": "2026-04-10",
                                                                  "opening": "", "department": "", "country": "", "audience": ""}),
    "charity.save": May(HR, writes=True, any_value=True, fields={"name": "N", "account": "A"}),
    "referral.start": May(RECRUITING, "{hired}:{hired_v}", writes=True, fields={"start_on": "2026-04-01"}),
    "referral.facts": May(RECRUITING, "{taken}:{taken_v}", writes=True, fields={"known_on": "2026-01-01", "is_relative": "yes"}),
    "plan.save": May(HR, writes=True, or_new=True, fields={"name": "P", "currency": "EUR", "reward_1": "money", "amount_1": "500,00", "days_1": "90",
                                                          "amount_2": "", "days_2": "", "is_default": ""}),
}  # fmt: skip

LOOKUPS: dict[str, May] = {"openings": May(ALL, "op"), "zones": May(ALL, "hel"), "people.person": May(frozenset({"hr", "recruiter", "curator"}), "salo")}

HOSTILE = (
    "", "0", "-1", "9" * 26 + ":1", "1:" + "9" * 26, "999999999999999999", "1:1", "abc", "1:2:3:4", "::", "x" * 5000, "1\0:1", "\u0661\u0662", "\u00b2", " 1",
    "1e9", "\ud800", "\u202e1", "{0}{title}%s", "'; DROP TABLE person; --", "9" * 5000, "0001-01-01", "9999-12-31", "http://[",
    "a@b.example\r\nBcc: x@y.example",
)  # fmt: skip


NOW = {"delivery.retry", "lane.pause", "lane.resume"}  # whatever is asked, these show the list as it is now
SHORT = ("", "1:1", "\0", "9" * 26)  # for everybody; the whole list for one of those who may


@dataclass
class Stage:
    """One house for all of these tests, in which nothing stays."""

    house: FullHouse
    db: Rehearsal
    deployment: Deployment
    drawn: set[bytes] = field(default_factory=set)

    def hear(self, actor: str, heard: Heard) -> Answer:
        """What somebody is answered; `effects` and `audited` of the rehearsal tell what was written."""
        self.db.clear()
        person = self.house.people.get(actor)
        caller = Caller("portal", "", str(person.id), room="C1") if person else Caller("slack", "T1", "U0STRANGER", "D1")
        event = Event("" if isinstance(heard, Lookup | HomeOpened) else "k", caller, heard)
        answer = run(desks.hear(self.db, self.deployment, event, START)).answer  # type: ignore[arg-type]
        self.draw(answer)
        return answer

    def draw(self, answer: Answer) -> None:
        """The answer has words in every language, and they can be sent."""
        if (seen := answer_json.dump_json(answer)) in self.drawn:
            return
        self.drawn.add(seen)
        for locale in ("en", "fi", "sv"):
            text_of(answer, locale).encode()


@pytest.fixture(scope="module")
def stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = tmp_path_factory.mktemp("matrix") / "house.db"
    path.write_bytes(sqlite_template.read_bytes())
    with opened(f"sqlite:///{path}") as found:
        yield found


@contextmanager
def opened(url: str) -> Iterator[Stage]:
    """A house in a database of its own."""
    db, tokens = Database(url), itertools.count(1)
    deployment = Deployment(
        base_url="http://127.0.0.1:8765", organisation="Meri Oy", currency="EUR", time_zone="Europe/Helsinki", default_locale="en",
        vault=Vault("a-test-key-that-is-long-enough-000"), new_token=lambda: f"token{next(tokens):017d}",
    )  # fmt: skip
    yield Stage(full_house(db, deployment), Rehearsal(db), deployment)
    db.close()


def rows() -> list[tuple[str, str, May]]:
    """Every row of the oracle: its part, its name, who may."""
    parts = {"commands": COMMANDS, "buttons": BUTTONS, "forms": FORMS, "lookups": LOOKUPS}
    return [(part, name, may) for part, table in parts.items() for name, may in table.items()]


def said(stage: Stage, part: str, name: str, may: May, actor: str, value: str | None = None, fields: dict[str, str] | None = None) -> Heard:
    """The event of a row, with its own good value or another."""
    given = stage.house.fill(may.value, actor) if value is None else value
    match part:
        case "commands":
            return Command(name, given)
        case "buttons":
            return Press(name, given)
        case "lookups":
            return Lookup(name, given)
    return Submission(name, given, {k: stage.house.fill(v, actor) for k, v in may.fields.items()} if fields is None else fields)


def refusal(answer: Answer) -> str:
    """The key of a refusal's words; the empty text for another answer."""
    card = getattr(answer, "card", None)
    return card.blocks[0].text.key if card is not None and card.tone == "refusal" else ""


@pytest.mark.parametrize(("part", "table"), [("commands", COMMANDS), ("buttons", BUTTONS), ("forms", FORMS), ("lookups", LOOKUPS)])
def test_everything_that_can_be_asked_is_in_the_oracle(part: str, table: dict[str, May]) -> None:
    assert set(table) == set(getattr(TABLE, part))


def test_who_may_can_and_who_may_not_is_refused_without_effect(stage: Stage) -> None:
    for part, name, may in rows():
        for actor in ACTORS:
            answer, where = stage.hear(actor, said(stage, part, name, may, actor)), (part, name, actor)
            if actor in may.who:
                assert not refusal(answer) and not isinstance(answer, Correct | Unknown), (*where, answer)
                assert bool(stage.db.effects) == may.writes, (*where, stage.db.effects)
            else:
                assert refusal(answer) == (may.else_told or "forbidden"), (*where, answer)
                assert not stage.db.effects and (may.else_told or part == "lookups" or "refused" in stage.db.audited), (*where, stage.db.effects)


def test_who_has_left_or_is_not_known_can_do_nothing(stage: Stage) -> None:
    for part, name, may in rows():
        for value in (None, "", "1", "1:1", "\0", "x" * 5000):
            answer = stage.hear("leaver", said(stage, part, name, may, "leaver", value))
            assert refusal(answer) == "front.left" and not stage.db.effects and not stage.db.audited, (part, name, answer)
            answer = stage.hear("stranger", said(stage, part, name, may, "hr", value))
            if name != "front.connect":
                assert isinstance(answer, Unknown) and not stage.db.effects and not stage.db.audited, (part, name, answer)
    assert isinstance(stage.hear("stranger", HomeOpened()), Unknown)


def test_a_hostile_value_does_nothing_and_is_explained(stage: Stage) -> None:
    for part, name, may in rows():
        first = sorted(may.who)[0]
        for actor in ACTORS:
            fine = {"1:1", stage.house.fill(may.value, actor), *([""] if may.or_new else [])}
            for value in HOSTILE if actor == first else SHORT:
                answer, where = stage.hear(actor, said(stage, part, name, may, actor, value)), (part, name, actor, value[:30])
                if actor not in may.who or (not may.any_value and value not in fine):
                    assert not stage.db.effects, (*where, stage.db.effects, answer)
                if actor in may.who and may.writes and not may.any_value and value not in fine and name not in NOW:
                    assert refusal(answer) or isinstance(answer, Correct), (*where, answer)


def test_a_form_may_come_back_with_nothing_or_with_nonsense_in_it(stage: Stage) -> None:
    for part, name, may in rows():
        if part != "forms":
            continue
        for actor in sorted(may.who & {"hr", "employee"}) or ["hr"]:
            good = {k: stage.house.fill(v, actor) for k, v in may.fields.items()}
            stage.hear(actor, said(stage, part, name, may, actor, fields={}))
            stage.hear(actor, said(stage, part, name, may, actor, fields={"unknown": "x", "\0": "\0"}))
            for value in HOSTILE:
                stage.hear(actor, said(stage, part, name, may, actor, fields=dict.fromkeys(good, value)))
                for one in good:
                    stage.hear(actor, said(stage, part, name, may, actor, fields={**good, one: value}))


@pytest.mark.parametrize(("day", "time"), [("0001-01-01", "00:30"), ("9999-12-31", "23:59"), ("2026-03-29", "03:30"), ("2026-02-30", "10:00")])
def test_a_day_that_cannot_be_reckoned_with_is_said_at_its_field(stage: Stage, day: str, time: str) -> None:
    may = FORMS["story.plan"]
    answer = stage.hear("hr", said(stage, "forms", "story.plan", may, "hr", fields={"audience": "0", "strategy": "0", "day": day, "time": time, "until": ""}))
    assert isinstance(answer, Correct) and set(answer.errors) <= {"day", "time"} and not stage.db.effects


def test_a_stranger_may_only_ask_to_be_connected(stage: Stage) -> None:
    assert isinstance(stage.hear("stranger", Press("front.connect")), Ask) and not stage.db.effects
    for value in HOSTILE:
        answer = stage.hear("stranger", Submission("front.connect", value, {"email": value}))
        assert isinstance(answer, Correct) and not stage.db.effects, value[:30]
    known = stage.hear("stranger", Submission("front.connect", "", {"email": "aino.salo@meri.example"}))
    written = sorted(set(stage.db.effects))
    other = stage.hear("stranger", Submission("front.connect", "", {"email": "aino.solo@meri.example"}))
    assert text_of(known).replace("salo", "solo")[:60] == text_of(other)[:60] and set(written) == set(stage.db.effects) and not stage.db.audited


def test_a_colleagues_things_do_not_exist(stage: Stage) -> None:
    ids = stage.house.ids
    for press in (Press("share.opened", f"{ids['share_of_colleague']}"), Press("bonus.explain", f"{ids['bonus_of_colleague']}")):
        for actor in ("employee", "recruiter", "curator"):
            answer = stage.hear(actor, press)
            missing = stage.hear(actor, Press(press.action, "123456"))
            assert refusal(answer) and text_of(answer) == text_of(missing) and not stage.db.effects
    assert refusal(stage.hear("hr", Press("share.opened", f"{ids['share_of_colleague']}"))) and not stage.db.effects


def test_what_nobody_offers_is_an_old_card(stage: Stage) -> None:
    for actor in ACTORS:
        for heard in (Press("no.such", "1"), Press("", ""), Press("front.run\0", "x"), Submission("no.such"), Lookup("no.such", "x")):
            assert refusal(stage.hear(actor, heard)) == "old_card" and not stage.db.effects
        for name in ("", "admin", "vinkki", "no such", "\0", "x" * 5000, "admin people", "run"):
            for text in HOSTILE:
                stage.hear(actor, Command(name, text))
                assert not stage.db.effects, (name, text)
                stage.hear(actor, Press("front.run", f"{name} {text}"))
                assert not stage.db.effects, (name, text)
        stage.hear(actor, HomeOpened())


@pytest.mark.xdist_group("postgres")
def test_postgresql_is_asked_nothing_it_cannot_hold(postgres_url: str) -> None:
    """Its INTEGER ends at 2,147,483,647 and its text holds no NUL: where SQLite shrugs, PostgreSQL raises."""
    with fresh_database(postgres_url, 900_000) as url, opened(url) as stage:
        for part, name, may in rows():
            actor = sorted(may.who)[-1]
            for value in ("999999999999999999", "1:2147483648", "2147483648:1", "a\0"):
                stage.hear(actor, said(stage, part, name, may, actor, value))
                assert may.any_value or not stage.db.effects, (part, name, value)
            good = {k: stage.house.fill(v, actor) for k, v in may.fields.items()}
            for one, value in itertools.product(good, ("2147483648", "a\0")):
                stage.hear(actor, said(stage, part, name, may, actor, fields={**good, one: value}))


@pytest.mark.xdist_group("postgres")
async def test_four_who_do_the_same_at_once_are_all_answered(postgres_url: str) -> None:
    """SQLite has one writer; PostgreSQL lets them meet at unique rows and locks."""
    with fresh_database(postgres_url, 900_001) as url, opened(url) as stage:

        async def do(part: str, name: str, may: May, number: int) -> Answer:
            actors = sorted(may.who)
            actor = actors[number % len(actors)]
            caller = Caller("portal", "", str(stage.house.people[actor].id), room="C1")
            return (await desks.hear(stage.house.db, stage.deployment, Event(f"{name}{number}", caller, said(stage, part, name, may, actor)), START)).answer

        for part, name, may in rows():
            if may.writes:
                for answer in await asyncio.gather(*(do(part, name, may, number) for number in range(4))):
                    stage.draw(answer)
