"""Inviting somebody by e-mail, where HR allows it: the employee says that they asked, and one letter goes out."""

from __future__ import annotations

from bot import referrals, settings
from bot.desks import wording
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import Ask, Button, Buttons, Card, ChoiceField, Form, Option, Paragraph, Show, TextField, TickField, say
from bot.openings import LOCALES
from bot.referrals import ReferralLink


def buttons(turn: Turn, link: ReferralLink) -> tuple[Button, ...]:
    """The way to an invitation, on the card of one's link; none where HR does not allow it."""
    return (Button(say("invite.button"), "refer.invite", str(link.id)),) if settings.get(turn.session, "referral.invitations") else ()


def ask(turn: Turn, value: str) -> Ask:
    """The button *invite by e-mail*; its value is the id of the link for whose openings it is."""
    link = _own(turn, value)
    languages = tuple(Option(locale, say(f"refer.language.{locale}")) for locale in LOCALES)
    fields = (
        TextField("email", say("invite.email"), max_length=254, shape="email"),
        ChoiceField("language", say("invite.language"), languages, turn.person.locale),
        TickField("asked", say("invite.asked")),
    )
    return Ask(Form("refer.invite", say("invite.title"), say("invite.submit"), fields, str(link.id), (Paragraph(say("invite.intro")),)))


def send(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The form came back: the same answer whoever it is."""
    link = _own(turn, subject)
    if values.get("asked") != "yes":
        raise FieldRefusal("asked", "invite.not_asked")
    language = values.get("language", "")
    locale = language if language in LOCALES else turn.person.locale
    referrals.invite(turn.session, turn.now, turn.deployment.vault, turn.deployment.new_token, link, values.get("email", ""), locale)
    row = Buttons((Button(say("referrals.mine"), "referrals.page", "0"),))
    return Show(Card(say("invite.done"), (Paragraph(say("invite.done_text")), row), tone="good"))


def _own(turn: Turn, value: str) -> ReferralLink:
    """The link, where it is theirs and takes somebody in. Raises Refusal."""
    if not settings.get(turn.session, "referral.invitations"):
        raise Refusal("invite.off")
    link = turn.session.get(ReferralLink, wording.read_id(value))
    if link is None or link.person_id != turn.person_id:
        raise Refusal("old_card")
    if referrals.state_of(turn.session, link, turn.today, turn.now) != "open":
        raise Refusal("refer.error.opening_closed")
    return link


DESK = Desk(buttons={"refer.invite": ask}, forms={"refer.invite": send})
