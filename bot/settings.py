"""HR's settings: rows with who changed them, when, and what they were before. Deployment settings live in config.py."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, col, select

from bot import audit
from bot.db import utc_field

# Every setting with its default; the type of the default is the type of the setting.
DEFAULTS: dict[str, Any] = {
    "disclosure.en": "I work at {organisation}.",
    "disclosure.fi": "Olen töissä täällä: {organisation}.",
    "disclosure.sv": "Jag arbetar på {organisation}.",
    "leaderboard.enabled": True,
    "balance.window_days": 30,
    "balance.give": 4,
    "balance.tell": 1,
    "balance.ask": 1,
    "balance.overlap_percent": 10,
    "cadence.warn_days": 7,
    "cadence.most_in_week": 5,
    "report.hour": 8,
    "topics.offered": "",
    "stories.watch_words": "",  # separated by commas; what begins with one is flagged before it goes out
    "feeds.every_minutes": 60,
    "feeds.tell_days": 3,  # HR hears of a feed or a job board that has failed for so long
    "boards.every_hours": 24,
    "quiet.from_hour": 20,
    "quiet.to_hour": 8,
    # What an employee forwards with their referral link; {title} and {link} are filled in.
    "referral.forward.en": "Hi! We are looking for somebody: {title}. I thought of you. Have a look, it is your choice whether you get in touch: {link}",
    "referral.forward.fi": "Moi! Meillä on auki tehtävä: {title}. Tulit heti mieleen. Katso rauhassa, päätät itse, otatko yhteyttä: {link}",
    "referral.forward.sv": "Hej! Vi söker någon: {title}. Jag kom att tänka på dig. Titta i lugn och ro, du bestämmer själv om du hör av dig: {link}",
    "referral.forward_general.en": "Hi! I like working here and I thought of you. If you are curious, have a look, it is your choice whether you get in touch: {link}",
    "referral.forward_general.fi": "Moi! Viihdyn töissäni ja tulit mieleen. Jos kiinnostuit, katso rauhassa, päätät itse, otatko yhteyttä: {link}",
    "referral.forward_general.sv": "Hej! Jag trivs på jobbet och kom att tänka på dig. Är du nyfiken? Titta i lugn och ro, du bestämmer själv om du hör av dig: {link}",
    "referral.link_days": 180,
    "referral.ownership_days": 183,
    "referral.take_days": 2,  # these four in working days of the recruiter's country
    "referral.contact_days": 5,
    "referral.update_days": 10,
    "referral.escalate_days": 1,  # after the day that was promised
    "calendar.country": "FI",  # of whoever has none in the directory (ISO 3166-1)
    "calendar.subdivision": "",
    "referral.invitations": False,  # whether an employee may have an invitation sent by e-mail
    "referral.invitations_per_day": 5,  # by one employee
    "referral.invitation_remind_days": 4,  # after the invitation; 0: never
    "candidate.questions.en": "",  # the organisation's own questions, a line each, five at most
    "candidate.questions.fi": "",
    "candidate.questions.sv": "",
    "bonus.qualifying_days": 90,
    "bonus.former_employee_days": 365,  # 0: the rule is off
    "bonus.known_candidate_days": 183,  # 0: the rule is off
    "bonus.exclude_candidate_employees": True,
    "bonus.exclude_candidate_contractors": True,
    "bonus.ask_about_relatives": True,
    "bonus.ask_about_notice": True,
    "bonus.referrer_must_be_here": True,
    "bonus.hire_must_be_here": True,
    "bonus.exclude_recruiting": True,
    "bonus.exclude_executives": True,
    "bonus.exclude_managers": True,
    "bonus.exclude_contractors": True,
    "bonus.raise_hour": 9,
    "bonus.two_approvers_from": 0,  # whole units of the currency; 0: one approver is enough
    "bonus.clawback_days": 0,  # after the payment; 0: nothing is ever asked back
    "bonus.escalate_days": 5,  # that a decision may wait; 0: the admin room is never told
    "bonus.thank_in_channel": False,
    "payroll.delimiter": ";",
    "payroll.encoding": "utf-8-sig",
    "payroll.columns": "",
    "payroll.decimal_comma": True,
    "payroll.wage_code_employee": "REFERRAL",
    "payroll.wage_code_other": "REFERRAL-EXT",
    "payroll.wage_code_day_off": "REFERRAL-DAY",
    "payroll.wage_code_donation": "REFERRAL-GIFT",
    "privacy.contact": "",  # address for questions about personal data, in the notices; empty means HR
    "privacy.unconfirmed_days": 14,
    "privacy.not_hired_days": 365,
    "privacy.pool_days": 730,  # for those who want to hear of other openings
    "people.retire_share_percent": 10,
    "click.dedupe": True,
    "demo.ahead_seconds": 0,
}


class Setting(SQLModel, table=True):
    """One version of one setting; the newest row of a name is in force. Undo writes the earlier value again."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    value: str  # JSON
    at: datetime = utc_field()
    actor_id: int | None = None


# Read whole: a rule asks for a few settings and a hire for dozens, and HR has changed few.
_IN_FORCE = select(Setting.name, Setting.value).where(col(Setting.id).in_(select(func.max(Setting.id)).group_by(col(Setting.name))))


def get(session: Session, name: str) -> Any:
    """The value in force. Raises KeyError for a name that is not in DEFAULTS."""
    default = DEFAULTS[name]
    value = _in_force(session).get(name)
    return json.loads(value) if value is not None else default


def _in_force(session: Session) -> dict[str, str]:
    """Every value that is not a default, read once in each transaction (and savepoint, since that may be rolled back)."""
    read_in: object
    values: dict[str, str]
    read_in, values = session.info.get("settings", (None, {}))
    if read_in is None or read_in is not _innermost(session):
        values = {name: value for name, value in session.connection().execute(_IN_FORCE)}
        session.info["settings"] = (_innermost(session), values)
    return values


def _innermost(session: Session) -> object:
    return session.get_nested_transaction() or session.get_transaction()


def put(session: Session, now: datetime, actor_id: int | None, name: str, value: Any) -> None:
    """Set a value. Raises KeyError for an unknown name, TypeError for a value of another type than the default's."""
    if type(value) is not type(DEFAULTS[name]):
        raise TypeError(f"{name} takes {type(DEFAULTS[name]).__name__}")
    row = Setting(name=name, value=json.dumps(value), at=now, actor_id=actor_id)
    session.add(row)
    session.flush()
    session.info.pop("settings", None)
    audit.note(session, now, actor_id, "setting.changed", "setting", row.id or 0, name)


def undo(session: Session, now: datetime, actor_id: int | None, name: str) -> Any:
    """Put back the value before the one in force (the default where there was none); returns it."""
    rows = session.exec(select(Setting).where(Setting.name == name).order_by(col(Setting.id).desc()).limit(2)).all()
    value = json.loads(rows[1].value) if len(rows) > 1 else DEFAULTS[name]
    put(session, now, actor_id, name, value)
    return value
