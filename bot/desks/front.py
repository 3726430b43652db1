"""The front desk: who is this, their home, their messages, and what can be said to Vinkki."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, or_, select

from bot import people
from bot.desks import sign_in
from bot.desks.sign_in import (
    Connecting,
    close_session,
    connect,
    connecting,
    open_session,
    request_connection,
    request_sign_in,
    session_person,
    sign_in_link,
)
from bot.desks.turn import Deployment, Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Answer,
    Ask,
    Block,
    Button,
    Buttons,
    Caller,
    Card,
    Divider,
    Fact,
    Facts,
    Form,
    Heading,
    Heard,
    Item,
    Items,
    Note,
    Paragraph,
    Plain,
    Press,
    Replace,
    Show,
    Submission,
    TextField,
    Unknown,
    say,
)
from bot.outbox import Delivery
from bot.people import Person
from bot.people.checking import is_email

__all__ = ["DESK", "Connecting", "close_session", "connect", "connecting", "help_card", "home", "inbox", "open_session", "recognise",
           "request_sign_in", "session_person", "sign_in_link", "stranger", "unknown", "unknown_command"]  # fmt: skip

INBOX_PAGE = 20
ROWS = 10

# What help lists: a command, and the roles of which one is needed (none: for everybody). Words: front.does.<command>.
HELP: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("stories", ()), ("refer", ()), ("referrals", ()), ("vinkki bonuses", ()), ("vinkki leaderboard", ()), ("vinkki propose", ()),
    ("vinkki settings", ()), ("vinkki home", ()), ("vinkki recruiting", ("recruiter", "hr")),
    ("admin stories", ("hr", "curator")), ("admin calendar", ("hr", "curator")), ("admin strategy", ("hr", "curator")), ("admin audiences", ("hr", "curator")),
    ("admin nurture", ("hr", "curator")), ("admin feeds", ("hr", "curator")), ("admin openings", ("hr", "recruiter")), ("admin boards", ("hr",)),
    ("admin promises", ("hr",)), ("admin plans", ("hr",)), ("admin campaigns", ("hr",)), ("admin charities", ("hr",)), ("admin bonuses", ("hr",)),
    ("admin splits", ("hr",)), ("admin payrun", ("payroll", "hr")), ("admin forecast", ("payroll", "hr")), ("admin ledger", ("payroll", "hr")),
    ("admin people", ("hr",)), ("admin privacy", ("hr",)), ("admin deliveries", ("hr",)), ("admin settings", ("hr",)),
)  # fmt: skip


def recognise(session: Session, caller: Caller, email: str, now: datetime) -> bool:
    """Tie an account to the person with this *verified* e-mail; False when nobody has it."""
    return people.link(session, now, caller.platform, caller.workspace, caller.user, caller.address, email, "platform") is not None


def unknown(deployment: Deployment, caller: Caller) -> Unknown:
    """The answer to an account that we cannot tie to a person: a short step by mail."""
    text = say("front.unknown.text", organisation=deployment.organisation)
    return Unknown(Card(say("front.unknown.title"), (Paragraph(text), Buttons((Button(say("front.connect.button"), "front.connect", style="primary"),)))))


def takes_step(heard: Heard) -> bool:
    """A stranger's event that we answer with more than "who are you?"."""
    return (isinstance(heard, Press) and heard.action == "front.connect") or (isinstance(heard, Submission) and heard.form == "front.connect")


def stranger(session: Session, deployment: Deployment, caller: Caller, heard: Heard, now: datetime) -> Answer:
    """The two steps a stranger can take: ask for the form, and send in an e-mail address. Everything else: who are you?"""
    if isinstance(heard, Press) and takes_step(heard):
        return connect_pressed(None, heard.value)
    if isinstance(heard, Submission) and takes_step(heard):
        return _connect_submitted(session, deployment, caller, heard.values.get("email", "").strip(), now)
    return unknown(deployment, caller)


def connect_pressed(turn: Turn | None, value: str) -> Answer:
    """*Connect my account*: the form for a stranger, their home for somebody we know by now."""
    if turn is not None:
        return Replace(home(turn))
    email = TextField("email", say("front.connect.email"), max_length=254, shape="email", hint=say("front.connect.email_hint"))
    return Ask(Form("front.connect", say("front.connect.form_title"), say("front.connect.submit"), (email,), intro=(Paragraph(say("front.connect.intro")),)))


def _connect_submitted(session: Session, deployment: Deployment, caller: Caller, email: str, now: datetime) -> Answer:
    if not is_email(email):
        raise FieldRefusal("email", "front.connect.bad_email")
    code = request_connection(session, deployment, caller, email, now)
    digits = Facts((Fact(say("people.letter.code"), say("people.letter.digits", code=code)),))
    text = Paragraph(say("front.connect.sent_text", email=email))
    return Show(Card(say("front.connect.sent_title"), (text, digits, Note(say("front.connect.sent_note", organisation=deployment.organisation)))))


