"""HR's say over referrals: one made outside is added, two of one person become one, another referrer counts."""

from __future__ import annotations

from bot import referrals
from bot.bonuses.shares import has_part
from bot.desks import wording
from bot.desks.handing import current
from bot.desks.recruiting import referral_card
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal
from bot.messages import Ask, Card, ChoiceField, Form, LookupField, Option, Paragraph, Plain, Show, TextField, TickField, say
from bot.openings import LOCALES, JobOpening
from bot.people import Person
from bot.referrals import Consent, Referral, ReferralLink
from bot.referrals.notes import LONGEST, write_note
from bot.referrals.owning import change_referrer, merge


def ask_add(turn: Turn, value: str) -> Ask:
    """The button *add a referral*, for a tip that came another way."""
    turn.require("hr")
    languages = tuple(Option(c, say(f"refer.language.{c}")) for c in LOCALES)
    return Ask(Form("outside.add", say("outside.title"), say("outside.submit"), (
        LookupField("referrer", say("outside.referrer"), "people.person"),
        LookupField("opening", say("refer.form.opening"), "openings", optional=True),
        TextField("name", say("outside.name"), max_length=120),
        TextField("email", say("outside.email"), max_length=254, shape="email", hint=say("outside.email_hint")),
        ChoiceField("language", say("outside.language"), languages, turn.deployment.default_locale),
        TextField("source", say("outside.source"), max_length=300, rows=2, hint=say("outside.source_hint")),
        TextField("proof", say("outside.proof"), max_length=300, rows=2, hint=say("outside.proof_hint")),
        TickField("see", say("outside.see")),
    ), "", (Paragraph(say("outside.intro")),)))  # fmt: skip


def add(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The form came back: the same rules as behind a link, and the candidate gets the notice by mail at once."""
    turn.require("hr")
    link = _link(turn, values)
    details, wrong = referrals.read_details({"name": values.get("name", ""), "email": values.get("email", "")})
    if not details.email:
        wrong.setdefault("email", "candidate.error.reach_missing")
    if "email" not in wrong and (why := referrals.refused_email(turn.session, link, details.email, turn.today)):
        wrong["email"] = why
    for field, key in wrong.items():
        raise FieldRefusal(field, key)
    locale, source = values.get("language", ""), [values.get(n, "").strip() for n in ("source", "proof")]
    if locale not in LOCALES:
        raise FieldRefusal("language", "profile.bad_language")
    for field, text in zip(("source", "proof"), source, strict=True):
        if not text:
            raise FieldRefusal(field, "outside.missing")
    given = Consent(locale, values.get("see") == "yes", False, {})
    done = referrals.confirm(
        turn.session, turn.now, turn.today, turn.deployment.vault, turn.deployment.new_token, link, details, given, turn.deployment.new_token(),
        added_by=turn.person_id,
    )  # fmt: skip
    referral = turn.session.get_one(Referral, done.referral_id)
    write_note(turn.session, turn.deployment.vault, turn.now, turn.person_id, referral, " / ".join(source), "source", "source")
    words = "outside.done_held" if referral.stage == "duplicate" else "outside.done_text"
    card = referral_card(turn.session, referral)
    return Show(Card(say("outside.done", number=f"{referral.id}"), (Paragraph(say(words)), *card.blocks), tone="good"))


def _link(turn: Turn, values: dict[str, str]) -> ReferralLink:
    """The referrer's own link for the opening. Raises FieldRefusal on `referrer` or `opening`."""
    chosen, wanted = values.get("referrer", ""), values.get("opening", "").strip()
    person = turn.session.get(Person, int(chosen)) if wording.is_id(chosen) else None
    if person is None or person.erased_at:
        raise FieldRefusal("referrer", "outside.no_referrer")
    if person.id == turn.person_id:
        raise FieldRefusal("referrer", "outside.own")
    if not person.is_here(turn.today):
        raise FieldRefusal("referrer", "outside.referrer_gone", name=person.name)
    opening = turn.session.get(JobOpening, int(wanted)) if wording.is_id(wanted) else None
    if wanted and opening is None:
        raise FieldRefusal("opening", "refer.error.opening_unknown")
    if opening and not opening.takes_referrals(turn.today):
        raise FieldRefusal("opening", "refer.error.opening_closed")
    return referrals.link_for(turn.session, turn.now, person.id or 0, opening.id if opening else None, turn.deployment.new_token)


def ask_merge(turn: Turn, value: str) -> Ask:
    """The button *same person as*: which other referral, and how HR knows."""
    turn.require("hr")
    current(turn, value)
    return Ask(Form("referral.merge", say("merge.title"), say("merge.submit"), (
        TextField("other", say("merge.other"), max_length=9, shape="number"),
        TextField("why", say("merge.why"), max_length=LONGEST, rows=3, hint=say("owner.reason_hint")),
    ), value, (Paragraph(say("merge.intro")),)))  # fmt: skip


def save_merge(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The form came back: which one holds the candidate is said with the reason."""
    turn.require("hr")
    rid, version = wording.read_version(subject)
    other = values.get("other", "").strip()
    if not wording.is_id(other):
        raise FieldRefusal("other", "merge.unknown")
    first, second = merge(turn.session, turn.deployment.vault, turn.now, turn.person_id, rid, version, int(other), values.get("why", ""))
    text = say("merge.text", first=f"{first.id}", second=f"{second.id}", at=first.confirmed_at or first.stage_since)
    return Show(Card(say("merge.done"), (Paragraph(text), *referral_card(turn.session, first).blocks), tone="good"))


def ask_owner(turn: Turn, value: str) -> Ask:
    """The button *change the referrer*."""
    turn.require("hr")
    referral = current(turn, value)
    now = turn.session.get_one(Person, referral.referrer_id)
    return Ask(Form("referral.owner", say("owner.title"), say("owner.submit"), (
        LookupField("person", say("owner.person"), "people.person", Option(str(now.id), Plain(now.name[:75]))),
        TextField("reason", say("owner.reason"), max_length=LONGEST, rows=3, hint=say("owner.reason_hint")),
    ), value, (Paragraph(say("owner.intro")),)))  # fmt: skip


def save_owner(turn: Turn, subject: str, values: dict[str, str]) -> Show:
    """The form came back: both referrers are told, without the reason. Who has no part in a split of the bonus needs one first."""
    turn.require("hr")
    rid, version = wording.read_version(subject)
    chosen = values.get("person", "")
    if not wording.is_id(chosen):
        raise FieldRefusal("person", "outside.no_referrer")
    vault, why = turn.deployment.vault, values.get("reason", "")
    referral = change_referrer(turn.session, vault, turn.now, turn.today, turn.person_id, rid, version, int(chosen), why)
    name = wording.person_name(turn.session, referral.referrer_id)
    if not has_part(turn.session, referral):  # the split would go on paying whoever it names
        raise FieldRefusal("person", "owner.split", name=name)
    return Show(Card(say("owner.done", name=name), (Paragraph(say("owner.text")), *referral_card(turn.session, referral).blocks), tone="good"))


DESK = Desk(
    buttons={"outside.add": ask_add, "referral.merge": ask_merge, "referral.owner": ask_owner},
    forms={"outside.add": add, "referral.merge": save_merge, "referral.owner": save_owner},
)
