"""The recruiter's desk: take a referral, move it by buttons, see who it is (each look is written down), say *not now* kindly."""

from __future__ import annotations

from datetime import date

from bot import audit, bonuses, people, referrals
from bot.desks import hires, leave, wording
from bot.desks.recruiting import decline_form, details_card, hire_form, joined_form, list_card, match_form, referral_card
from bot.desks.turn import STAFF, ButtonFn, Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import Answer, Ask, Block, Button, Buttons, Paragraph, Replace, Show, say
from bot.referrals import Referral

KIND_WORDS = ("profile", "filled", "timing", "requirements")


def _step(to: str) -> ButtonFn:
    """The button that moves a referral to a stage; its value is `id:version`, so an old card is recognised."""

    def press(turn: Turn, value: str) -> Answer:
        turn.require(*STAFF)
        rid, version = wording.read_version(value)
        return Replace(referral_card(turn.session, referrals.move(turn.session, turn.now, turn.person_id, rid, to, version)))

    return press


def show(turn: Turn, value: str) -> Show:
    """A referral's card, as it is now; the value is its id."""
    turn.require(*STAFF)
    return Show(referral_card(turn.session, _revealed(turn, wording.read_id(value))))


def open_details(turn: Turn, value: str) -> Show:
    """Who the candidate is: shown to the one who asks and to nobody else, and written down in the audit."""
    turn.require(*STAFF)
    referral = _revealed(turn, wording.read_version(value)[0])
    audit.note(turn.session, turn.now, turn.person_id, "referral.details_opened", "referral", referral.id or 0)
    return Show(details_card(turn, referral))


def ask_decline(turn: Turn, value: str) -> Ask:
    """The button *not now*: a reason for ourselves, kind words for the candidate."""
    return Ask(decline_form(_current(turn, value), KIND_WORDS))


def decline(turn: Turn, subject: str, values: dict[str, str]) -> Replace:
    """The form of *not now* came back. The reason is sealed with the candidate's key: it goes when they are erased."""
    turn.require(*STAFF)
    rid, version = wording.read_version(subject)
    words, referral = values.get("words", ""), _revealed(turn, rid)
    if words not in KIND_WORDS:
        raise FieldRefusal("words", "recruiter.error.words")
    own = {"reason": values.get("reason", "").strip()[:500], "words": values.get("own", "").strip()[:500]}
    given = {k: v for k, v in own.items() if v}
    sealed = referrals.seal(turn.session, turn.deployment.vault, referral.candidate_id, given) if given else ""
    moved = referrals.move(turn.session, turn.now, turn.person_id, rid, "rejected", version, words=words, sealed=sealed)
    return Replace(referral_card(turn.session, moved))


def ask_hire(turn: Turn, value: str) -> Ask:
    """The button *hired*: from which day."""
    return Ask(hire_form(_current(turn, value), turn.today))


def hire(turn: Turn, subject: str, values: dict[str, str]) -> Replace:
    """The form of *hired* came back: the referral moves and its bonus is accrued, in one transaction."""
    turn.require(*STAFF)
    rid, version = wording.read_version(subject)
    start_on, newcomer = _day(values.get("start_on", "")), _newcomer(turn, values.get("email", ""))
    zone = turn.deployment.time_zone
    return Replace(referral_card(turn.session, bonuses.hire(
        turn.session, turn.now, turn.person_id, rid, start_on, zone, version=version, hired_person_id=newcomer,
    )))  # fmt: skip


def ask_joined(turn: Turn, value: str) -> Ask:
    """The button *they are in the directory now*: with which address."""
    return Ask(joined_form(_current(turn, value)))


def joined(turn: Turn, subject: str, values: dict[str, str]) -> Replace:
    """Tie a hire to the newcomer's row in the directory, so that the qualifying period can be watched."""
    turn.require(*STAFF)
    rid, version = wording.read_version(subject)
    if (referral := turn.session.get(Referral, rid)) is not None:
        hires.require_of_another(turn, referral)
    newcomer = _newcomer(turn, values.get("email", ""))
    if newcomer is None:
        raise FieldRefusal("email", "recruiter.error.email_missing")
    return Replace(referral_card(turn.session, referrals.link_hire(turn.session, turn.now, turn.person_id, rid, version, newcomer)))


def ask_match(turn: Turn, value: str) -> Ask:
    """The button *give it an opening*, on a general referral."""
    referral = _current(turn, value)
    if referral.opening_id and not referrals.others_named(turn.session, referral):
        raise Refusal("referrals.matched_already")
    return Ask(match_form(turn.session, referral))


def match(turn: Turn, subject: str, values: dict[str, str]) -> Replace:
    """A general referral gets its opening."""
    turn.require(*STAFF)
    rid, version = wording.read_version(subject)
    chosen = values.get("opening", "")
    if not wording.is_id(chosen):
        raise FieldRefusal("opening", "refer.error.opening_unknown")
    found = referrals.match(turn.session, turn.now, turn.person_id, rid, version, int(chosen), turn.today)
    return Replace(referral_card(turn.session, found))


def desk(turn: Turn, text: str) -> Show:
    """`/vinkki recruiting`: what waits for me, and what nobody has taken."""
    turn.require(*STAFF)
    return Show(list_card(turn, 0, *leave.part(turn)))


def page(turn: Turn, value: str) -> Replace:
    """Another page of that list; the value is how many come before it."""
    turn.require(*STAFF)
    return Replace(list_card(turn, wording.read_id(value), *leave.part(turn)))


def home_section(turn: Turn) -> tuple[Block, ...]:
    """For recruiters, on their home: how many referrals wait; nothing where none do."""
    if not turn.has(*STAFF):
        return ()
    _, total = referrals.in_hand(turn.session, turn.now, turn.person_id, 0, 0)
    if not total:
        return ()
    return (Paragraph(say("recruiter.home.some", count=total)), Buttons((Button(say("recruiter.list.open"), "recruiting.page", "0", "primary"),)))


def _revealed(turn: Turn, referral_id: int) -> Referral:
    """The referral, unless its candidate never confirmed: then there is nothing to see for anybody."""
    referral = turn.session.get(Referral, referral_id)
    if referral is None or referral.stage in referrals.HIDDEN:
        raise Refusal("referrals.unknown")
    return referral


def _current(turn: Turn, value: str) -> Referral:
    """The referral a form is asked for, at the version its button was drawn for."""
    turn.require(*STAFF)
    rid, version = wording.read_version(value)
    referral = _revealed(turn, rid)
    if referral.version != version:
        raise referrals.stale(turn.session, referral, turn.person_id)
    return referral


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise FieldRefusal("start_on", "recruiter.error.day") from None


def _newcomer(turn: Turn, email: str) -> int | None:
    if not email.strip():
        return None
    person = people.by_email(turn.session, email)
    if person is None:
        raise FieldRefusal("email", "recruiter.error.email_unknown")
    return person.id


DESK = Desk(
    commands={"vinkki recruiting": desk},
    buttons={
        "referral.take": _step("taken"), "referral.contact": _step("contacted"), "referral.interview": _step("interviewing"),
        "referral.offer": _step("offered"), "referral.hire": ask_hire, "referral.decline": ask_decline, "referral.open": open_details,
        "referral.show": show, "referral.match": ask_match, "referral.joined": ask_joined, "recruiting.page": page,
    },
    forms={"referral.decline": decline, "referral.hire": hire, "referral.match": match, "referral.joined": joined},
    sections={40: home_section},
    aside={"referral.open"},
)  # fmt: skip
