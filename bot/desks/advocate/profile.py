"""A person's own settings: language, time zone, where they are told, leaderboard, pause, taking part at all."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import col, select

from bot import audiences, audit, privacy
from bot.desks import erasing, topics
from bot.desks.turn import Desk, Turn
from bot.desks.wording import option_token
from bot.errors import FieldRefusal
from bot.messages import (
    Answer,
    Ask,
    Button,
    Buttons,
    Card,
    ChoiceField,
    DayField,
    Fact,
    Facts,
    Form,
    FormField,
    LookupField,
    Note,
    Offer,
    Option,
    Plain,
    Replace,
    Show,
    TickField,
    say,
)
from bot.people import Identity
from bot.people.checking import LOCALES, zones

_LONGEST_PAUSE = timedelta(days=366)


def show(turn: Turn, text: str) -> Answer:
    """`vinkki settings`."""
    return Show(card(turn))


def card(turn: Turn) -> Card:
    """What is set, and how to change it."""
    person, mine = turn.person, audiences.chosen(turn.session, turn.person_id)
    paused = say("profile.paused_until", day=person.paused_until) if person.paused_until and person.paused_until > turn.today else say("profile.not_paused")
    rows = (
        Fact(say("profile.language"), say(f"profile.languages.{person.locale}")),
        Fact(say("profile.time_zone"), Plain(person.time_zone)),
        Fact(say("profile.platform"), say(f"profile.platforms.{person.preferred_platform or 'last_seen'}")),
        Fact(say("profile.topics"), Plain(", ".join(mine)) if mine else say("profile.no_topics")),
        Fact(say("profile.leaderboard"), say("profile.yes" if person.on_leaderboard else "profile.no")),
        Fact(say("profile.pause"), paused),
        Fact(say("profile.takes_part"), say("profile.yes" if person.enrolled_at else "profile.no")),
    )
    change = Button(say("profile.change"), "profile.edit", style="primary")
    way = Button(say("profile.leave"), "profile.leave", style="danger", confirm=say("profile.leave_confirm"))
    back = Button(say("profile.join"), "profile.join")
    note = say("profile.note" if person.enrolled_at else "profile.note_out")
    if person.erase_asked_at:
        waiting = Note(say("privacy.erase.waiting", day=turn.deployment.today(person.erase_asked_at)))
        return Card(say("profile.title"), (Facts(rows), waiting, Buttons((back, change))))
    return Card(say("profile.title"), (Facts(rows), Buttons((change, way if person.enrolled_at else back, erasing.button())), Note(note)))


def edit(turn: Turn, value: str) -> Answer:
    """The form, filled with what is set."""
    person = turn.person
    paused = person.paused_until.isoformat() if person.paused_until and person.paused_until > turn.today else ""
    fields: tuple[FormField, ...] = (
        ChoiceField("language", say("profile.language"), tuple(Option(x, say(f"profile.languages.{x}")) for x in LOCALES), person.locale),
        LookupField("time_zone", say("profile.time_zone"), "zones", Option(person.time_zone, Plain(person.time_zone)), hint=say("profile.time_zone_hint")),
        ChoiceField("platform", say("profile.platform"), _platforms(turn), person.preferred_platform or "last_seen"),
        *_topics(turn),
        DayField("paused_until", say("profile.pause"), paused, optional=True, hint=say("profile.pause_hint")),
        TickField("leaderboard", say("profile.leaderboard_tick"), person.on_leaderboard, hint=say("profile.leaderboard_hint")),
    )
    return Ask(Form("profile.save", say("profile.form_title"), say("profile.submit"), fields))


def _topics(turn: Turn) -> tuple[ChoiceField, ...]:
    mine = audiences.chosen(turn.session, turn.person_id)
    options = tuple(Option(option_token(t), Plain(t)) for t in dict.fromkeys((*mine, *topics.offered(turn.session))))
    if not options:
        return ()
    chosen = ",".join(option_token(t) for t in mine)
    return (ChoiceField("topics", say("profile.topics"), options, chosen, optional=True, multiple=True, hint=say("profile.topics_hint")),)


def _keep_topics(turn: Turn, text: str) -> None:
    mine = audiences.chosen(turn.session, turn.person_id)
    known = {option_token(t): t for t in (*mine, *topics.offered(turn.session))}
    picked = [v for v in text.split(",") if v]
    if any(v not in known for v in picked):
        raise FieldRefusal("topics", "profile.bad_topics")
    if sorted(known[v] for v in picked) != sorted(mine):
        audiences.choose(turn.session, turn.person_id, [known[v] for v in picked])


def _platforms(turn: Turn) -> tuple[Option, ...]:
    known = turn.session.exec(select(Identity.platform).where(Identity.person_id == turn.person_id, col(Identity.is_reachable)).distinct())
    names = ["last_seen", *sorted({*known, turn.person.preferred_platform} & {"slack", "teams"}), "mail"]
    return tuple(Option(name, say(f"profile.platforms.{name}")) for name in names)


def save(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back."""
    person, language, zone = turn.person, values.get("language", ""), values.get("time_zone", "").strip()
    platform = values.get("platform", "")
    if language not in LOCALES:
        raise FieldRefusal("language", "profile.bad_language")
    if zone not in zones():
        raise FieldRefusal("time_zone", "profile.bad_zone", zone=zone[:60])
    if platform not in {option.value for option in _platforms(turn)}:
        raise FieldRefusal("platform", "profile.bad_platform")
    paused = _pause(turn, values.get("paused_until", ""))
    _keep_topics(turn, values.get("topics", ""))
    person.is_locale_own = person.is_locale_own or person.locale != language
    person.is_time_zone_own = person.is_time_zone_own or person.time_zone != zone
    person.locale, person.time_zone, person.paused_until = language, zone, paused
    person.preferred_platform = "" if platform == "last_seen" else platform
    person.on_leaderboard = values.get("leaderboard") == "yes"
    _keep(turn, "profile.saved")
    return Replace(card(turn))


