"""`/refer`: for which openings, the personal link with its QR code, a message to forward, and what it may bring."""

from __future__ import annotations

from sqlmodel import Session

from bot import openings, referrals, settings
from bot.desks import wording
from bot.desks.advocate import inviting
from bot.desks.turn import Deployment, Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    ChoiceField,
    Copyable,
    Fact,
    Facts,
    Form,
    LookupField,
    Note,
    Offer,
    Option,
    Paragraph,
    Picture,
    Plain,
    Say,
    Show,
    Text,
    TextField,
    say,
)
from bot.openings import LOCALES, JobOpening
from bot.plans import Promise
from bot.referrals import ReferralLink, links

FIELDS = ("opening", "opening_2", "opening_3")
LONGEST = 1000  # characters of a message to forward


def refer(turn: Turn, text: str) -> Ask:
    """`/refer [part of a title]`: which openings (or none), and the language of the one to be asked."""
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
        LookupField("opening_2", say("refer.form.second"), "openings", optional=True),
        LookupField("opening_3", say("refer.form.third"), "openings", optional=True),
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
    found = [opening for name in FIELDS if (opening := _chosen(turn, name, values.get(name, "")))]
    chosen = list({o.id: o for o in found}.values())
    first, others = (chosen[0].id, [o.id or 0 for o in chosen[1:]]) if chosen else (None, [])
    link = referrals.link_for(turn.session, turn.now, turn.person_id, first, turn.deployment.new_token, others)
    language = values.get("language", "")
    return Show(link_card(turn, link, language if language in LOCALES else turn.person.locale))


def link_card(turn: Turn, link: ReferralLink, language: str, message: str = "") -> Card:
    """An employee's link, ready to hand over. `message` is their own wording, else it is HR's in that language."""
    address, named = turn.deployment.link(f"r/{link.token}"), referrals.named_openings(turn.session, link)
    title = say("refer.card.title", title=named[0].title) if named else say("refer.card.title_general", organisation=turn.deployment.organisation)
    qr = turn.deployment.link(f"q/{link.token}.png")
    promise, reason = wording.promised(turn.session, turn.person, referrals.first_open(turn.session, link, turn.today), turn.today)
    blocks: list[Block] = [
        Paragraph(say("refer.card.lead")),
        Copyable(say("refer.card.link"), address),
        Copyable(say("refer.card.forward"), message or forward_text(turn, named, language, address)),
        Buttons((Button(say("refer.button.reword"), "refer.reword", f"{link.id}:{LOCALES.index(language)}"), Button(say("refer.button.qr"), url=qr))),
        Picture(qr, say("refer.card.qr", title=wording_of(named)), is_code=True),
        Facts(tuple(_earns(turn, link, named, promise, reason))),
        *((Note(say("refer.earns.first")),) if len(named) > 1 else ()),
        *((_newcomers(turn),) if promise and not reason and settings.get(turn.session, "bonus.former_employee_days") else ()),
        Paragraph(say("refer.card.next")),
        Note(say("referrals.told.first_counts")),
        Note(say("refer.card.nothing_stored")),
        Buttons((*inviting.buttons(turn, link), Button(say("refer.another"), "refer.start"), Button(say("referrals.mine"), "referrals.page", "0"))),
    ]
    return Card(title, tuple(blocks), tone="good")


def wording_of(named: list[JobOpening]) -> Say | str:
    """The titles of the openings in one line, or the words for the organisation at large."""
    return " / ".join(o.title for o in named) if named else say("referrals.general")


