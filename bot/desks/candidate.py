"""The candidate's desk: what is told before anything is asked, their own yes, and their rights ever after.

A portal page draws it: `/r/<token>` is either an employee's referral link (state `form`) or a candidate's private address (`done`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from bot import referrals
from bot.desks import candidate_forms as forms
from bot.desks import wording
from bot.desks.candidate_forms import NoticePart
from bot.desks.turn import Deployment
from bot.errors import Refusal
from bot.messages import Fact, Form, Moment, Plain, Text, say
from bot.openings import JobOpening
from bot.referrals import Candidate, ConsentRecord, Details, Paper, Referral, ReferralLink, StageChange, consent, erasing, links
from bot.referrals.details import MAX_MESSAGE

State = Literal["form", "done", "erased", "expired", "closed", "unknown"]


@dataclass(frozen=True)
class OpeningFacts:
    """What a candidate is told about the opening, in its own `language`; `link` is the organisation's own page, or the empty text."""

    title: str
    department: str
    location: str
    description: str
    link: str
    language: str


@dataclass(frozen=True)
class Step:
    """One thing that happened to a referral, in the candidate's words."""

    text: Text
    at: Moment


@dataclass(frozen=True)
class CandidateView:
    """The page at `/r/<token>`. What does not belong to its state is empty.

    form: `form`, to be posted with `nonce` (hidden) and the page's locale; `notice` stands above its button. With `can_decline` it is
    of somebody who was invited by e-mail.
    done: `steps`, what happens next, the candidate's own `details`, `correction` (the form to put them right), what they
    `agreed` to and when, what the referrer `said` for them, whether there is a CV
    (`has_paper`), and which of their rights can be used.
    erased, expired, closed, unknown: title and lead say it all, but for the no of somebody who was invited (`can_decline`).
    `locale` is the language of the page: the reader's where it is known.
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
    correction: Form | None = None
    agreed: tuple[Text, ...] = ()
    said: tuple[Text, ...] = ()
    has_paper: bool = False
    can_decline: bool = False
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


def view(session: Session, deployment: Deployment, token: str, now: datetime, asked: str = "") -> CandidateView:
    """The page for a token, whatever it is. Reading it changes nothing. `asked` is the reader's language, empty where it is not known."""
    link, candidate = links.by_token(session, token[:100]), erasing.by_token(session, token[:100])
    if link:
        return _link_view(session, deployment, link, now, asked)
    if candidate is None:
        return CandidateView("unknown", say("candidate.unknown.title"), (say("candidate.unknown.text"),), asked)
    invited = _invited(session, candidate)
    return _invited_view(session, deployment, candidate, invited, now, asked) if invited else _own_view(session, deployment, candidate, asked)


def confirm(session: Session, deployment: Deployment, token: str, values: dict[str, str], locale: str, now: datetime, paper: Paper | None = None) -> Answered:
    """The candidate pressed the button: keep their details and tell the recruiter, or say what is wrong with which field.

    `values` holds the form's fields and `nonce`; `paper` is a CV that was judged. The same nonce again leads to the same place. A link
    that has closed meanwhile leads back to its own page, which says so.
    """
    link, candidate = links.by_token(session, token[:100]), erasing.by_token(session, token[:100])
    invited = _invited(session, candidate, lock=True) if candidate else None
    link = session.get(ReferralLink, invited.link_id) if invited else link
    if link is None or referrals.state_of(session, link, deployment.today(now), now) not in ("open", *(("expired",) if invited else ())):
        return Answered(token)
    nonce = values.get("nonce", "")
    if not 16 <= len(nonce) <= 200:
        return Answered(errors={"form": say("candidate.error.form_old")})
    details, wrong = _read(session, deployment, values, locale, now, link)
    if wrong:
        return Answered(errors=wrong)
    today, given = deployment.today(now), forms.given(session, values, locale)
    try:
        if invited and candidate:
            done = referrals.confirm_invited(session, now, today, deployment.vault, candidate, invited, details, given, paper)
        else:
            done = referrals.confirm(session, now, today, deployment.vault, deployment.new_token, link, details, given, nonce, paper)
    except Refusal as e:
        return Answered(errors={"form": say(e.key, **e.params)})
    return Answered(done.token or token)


def correct(session: Session, deployment: Deployment, token: str, values: dict[str, str], locale: str, now: datetime, paper: Paper | None = None) -> Answered:
    """The candidate puts their details right; a tick in `without_paper` lets the CV go. Doing it twice is doing it once."""
    candidate = erasing.by_token(session, token[:100])
    mine = referrals.referrals_of(session, candidate.id or 0, lock=True) if candidate else []
    if candidate is None or not mine or mine[-1].stage in referrals.HIDDEN or mine[-1].stage == "erased":
        return Answered(token)
    details, wrong = _read(session, deployment, values, locale, now, session.get_one(ReferralLink, mine[-1].link_id))
    if wrong:
        return Answered(errors=wrong)
    before = referrals.open_details(session, deployment.vault, candidate)
    if before:  # what was answered in another language stays
        asked = forms.questions(session, deployment, locale)
        other = [(question, answer) for question, answer in before.answered if question not in asked]
        details = replace(details, answers=json.dumps([*other, *details.answered]) if other or details.answered else "")
    given, without = forms.given(session, values, candidate.locale), values.get("without_paper") == "yes"
    referrals.correct(session, now, deployment.vault, candidate, mine[-1], details, given, paper, without_paper=without)
    return Answered(token)


def decline(session: Session, deployment: Deployment, token: str, now: datetime) -> bool:
    """Somebody who was invited says no: their address goes at once. False when there is nothing to say no to."""
    candidate = erasing.by_token(session, token[:100])
    invited = _invited(session, candidate, lock=True) if candidate else None
    if candidate and invited:
        referrals.decline(session, now, candidate, invited)
    return invited is not None


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