def _pause(turn: Turn, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FieldRefusal("paused_until", "profile.bad_day") from None
    if day > turn.today + _LONGEST_PAUSE:
        raise FieldRefusal("paused_until", "profile.pause_too_long")
    return day if day > turn.today else None


def leave(turn: Turn, value: str) -> Answer:
    """Take part no longer: no stories, off the leaderboard at once. Referrals and bonuses stay theirs."""
    if turn.person.enrolled_at is not None:
        turn.person.enrolled_at, turn.person.on_leaderboard = None, False
        _keep(turn, "profile.left")
    return Replace(card(turn))


def join(turn: Turn, value: str) -> Answer:
    """Take part (again); whoever asked to be erased takes that back."""
    if turn.person.enrolled_at is None:
        turn.person.enrolled_at = turn.now
        privacy.stay(turn.session, turn.deployment.vault, turn.now, turn.person)
        _keep(turn, "profile.joined")
    return Replace(card(turn))


def _keep(turn: Turn, what: str) -> None:
    turn.person.version += 1
    turn.session.add(turn.person)
    turn.session.flush()
    audit.note(turn.session, turn.now, turn.person_id, what, "person", turn.person_id)


def offer_zones(turn: Turn, query: str) -> Offer:
    """Time zones whose name holds what was typed; those of the person's own region first."""
    typed, region = query.strip().lower().replace(" ", "_"), turn.person.time_zone.partition("/")[0]
    fitting = sorted((z for z in zones() if typed in z.lower() and "/" in z and not z.startswith("Etc/")), key=lambda z: (not z.startswith(region), z))
    return Offer(tuple(Option(z, Plain(z)) for z in fitting[:20]))


DESK = Desk(
    commands={"vinkki settings": show},
    buttons={"profile.edit": edit, "profile.leave": leave, "profile.join": join},
    forms={"profile.save": save},
    lookups={"zones": offer_zones},
)
