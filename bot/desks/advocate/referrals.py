"""The advocate's referrals: a link to hand over, and what became of those who used one."""

from __future__ import annotations

from bot import bonuses, openings, referrals, settings
from bot.bonuses import Bonus
from bot.desks import wording
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal
from bot.messages import (
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    ChoiceField,
    Copyable,
    Divider,
    Fact,
    Facts,
    Form,
    Item,
    Items,
    LookupField,
    Note,
    Offer,
    Option,
    Paragraph,
    Plain,
    Replace,
    Say,
    Show,
    Text,
    say,
)
from bot.openings import LOCALES, JobOpening
from bot.referrals import Referral, ReferralLink

PAGE = 8  # rows of a list: each has a row of text, and chat platforms allow ten


def refer(turn: Turn, text: str) -> Ask:
    """`/refer [part of a title]`: which opening (or none), and the language of the one to be asked."""
    found = openings.find(turn.session, turn.today, text, 1) if text else []
    return Ask(refer_form(turn, found[0] if found else None))


def start(turn: Turn, value: str) -> Ask:
    """The button *refer somebody*; its value is an opening's id or nothing."""
    opening = turn.session.get(JobOpening, wording.read_id(value)) if value else None
    return Ask(refer_form(turn, opening if opening and opening.takes_referrals(turn.today) else None))


def refer_form(turn: Turn, opening: JobOpening | None) -> Form:
    """The form of `/refer`."""
    languages = tuple(Option(locale, say(f"refer.language.{locale}")) for locale in LOCALES)
    chosen, language = (option(opening), opening.language) if opening else (None, turn.person.locale)
    fields = (
        LookupField("opening", say("refer.form.opening"), "openings", chosen, optional=True, hint=say("refer.form.opening_hint")),
        ChoiceField("language", say("refer.form.language"), languages, language, hint=say("refer.form.language_hint")),
    )
    return Form("refer.link", say("refer.form.title"), say("refer.form.submit"), fields, intro=(Paragraph(say("refer.form.intro")),))


def offer_openings(turn: Turn, query: str) -> Offer:
    """Openings that hold what was typed, in any part of a word and without accents."""
    return Offer(tuple(option(o) for o in openings.find(turn.session, turn.today, query, 20)))


def option(opening: JobOpening) -> Option:
    """An opening as one answer of a lookup: its title and where it is, within what a list can show (75 characters)."""
    words = f"{opening.title} – {opening.location}" if opening.location else opening.title
    return Option(str(opening.id), Plain(words if len(words) <= 75 else f"{words[:74]}…"))


