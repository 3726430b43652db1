"""What a candidate is told and asked: the notice, the form with the organisation's own questions, and their details read back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from bot import referrals, settings
from bot.desks.turn import Deployment
from bot.messages import Fact, Form, FormField, Plain, Say, Text, TextField, TickField, say
from bot.openings import LOCALES
from bot.referrals import Candidate, Consent, Details, consent
from bot.referrals.details import MAX_MESSAGE

MOST_QUESTIONS = 5
LONGEST_QUESTION = 150


@dataclass(frozen=True)
class NoticePart:
    """One part of the privacy notice."""

    title: Text
    text: Text


def questions(session: Session, deployment: Deployment, locale: str) -> list[str]:
    """The organisation's own questions in a language, else in the organisation's own, else in any that HR wrote them in."""
    for language in (locale, deployment.default_locale, *LOCALES):
        found = read_questions(str(settings.get(session, f"candidate.questions.{language}"))) if language in LOCALES else []
        if found:
            return found
    return []


def read_questions(text: str) -> list[str]:
    """HR's questions, one a line."""
    return [line.strip()[:LONGEST_QUESTION] for line in text.splitlines() if line.strip()][:MOST_QUESTIONS]


def notice_params(session: Session, organisation: str) -> dict[str, object]:
    """What stands in the notice's placeholders beside the referrer's name: kept with the consent as its proof."""
    days, pool = int(settings.get(session, "privacy.not_hired_days")), int(settings.get(session, "privacy.pool_days"))
    return {"organisation": organisation, "contact": str(settings.get(session, "privacy.contact")), "days": days, "pool": max(days, pool)}


def notice(session: Session, deployment: Deployment, referrer: str, *, by_mail: bool = False) -> tuple[NoticePart, ...]:
    """The whole notice, as it is read behind a link or by somebody who was invited by e-mail."""
    filled = notice_params(session, deployment.organisation)
    contact: str | Say = str(filled["contact"]) or say("candidate.notice.contact_hr", organisation=deployment.organisation)
    params = filled | {"contact": contact, "referrer": referrer}
    keys = [f"candidate.notice.{consent.key_of(part, by_mail=by_mail)}" for part in consent.PARTS]
    return tuple(NoticePart(say(f"{key}.title"), say(f"{key}.text", **params)) for key in keys)


def form(organisation: str, referrer: str, asked: list[str], *, email: str = "") -> Form:
    """What a candidate fills in to say yes. `email` is known already where they were invited."""
    fields: tuple[FormField, ...] = (*_fields(asked, Details("", email)), *_ticks(organisation, referrer, see=False, others=False))
    return Form("candidate.confirm", say("candidate.form.details"), say("candidate.form.submit"), fields)


def correction(organisation: str, referrer: str, asked: list[str], details: Details, candidate: Candidate) -> Form:
    """The same form with what they told us, to put it right."""
    ticks = _ticks(organisation, referrer, see=candidate.referrer_may_see, others=candidate.about_others)
    return Form("candidate.correct", say("candidate.correct.title"), say("candidate.correct.submit"), (*_fields(asked, details), *ticks))


def own_facts(session: Session, details: Details, candidate: Candidate) -> tuple[Fact, ...]:
    """Everything a candidate told us, for themselves to read."""
    given = [(name, getattr(details, name)) for name in ("name", "email", "phone", "linkedin", "message")]
    rows = [Fact(say(f"candidate.field.{name}"), Plain(value)) for name, value in given if value]
    rows += [Fact(Plain(question), Plain(answer)) for question, answer in details.answered]
    if paper := referrals.paper_facts(session, candidate.id or 0):
        rows.append(Fact(say("candidate.cv.label"), paper_words(*paper)))
    ticks = [("referrer_may_see", candidate.referrer_may_see), ("about_others", candidate.about_others)]
    return (*rows, *(Fact(say(f"candidate.fact.{name}"), say("candidate.yes" if on else "candidate.no")) for name, on in ticks))


def paper_words(kind: str, size: int) -> Say:
    """A file in words: what it is and how large."""
    return say("candidate.cv.facts", kind=kind.upper(), count=max(1, round(size / 1024)))


def given(session: Session, values: dict[str, str], locale: str) -> Consent:
    """What was ticked, beside what had been shown."""
    params = {k: v for k, v in notice_params(session, "").items() if k != "organisation"}
    shown = locale if locale in LOCALES else "en"
    return Consent(shown, values.get("referrer_may_see") == "yes", values.get("about_others") == "yes", params)


def _fields(asked: list[str], details: Details) -> tuple[TextField, ...]:
    told = dict(details.answered)
    own = [
        TextField(f"question_{n}", Plain(question), told.get(question, ""), optional=True, max_length=MAX_MESSAGE, rows=3)
        for n, question in enumerate(asked, 1)
    ]
    return (
        TextField("name", say("candidate.field.name"), details.name, max_length=120),
        TextField("email", say("candidate.field.email"), details.email, optional=True, max_length=254, shape="email", hint=say("candidate.hint.reach")),
        TextField("phone", say("candidate.field.phone"), details.phone, optional=True, max_length=25),
        TextField("linkedin", say("candidate.field.linkedin"), details.linkedin, optional=True, max_length=300, shape="url"),
        *own,
        TextField("message", say("candidate.field.message"), details.message, optional=True, max_length=MAX_MESSAGE, rows=5,
                  hint=say("candidate.hint.message")),
    )  # fmt: skip


def _ticks(organisation: str, referrer: str, *, see: bool, others: bool) -> tuple[TickField, TickField]:
    return (
        TickField("referrer_may_see", say("candidate.tick.referrer_may_see", referrer=referrer), see, hint=say("candidate.hint.referrer_may_see")),
        TickField("about_others", say("candidate.tick.about_others", organisation=organisation), others, hint=say("candidate.hint.about_others")),
    )
