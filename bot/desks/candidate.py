"""The candidate's desk: what is told before anything is asked, their own yes, and their rights ever after.

A portal page draws it: `/r/<token>` is either an employee's referral link (state `form`) or a candidate's private address (`done`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from bot import referrals, settings
from bot.desks import wording
from bot.desks.turn import Deployment
from bot.errors import Refusal
from bot.messages import Fact, Form, Moment, Plain, Say, Text, TextField, TickField, say
from bot.openings import LOCALES, JobOpening
from bot.referrals import Candidate, Consent, Details, Referral, ReferralLink, StageChange, consent, erasing, links
from bot.referrals.details import MAX_MESSAGE

State = Literal["form", "done", "erased", "expired", "closed", "unknown"]


@dataclass(frozen=True)
class OpeningFacts:
    """What a candidate is told about the opening; `link` is the organisation's own page, or the empty text."""

    title: str
    department: str
    location: str
    description: str
    link: str


@dataclass(frozen=True)
class NoticePart:
    """One part of the privacy notice."""

    title: Text
    text: Text


@dataclass(frozen=True)
class Step:
    """One thing that happened to a referral, in the candidate's words."""

    text: Text
    at: Moment


@dataclass(frozen=True)
class CandidateView:
    """The page at `/r/<token>`. What does not belong to its state is empty.

    form: `form`, to be posted with `nonce` (hidden) and the page's locale; `notice` stands above its button.
    done: `steps`, what happens next, the candidate's own `details`, and which of the three rights can be used.
    erased, expired, closed, unknown: title and lead say it all. `locale` is the language to begin with where the reader's is not
    known; never a reason to show another than they asked for.
    """

    state: State
    title: Text
    lead: tuple[Text, ...] = ()
    locale: str = ""
    opening: OpeningFacts | None = None
    referrer: str = ""
    notice: tuple[NoticePart, ...] = ()
    notice_version: str = ""
    form: Form | None = None
    nonce: str = ""
    steps: tuple[Step, ...] = ()
    next: Text | None = None
    details: tuple[Fact, ...] = ()
    can_withdraw: bool = False
    can_download: bool = False
    can_erase: bool = False


@dataclass(frozen=True)
class Answered:
    """What a post led to. With `errors` (by field; `form` for the whole) the form is shown again; else go to `/r/<token>`."""

    token: str = ""
    errors: dict[str, Text] = field(default_factory=dict)


def view(session: Session, deployment: Deployment, token: str, now: datetime) -> CandidateView:
    """The page for a token, whatever it is. Reading it changes nothing."""
    if link := links.by_token(session, token[:100]):
        return _link_view(session, deployment, link, now)
    candidate = erasing.by_token(session, token[:100])
    if candidate is None:
        return CandidateView("unknown", say("candidate.unknown.title"), (say("candidate.unknown.text"),))
    return _own_view(session, deployment, candidate)


def confirm(session: Session, deployment: Deployment, token: str, values: dict[str, str], locale: str, now: datetime) -> Answered:
    """The candidate pressed the button: keep their details and tell the recruiter, or say what is wrong with which field.

    `values` holds the form's fields and `nonce`. The same nonce again leads to the same place. A link that has closed meanwhile
    leads back to its own page, which says so.
    """
    link = links.by_token(session, token[:100])
    if link is None or referrals.state_of(session, link, deployment.today(now), now) != "open":
        return Answered(token)
    nonce = values.get("nonce", "")
    if not 16 <= len(nonce) <= 200:
        return Answered(errors={"form": say("candidate.error.form_old")})
    details, wrong = referrals.read_details(values)
    if "email" not in wrong and (why := referrals.refused_email(session, link, details.email, deployment.today(now))):
        wrong["email"] = why
    if wrong:
        return Answered(errors={name: say(key, count=MAX_MESSAGE) for name, key in wrong.items()})
    try:
        done = referrals.confirm(
            session, now, deployment.today(now), deployment.vault, deployment.new_token, link, details, _given(session, values, locale), nonce
        )
    except Refusal as e:
        return Answered(errors={"form": say(e.key, **e.params)})
    return Answered(done.token or token)


