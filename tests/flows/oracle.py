"""The oracle of the role matrix: every command, button, form and lookup, who may use it, and a value on which it works.

A new button must be entered here, with who may press it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flows.full_house import ACTORS

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
    "bonus.anew": May(HR, "{bonus_ended}:{bonus_ended_v}", writes=True),
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

PARTS = {"commands": COMMANDS, "buttons": BUTTONS, "forms": FORMS, "lookups": LOOKUPS}