def make_link(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The form of `/refer` came back: the personal link, text to forward, what happens next, what it may bring."""
    opening = _chosen(turn, values.get("opening", ""))
    link = referrals.link_for(turn.session, turn.now, turn.person_id, opening.id if opening else None, turn.deployment.new_token)
    language = values.get("language", "")
    return Show(link_card(turn, link, opening, language if language in LOCALES else turn.person.locale))


def link_card(turn: Turn, link: ReferralLink, opening: JobOpening | None, language: str) -> Card:
    """An employee's link, ready to hand over."""
    address = turn.deployment.link(f"r/{link.token}")
    promise, reason = wording.promised(turn.session, turn.person, opening, turn.today)
    title = say("refer.card.title", title=opening.title) if opening else say("refer.card.title_general", organisation=turn.deployment.organisation)
    rows = (
        Fact(say("refer.card.bonus"), wording.promise_words(turn.session, promise, reason)),
        Fact(say("refer.card.valid"), say("refer.card.valid_until", day=turn.deployment.today(link.expires_at))),
    )
    return Card(title, (
        Paragraph(say("refer.card.lead")),
        Copyable(say("refer.card.link"), address),
        Copyable(say("refer.card.forward"), _forward(turn, opening, language, address)),
        Facts(rows),
        Paragraph(say("refer.card.next")),
        Note(say("refer.card.nothing_stored")),
        Buttons((Button(say("refer.another"), "refer.start"), Button(say("referrals.mine"), "referrals.page", "0"))),
    ), tone="good")  # fmt: skip


def mine(turn: Turn, text: str) -> Show:
    """`/referrals`: every referral of mine with its stage, what happens next and the bonus."""
    return Show(_list(turn, 0))


def page(turn: Turn, value: str) -> Replace:
    """Another page of my referrals; the value is how many come before it."""
    return Replace(_list(turn, wording.read_id(value)))


def home_section(turn: Turn) -> tuple[Block, ...]:
    """My referrals on the home: how many are on their way, and the way to refer."""
    _, total = referrals.of_referrer(turn.session, turn.person_id, 0, 0)
    line = say("referrals.home.some", count=total) if total else say("referrals.home.none")
    buttons = (Button(say("refer.start"), "refer.start", style="primary"), *((Button(say("referrals.mine"), "referrals.page", "0"),) if total else ()))
    return (Paragraph(line), Buttons(buttons))


def _chosen(turn: Turn, value: str) -> JobOpening | None:
    if not value:
        return None
    opening = turn.session.get(JobOpening, int(value)) if wording.is_id(value) else None
    if opening is None:
        raise FieldRefusal("opening", "refer.error.opening_unknown")
    if not opening.takes_referrals(turn.today):
        raise FieldRefusal("opening", "refer.error.opening_closed", title=opening.title)
    return opening


def _forward(turn: Turn, opening: JobOpening | None, language: str, address: str) -> str:
    """HR's text for handing the link over. Somebody else's words are put in as they are, never as a template."""
    text = str(settings.get(turn.session, f"referral.forward.{language}" if opening else f"referral.forward_general.{language}"))
    before, gap, after = text.partition("{link}")
    return _titled(before, opening) + address + _titled(after, opening) if gap else f"{_titled(text, opening)} {address}"


def _titled(text: str, opening: JobOpening | None) -> str:
    return text.replace("{title}", opening.title if opening else "")


def _list(turn: Turn, offset: int) -> Card:
    rows, total = referrals.of_referrer(turn.session, turn.person_id, offset, PAGE)
    if not rows:
        return Card(
            say("referrals.list.title"), (Paragraph(say("referrals.list.none")), Buttons((Button(say("refer.start"), "refer.start", style="primary"),)))
        )
    blocks: list[Block] = [Items(tuple(_item(turn, r) for r in rows)), Divider()]
    buttons = [Button(say("refer.start"), "refer.start", style="primary")]
    if offset:
        buttons.append(Button(say("referrals.list.newer"), "referrals.page", str(max(0, offset - PAGE))))
    if offset + PAGE < total:
        buttons.append(Button(say("referrals.list.older"), "referrals.page", str(offset + PAGE)))
    return Card(say("referrals.list.title_count", count=total), (*blocks, Buttons(tuple(buttons)), Note(say("referrals.list.note"))))


def _item(turn: Turn, referral: Referral) -> Item:
    stage = referrals.shown_stage(turn.session, referral)
    since = turn.deployment.today(referrals.shown_since(turn.session, referral))
    detail = say(
        "referrals.list.detail", stage=say(f"referrals.seen.{stage}"), day=since, next=say(f"referrals.next.{stage}"), bonus=bonus_words(turn, referral, stage)
    )
    return Item(_who(turn, referral), detail)


def _who(turn: Turn, referral: Referral) -> Text:
    opening = wording.opening_name(turn.session, referral.opening_id)
    candidate = turn.session.get(referrals.Candidate, referral.candidate_id)
    details = referrals.open_details(turn.session, turn.deployment.vault, candidate) if candidate else None
    if details and referrals.may_see_name(turn.session, referral):
        return say("referrals.list.named", name=details.name, opening=opening)
    return say("referrals.list.numbered", number=f"{referral.id}", opening=opening)


def bonus_words(turn: Turn, referral: Referral, stage: str) -> Say:
    """What a referral brings the one who asks: every part with amount, day and state, or what is promised, and why."""
    own = [b for b in bonuses.of_referral(turn.session, referral.id or 0) if b.beneficiary_id == turn.person_id]
    if own:
        return _parts(turn, own)
    if stage in ("over", "rejected", "withdrawn", "closed", "erased", "declined", "expired"):
        return say("referrals.bonus.over")
    promise, reason = wording.promised_to(turn.session, turn.person, referral)
    return wording.promise_words(turn.session, promise, reason)


def _parts(turn: Turn, own: list[Bonus]) -> Say:
    words = [_part(turn, b) for b in own]
    whole = words[-1]
    for part in reversed(words[:-1]):
        whole = say("referrals.bonus.and", first=part, rest=whole)
    return whole


def _part(turn: Turn, bonus: Bonus) -> Say:
    state, money = bonuses.state_words(bonus.state), wording.worth(turn.session, bonus)
    if bonus.reason:
        return say("referrals.bonus.why", money=money, day=bonus.due_on, state=state, reason=say(f"bonuses.reason.{bonus.reason}"))
    return say("referrals.bonus.part", money=money, day=bonus.due_on, state=state)


DESK = Desk(
    commands={"refer": refer, "referrals": mine},
    buttons={"refer.start": start, "referrals.page": page},
    forms={"refer.link": make_link},
    lookups={"openings": offer_openings},
    sections={20: home_section},
)