def _earns(turn: Turn, link: ReferralLink, named: list[JobOpening], promise: Promise | None, reason: str | None) -> list[Fact]:
    """Whether they can earn a bonus, by which plan, how much, and when it is paid. Nobody is known yet, so it tells of nobody."""
    rows: list[tuple[str, Text]] = [("refer.earns.openings", Plain(" / ".join(o.title for o in named)))] if len(named) > 1 else []
    rows.append(("refer.earns.you", say("refer.earns.no", reason=say(f"bonuses.reason.{reason}")) if reason else say("refer.earns.yes")))
    if promise is None:
        rows.append(("refer.card.bonus", say("referrals.promise.none")))
    elif not reason:
        rows += [("refer.earns.plan", Plain(promise.name)), ("refer.card.bonus", say("refer.earns.gross", money=wording.whole(turn.session, promise.every))),
                 ("refer.earns.when", when_paid(turn.session, promise))]  # fmt: skip
    rows.append(("refer.card.valid", say("refer.card.valid_until", day=turn.deployment.today(link.expires_at))))
    return [Fact(say(key), text) for key, text in rows]


def _newcomers(turn: Turn) -> Note:
    """For whom nobody earns, said before anybody is asked."""
    return Note(say("refer.earns.newcomers", count=int(settings.get(turn.session, "bonus.former_employee_days"))))


def when_paid(session: Session, promise: Promise) -> Say:
    """Each part with the days after the newcomer's first day."""
    parts = [say("refer.earns.part", money=wording.worth(session, p), count=p.days) for p in promise.every]
    if len(parts) == 1:
        return say("refer.earns.once", count=promise.days)
    together = parts[0]
    for part in parts[1:]:
        together = say("refer.earns.and", first=together, second=part)
    return together


def ask_reword(turn: Turn, value: str) -> Ask:
    """The button *change the message*; its value is the link's id and the language's place in the list."""
    link, language = _own_link(turn, value)
    text = forward_text(turn, referrals.named_openings(turn.session, link), language, turn.deployment.link(f"r/{link.token}"))
    field = TextField("text", say("refer.card.forward"), text[:LONGEST], max_length=LONGEST, rows=7, hint=say("refer.reword.hint"))
    return Ask(Form("refer.reword", say("refer.reword.title"), say("refer.reword.submit"), (field,), value))


def reword(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """Their own wording came back: shown to be copied, and not kept. The link is put at its end where it went missing."""
    link, language = _own_link(turn, subject)
    text, address = values.get("text", "").strip()[:LONGEST], turn.deployment.link(f"r/{link.token}")
    if not text:
        raise FieldRefusal("text", "refer.reword.empty")
    return Show(link_card(turn, link, language, text if address in text else f"{text}\n{address}"))


def _own_link(turn: Turn, value: str) -> tuple[ReferralLink, str]:
    link_id, place = wording.read_version(value)
    link = turn.session.get(ReferralLink, link_id)
    if link is None or link.person_id != turn.person_id or place >= len(LOCALES):
        raise Refusal("refer.error.link_gone")
    return link, LOCALES[place]


def qr_address(session: Session, deployment: Deployment, token: str) -> str | None:
    """What the QR code of a link leads to; None for a token that is no live link's."""
    link = links.by_token(session, token)
    return deployment.link(f"r/{link.token}") if link and link.is_live else None


def _chosen(turn: Turn, name: str, value: str) -> JobOpening | None:
    if not value:
        return None
    opening = turn.session.get(JobOpening, int(value)) if wording.is_id(value) else None
    if opening is None:
        raise FieldRefusal(name, "refer.error.opening_unknown")
    if not opening.takes_referrals(turn.today):
        raise FieldRefusal(name, "refer.error.opening_closed", title=opening.title)
    return opening


def forward_text(turn: Turn, named: list[JobOpening], language: str, address: str) -> str:
    """HR's text for handing the link over. Somebody else's words are put in as they are, never as a template."""
    text = str(settings.get(turn.session, f"referral.forward.{language}" if named else f"referral.forward_general.{language}"))
    titles = " / ".join(o.title for o in named)
    before, gap, after = text.partition("{link}")
    parts = [part.replace("{title}", titles) for part in (before, after)]
    return parts[0] + address + parts[1] if gap else f"{parts[0]} {address}"


DESK = Desk(
    commands={"refer": refer},
    buttons={"refer.start": start, "refer.reword": ask_reword},
    forms={"refer.link": make_link, "refer.reword": reword},
    lookups={"openings": offer_openings},
)
