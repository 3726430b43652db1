"""Speaking for somebody one has referred: two questions, once they have said yes themselves."""

from __future__ import annotations

from bot import referrals
from bot.desks import wording
from bot.desks.turn import Desk, Turn
from bot.messages import Ask, Button, Buttons, Card, Form, Note, Paragraph, Show, TextField, say
from bot.referrals import LONGEST, QUESTIONS, Candidate, Referral


def button(referral: Referral) -> Button:
    """The way to the questions."""
    return Button(say("endorse.button"), "referral.endorse", str(referral.id))


def ask(turn: Turn, value: str) -> Ask:
    """The button *Say a word for them*; its value is the referral's id."""
    referral = referrals.endorsable(turn.session, turn.person_id, wording.read_id(value))
    candidate = turn.session.get(Candidate, referral.candidate_id)
    details = referrals.open_details(turn.session, turn.deployment.vault, candidate) if candidate else None
    before = referrals.endorsement(turn.session, turn.deployment.vault, referral)
    fields = tuple(
        TextField(name, say(f"endorse.{name}"), before.get(name, ""), optional=True, max_length=LONGEST, rows=4, hint=say(f"endorse.{name}_hint"))
        for name in QUESTIONS
    )
    whom = say("endorse.intro", name=details.name if details else "", opening=wording.opening_name(turn.session, referral.opening_id))
    intro = (Paragraph(whom), Note(say("endorse.who_reads", name=details.name if details else "")))
    return Ask(Form("referral.endorse", say("endorse.title"), say("endorse.submit"), fields, str(referral.id), intro))


def take(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The answers came back: sealed with the candidate's key, and not repeated on the card."""
    referrals.endorse(turn.session, turn.now, turn.deployment.vault, turn.person_id, wording.read_id(subject), values)
    buttons = Buttons((Button(say("referrals.mine"), "referrals.page", "0"),))
    return Show(Card(say("endorse.done.title"), (Paragraph(say("endorse.done.text")), buttons), tone="good"))


DESK = Desk(buttons={"referral.endorse": ask}, forms={"referral.endorse": take})