def withdraw(session: Session, deployment: Deployment, token: str, now: datetime) -> bool:
    """The candidate takes the referral back; False when there is nothing to take back. Their details stay until erased."""
    candidate = erasing.by_token(session, token[:100])
    open_ones = [r for r in referrals.referrals_of(session, candidate.id or 0, lock=True) if _can_withdraw(r)] if candidate else []
    for referral in open_ones:
        referrals.withdraw(session, now, referral.id or 0)
    return bool(open_ones)


def erase(session: Session, deployment: Deployment, token: str, now: datetime) -> bool:
    """The candidate has everything about them forgotten, for good; False for a token we do not know or who is erased already."""
    candidate = erasing.by_token(session, token[:100])
    return candidate is not None and referrals.erase_candidate(session, now, None, candidate.id or 0, by="candidate")


def download(session: Session, deployment: Deployment, token: str, now: datetime) -> str | None:
    """Everything we hold about the candidate as JSON text; None for a token we do not know."""
    candidate = erasing.by_token(session, token[:100])
    if candidate is None:
        return None
    about = {"controller": deployment.organisation, "made_at": now.isoformat()} | referrals.export(session, deployment.vault, candidate)
    return json.dumps(about, ensure_ascii=False, indent=2)


def notice_params(session: Session, organisation: str) -> dict[str, object]:
    """What stands in the notice's placeholders beside the referrer's name: kept with the consent as its proof."""
    contact = str(settings.get(session, "privacy.contact"))
    return {"organisation": organisation, "contact": contact, "days": int(settings.get(session, "privacy.not_hired_days"))}


def _link_view(session: Session, deployment: Deployment, link: ReferralLink, now: datetime) -> CandidateView:
    state = referrals.state_of(session, link, deployment.today(now), now)
    named = referrals.named_openings(session, link)
    opening = referrals.first_open(session, link, deployment.today(now)) or (named[0] if named else None)
    referrer = wording.person_name(session, link.person_id)
    locale, facts = opening.language if opening else "", _facts(opening)
    if state != "open":
        key = "closed" if state == "closed" else "expired"
        text = say(f"candidate.{state}.text", organisation=deployment.organisation)
        return CandidateView("closed" if key == "closed" else "expired", say(f"candidate.{key}.title"), (text,), locale, facts)
    to = say("candidate.form.to_opening", title=" / ".join(o.title for o in named)) if opening else say("candidate.form.to_us")
    lead = (
        say("candidate.form.lead", referrer=referrer, organisation=deployment.organisation, to=to),
        say("candidate.form.nothing_yet", organisation=deployment.organisation),
    )
    return CandidateView(
        "form", say("candidate.form.title", organisation=deployment.organisation), lead, locale, facts, referrer,
        _notice(session, deployment, referrer), consent.VERSION, _form(deployment.organisation, referrer), deployment.new_token(),
    )  # fmt: skip


def _own_view(session: Session, deployment: Deployment, candidate: Candidate) -> CandidateView:
    mine = referrals.referrals_of(session, candidate.id or 0)
    details = referrals.open_details(session, deployment.vault, candidate)
    if details is None or not mine:
        return CandidateView("erased", say("candidate.erased.title"), (say("candidate.erased.text", organisation=deployment.organisation),), candidate.locale)
    referral = mine[-1]
    opening = session.get(JobOpening, referral.opening_id) if referral.opening_id else None
    steps = _steps(session, deployment, referral)
    stage = _shown(referral.stage)
    return CandidateView(
        "done", say("candidate.done.title", name=details.name.split()[0]), (say("candidate.done.keep"),), candidate.locale, _facts(opening),
        wording.person_name(session, referral.referrer_id), steps=steps, next=say(f"candidate.next.{stage}", organisation=deployment.organisation),
        details=_own_facts(details, candidate), can_withdraw=_can_withdraw(referral), can_download=True, can_erase=True,
    )  # fmt: skip