def own_paper(session: Session, deployment: Deployment, token: str, now: datetime) -> Paper | None:
    """The candidate's own CV back; None where there is none."""
    candidate = erasing.by_token(session, token[:100])
    return referrals.open_paper(session, deployment.vault, candidate.id or 0) if candidate else None


def _read(session: Session, deployment: Deployment, values: dict[str, str], locale: str, now: datetime, link: ReferralLink) -> tuple[Details, dict[str, Text]]:
    asked = forms.questions(session, deployment, locale)
    details, wrong = referrals.read_details(values, asked)
    if "email" not in wrong and (why := referrals.refused_email(session, link, details.email, deployment.today(now))):
        wrong["email"] = why
    return details, {name: say(key, count=MAX_MESSAGE) for name, key in wrong.items()}


def _invited(session: Session, candidate: Candidate, *, lock: bool = False) -> Referral | None:
    """The invitation of somebody who has not answered it."""
    mine = referrals.referrals_of(session, candidate.id or 0, lock=lock)
    return mine[-1] if mine and mine[-1].stage == "invited" else None


def _invited_view(session: Session, deployment: Deployment, candidate: Candidate, invited: Referral, now: datetime, asked: str) -> CandidateView:
    """As behind a link, with the notice that says where the address came from, and a way to say no."""
    locale = asked or candidate.locale
    page = _link_view(session, deployment, session.get_one(ReferralLink, invited.link_id), now, locale, by_mail=True)
    details = referrals.open_details(session, deployment.vault, candidate)
    if details is None:
        return page
    if page.form is None:  # too late for a yes; the no stays theirs, and their address is kept until then
        key = "candidate.closed.invited" if page.state == "closed" else "candidate.left.invited"
        return replace(page, can_decline=True, lead=(say(key, organisation=deployment.organisation),))
    return replace(page, can_decline=True, form=forms.form(
        deployment.organisation, page.referrer, forms.questions(session, deployment, locale), email=details.email,
    ))  # fmt: skip


def _link_view(session: Session, deployment: Deployment, link: ReferralLink, now: datetime, asked: str, *, by_mail: bool = False) -> CandidateView:
    state = referrals.state_of(session, link, deployment.today(now), now)
    named = referrals.named_openings(session, link)
    opening = referrals.first_open(session, link, deployment.today(now)) or (named[0] if named else None)
    referrer = wording.person_name(session, link.person_id)
    locale, facts = asked or (opening.language if opening else ""), _facts(opening)
    if state != "open" and not (by_mail and state == "expired"):  # an invitation has a time of its own
        key = "closed" if state == "closed" else "expired"
        text = say(f"candidate.{state}.text", organisation=deployment.organisation)
        return CandidateView("closed" if key == "closed" else "expired", say(f"candidate.{key}.title"), (text,), locale, facts)
    to = say("candidate.form.to_opening", title=" / ".join(o.title for o in named)) if opening else say("candidate.form.to_us")
    lead = (
        say("candidate.form.lead", referrer=referrer, organisation=deployment.organisation, to=to),
        say("candidate.form.invited" if by_mail else "candidate.form.nothing_yet", organisation=deployment.organisation, referrer=referrer),
    )
    return CandidateView(
        "form", say("candidate.form.title", organisation=deployment.organisation), lead, locale, facts, referrer,
        forms.notice(session, deployment, referrer, by_mail=by_mail), consent.BY_MAIL if by_mail else consent.VERSION,
        forms.form(deployment.organisation, referrer, forms.questions(session, deployment, locale)), nonce=deployment.new_token(),
    )  # fmt: skip


def _own_view(session: Session, deployment: Deployment, candidate: Candidate, asked: str) -> CandidateView:
    locale = asked or candidate.locale
    mine = referrals.referrals_of(session, candidate.id or 0)
    details = referrals.open_details(session, deployment.vault, candidate)
    if details is None or not mine:
        return CandidateView("erased", say("candidate.erased.title"), (say("candidate.erased.text", organisation=deployment.organisation),), locale)
    referral = mine[-1]
    opening = session.get(JobOpening, referral.opening_id) if referral.opening_id else None
    steps = _steps(session, deployment, referral)
    stage, referrer = _shown(referral.stage), wording.person_name(session, referral.referrer_id)
    correction = forms.correction(deployment.organisation, referrer, forms.questions(session, deployment, locale), details, candidate)
    said = tuple(Plain(text) for r in mine for text in referrals.endorsement(session, deployment.vault, r).values())
    return CandidateView(
        "done", say("candidate.done.title", name=details.name.split()[0]), (say("candidate.done.keep"),), locale, _facts(opening), referrer, steps=steps,
        next=say(f"candidate.next.{stage}", organisation=deployment.organisation), details=forms.own_facts(session, details, candidate),
        correction=correction, agreed=_agreed(session, candidate), said=said, has_paper=referrals.paper_facts(session, candidate.id or 0) is not None,
        can_withdraw=_can_withdraw(referral), can_download=True, can_erase=True,
    )  # fmt: skip


def _agreed(session: Session, candidate: Candidate) -> tuple[Text, ...]:
    rows = session.exec(select(ConsentRecord).where(ConsentRecord.candidate_id == candidate.id).order_by(col(ConsentRecord.id)))
    return tuple(say("candidate.consent.line", version=r.text_version, language=say(f"refer.language.{r.locale}"), at=r.at) for r in rows)


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
    if opening is None:
        return None
    return OpeningFacts(opening.title, opening.department, opening.location, opening.description, opening.link, opening.language)