def _connect_again(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    return Show(home(turn))


def home(turn: Turn) -> Card:
    """A person's home: what waits, what they can do. Its parts come from the desks' `sections`."""
    from bot.desks.tables import TABLE  # the table of all desks imports this one

    blocks: list[Block] = [*_standing(turn)]
    for place in sorted(TABLE.sections):
        if found := TABLE.sections[place](turn):
            blocks += [Divider(), *found] if blocks else found
    if not blocks:
        blocks.append(Paragraph(say("front.home.quiet")))
    ways = ("stories", "vinkki leaderboard", "vinkki settings", "vinkki help")  # to refer stands above, with the referrals
    buttons = tuple(Button(say(f"front.go.{_slug(c)}"), "front.run", c) for c in ways if c in TABLE.commands)
    return Card(say("front.home.title", name=turn.person.name.split()[0] if turn.person.name.split() else ""), (*blocks, Divider(), Buttons(buttons)))


def _standing(turn: Turn) -> tuple[Block, ...]:
    person = turn.person
    if person.enrolled_at is None:
        return (Paragraph(say("front.home.not_enrolled")), Buttons((Button(say("profile.join"), "profile.join", style="primary"),)))
    if person.paused_until and person.paused_until > turn.today:
        return (Note(say("front.home.paused", day=person.paused_until)),)
    return ()


def show_home(turn: Turn, value: str) -> Answer:
    """Their home as an answer, by command or button."""
    return Show(home(turn))


def help_card(turn: Turn, text: str) -> Show:
    """What can be said to Vinkki, with a button for each; what needs a role is shown to those who hold it."""
    yours = _allowed(turn)
    mine = [c for c in yours if not c.startswith("admin")]
    admin = [c for c in yours if c.startswith("admin")]
    blocks: list[Block] = [Paragraph(say("front.help.lead")), Items(tuple(_help_row(turn, c) for c in mine[:ROWS]))]
    if admin:
        blocks += [Heading(say("front.help.admin")), *(Items(tuple(_help_row(turn, c) for c in admin[i : i + ROWS])) for i in range(0, len(admin), ROWS))]
    return Show(Card(say("front.help.title"), (*blocks, Note(say("front.help.note", organisation=turn.deployment.organisation)))))


def _allowed(turn: Turn) -> list[str]:
    from bot.desks.tables import TABLE

    held = people.roles_of(turn.session, turn.person_id)
    return [c for c, roles in HELP if c in TABLE.commands and (not roles or held & set(roles))]


def _help_row(turn: Turn, command: str) -> Item:
    detail = say("front.help.by_saying", command=_typed(turn, command))
    return Item(say(f"front.does.{_slug(command)}"), detail, (Button(say("front.help.open"), "front.run", command),))


def _typed(turn: Turn, command: str) -> str:
    return f"/vinkki-{command}" if turn.platform == "slack" and command.startswith("admin ") else f"/{command}"


def _slug(command: str) -> str:
    return command.replace(" ", "_")


def run(turn: Turn, value: str) -> Answer:
    """A button that says a command."""
    from bot.desks import tables

    name, _, text = value.partition(" ")
    return tables.run(turn, name, text)


def unknown_command(turn: Turn, offers: list[str]) -> Card:
    """The answer to a command that does not exist: the nearest that do (and that this person may use), and help."""
    from bot.desks.tables import TABLE

    restricted = {c for c, roles in HELP if roles} | {c for c in TABLE.commands if c.startswith("admin")}
    fitting = [c for c in offers if c not in restricted or c in _allowed(turn)]
    buttons = tuple(Button(Plain(_typed(turn, c)), "front.run", c) for c in fitting if c != "vinkki help")
    key = "front.unknown_command" if buttons else "front.unknown_command_alone"
    return Card(say("front.unknown_title"), (Paragraph(say(key)), Buttons((*buttons, Button(say("front.go.vinkki_help"), "front.run", "vinkki help")))))


def inbox(session: Session, deployment: Deployment, person: Person, now: datetime, page: int = 0) -> list[tuple[int, datetime, Card]]:
    """A page of what a person was told, newest first, on whatever platform: (delivery id, when, the card as it is now).

    What was taken back or has nothing to say any more is left out; for the latter a page may be short, and an empty one need
    not be the last.
    """
    from bot.desks import notices

    told = or_(col(Delivery.state).in_(["sent", "sending", "unknown", "parked"]), (col(Delivery.state) == "owed") & (col(Delivery.due_at) <= now))
    gone = select(Delivery.of_id).where(Delivery.person_id == person.id, Delivery.deed == "withdraw")  # also letters, which cannot be taken back
    own = select(Delivery).where(Delivery.person_id == person.id, Delivery.deed == "send", col(Delivery.notice).not_in(sign_in.BY_MAIL))
    query = own.where(told, col(Delivery.id).not_in(gone))
    rows = session.exec(query.order_by(col(Delivery.id).desc()).offset(page * INBOX_PAGE).limit(INBOX_PAGE)).all()
    cards = [(d.id or 0, d.sent_at or d.due_at, notices.build(session, deployment, d, now)) for d in rows]
    return [(number, at, card) for number, at, card in cards if card is not None]


def left(organisation: str) -> Refusal:
    """What somebody who has left is told."""
    return Refusal("front.left", organisation=organisation)


DESK = Desk(
    commands={"vinkki help": help_card, "vinkki home": show_home},
    buttons={"front.run": run, "front.home": show_home, "front.connect": connect_pressed},
    forms={"front.connect": _connect_again},
)