def stage_words(session: Session, deployment: Deployment, referral: Referral, change: StageChange) -> tuple[Text, ...]:
    """What a candidate is told of a change: kind words, and the recruiter's own words to them where there are some."""
    told: list[Text] = [say(f"candidate.stage.{_shown(change.new)}", organisation=deployment.organisation)]
    if change.new == "hired" and referral.start_on:
        told = [say("candidate.stage.hired_on", organisation=deployment.organisation, day=referral.start_on)]
    if change.words:
        told.append(say(f"candidate.words.{change.words}"))
    own = referrals.unseal(session, deployment.vault, referral.candidate_id, change.sealed).get("words", "")
    return (*told, Plain(own)) if own else tuple(told)


def _steps(session: Session, deployment: Deployment, referral: Referral) -> tuple[Step, ...]:
    changes = session.exec(select(StageChange).where(StageChange.referral_id == referral.id).order_by(col(StageChange.id)))
    return tuple(Step(text, Moment(c.at)) for c in changes for text in stage_words(session, deployment, referral, c))


def _shown(stage: str) -> str:
    """A duplicate looks like any confirmed referral: who else is known here is nobody's business."""
    return "confirmed" if stage == "duplicate" else stage


def _can_withdraw(referral: Referral) -> bool:
    return referrals.may(referral.stage, "withdrawn", frozenset({"candidate"}))


def _facts(opening: JobOpening | None) -> OpeningFacts | None:
    return OpeningFacts(opening.title, opening.department, opening.location, opening.description, opening.link) if opening else None


def _own_facts(details: Details, candidate: Candidate) -> tuple[Fact, ...]:
    given = [(name, getattr(details, name)) for name in ("name", "email", "phone", "linkedin", "message")]
    ticks = [("referrer_may_see", candidate.referrer_may_see), ("about_others", candidate.about_others)]
    rows = [Fact(say(f"candidate.field.{name}"), Plain(value)) for name, value in given if value]
    return (*rows, *(Fact(say(f"candidate.fact.{name}"), say("candidate.yes" if on else "candidate.no")) for name, on in ticks))


def _notice(session: Session, deployment: Deployment, referrer: str) -> tuple[NoticePart, ...]:
    filled = notice_params(session, deployment.organisation)
    contact: str | Say = str(filled["contact"]) or say("candidate.notice.contact_hr", organisation=deployment.organisation)
    params = filled | {"contact": contact, "referrer": referrer}
    return tuple(NoticePart(say(f"candidate.notice.{part}.title"), say(f"candidate.notice.{part}.text", **params)) for part in consent.PARTS)


def _form(organisation: str, referrer: str) -> Form:
    return Form("candidate.confirm", say("candidate.form.details"), say("candidate.form.submit"), (
        TextField("name", say("candidate.field.name"), max_length=120),
        TextField("email", say("candidate.field.email"), optional=True, max_length=254, shape="email", hint=say("candidate.hint.reach")),
        TextField("phone", say("candidate.field.phone"), optional=True, max_length=25),
        TextField("linkedin", say("candidate.field.linkedin"), optional=True, max_length=300, shape="url"),
        TextField("message", say("candidate.field.message"), optional=True, max_length=MAX_MESSAGE, rows=5, hint=say("candidate.hint.message")),
        TickField("referrer_may_see", say("candidate.tick.referrer_may_see", referrer=referrer), hint=say("candidate.hint.referrer_may_see")),
        TickField("about_others", say("candidate.tick.about_others", organisation=organisation)),
    ))  # fmt: skip


def _given(session: Session, values: dict[str, str], locale: str) -> Consent:
    params = {k: v for k, v in notice_params(session, "").items() if k != "organisation"}
    shown = locale if locale in LOCALES else "en"
    return Consent(shown, values.get("referrer_may_see") == "yes", values.get("about_others") == "yes", params)
