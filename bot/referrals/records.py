"""The rows of a referral: the link that is handed over, the candidate, the referral with its stages, the consent."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from bot.db import utc_field


class ReferralLink(SQLModel, table=True):
    """An employee's link for an opening (None: for the organisation at large). It holds nothing about a candidate.

    `others` are the ids of up to two more openings that it names, with commas, in the order of naming.
    One live link per person and openings, so that asking again gives the same address.
    """

    __table_args__ = (
        Index(
            "ux_referrallink_live", "person_id", "opening_id", "others", unique=True,
            sqlite_where=text("is_live AND opening_id IS NOT NULL"), postgresql_where=text("is_live AND opening_id IS NOT NULL"),
        ),
        Index(
            "ux_referrallink_general", "person_id", unique=True,
            sqlite_where=text("is_live AND opening_id IS NULL"), postgresql_where=text("is_live AND opening_id IS NULL"),
        ),
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True)
    token: str = Field(unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    opening_id: int | None = Field(default=None, foreign_key="jobopening.id", index=True)
    others: str = ""
    is_live: bool = True
    created_at: datetime = utc_field()
    expires_at: datetime = utc_field(index=True)

    @property
    def opening_ids(self) -> list[int]:
        """The openings it names, the first one first; none for the organisation at large."""
        return [self.opening_id, *(int(i) for i in self.others.split(",") if i)] if self.opening_id else []


class Candidate(SQLModel, table=True):
    """A person who confirmed a referral of themselves. `sealed` opens with the key of `candidate:<id>` alone (vault).

    `token_hash` is of their own private address `/r/<token>`; the token itself is sealed with the rest. The keyed hashes
    recognise the same person again without telling who it is; they go with the erasure.
    """

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True)
    sealed: str = ""
    email_hash: str = Field(default="", index=True)
    phone_hash: str = Field(default="", index=True)
    locale: str = "en"
    referrer_may_see: bool = False
    about_others: bool = False  # may be contacted about other openings
    created_at: datetime = utc_field()
    erased_at: datetime | None = utc_field(default=None)


class Referral(SQLModel, table=True):
    """Referrer + candidate + opening (or none), with a stage. `plan_id` and `campaign_id` are frozen at confirmation.

    `former_person_id` is the candidate's own row in the directory where they once worked here. `duplicate_of_id` is the
    referral that holds the candidate. `reminded_at` and `escalated_at` speak of the present stage.
    """

    __table_args__ = (Index("ix_referral_stage", "stage", "stage_since"),)
    id: int | None = Field(default=None, primary_key=True)
    link_id: int = Field(foreign_key="referrallink.id", index=True)
    referrer_id: int = Field(foreign_key="person.id", index=True)
    candidate_id: int = Field(foreign_key="candidate.id", index=True)
    opening_id: int | None = Field(default=None, foreign_key="jobopening.id", index=True)
    stage: str
    stage_since: datetime = utc_field()
    recruiter_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    plan_id: int | None = Field(default=None, foreign_key="bonusplan.id")
    campaign_id: int | None = Field(default=None, foreign_key="campaign.id")
    known_on: date | None = None  # last day on which recruiting knew the candidate by another way (applied, was contacted)
    is_relative: bool = False  # of the referrer; a recruiter's word, for HR to look at
    confirmed_at: datetime | None = utc_field(default=None)
    confirmed_on: date | None = None  # that day by the company's calendar: what rules that count days go by
    start_on: date | None = None
    hired_person_id: int | None = Field(default=None, foreign_key="person.id")
    former_person_id: int | None = Field(default=None, foreign_key="person.id")
    duplicate_of_id: int | None = Field(default=None, foreign_key="referral.id", index=True)
    nonce: str = Field(unique=True)  # keyed hash of the form's one-time number: a second POST is the same referral
    notice_due_at: datetime | None = utc_field(default=None)  # by when the candidate must have been told (GDPR articles 13 and 14)
    noticed_at: datetime | None = utc_field(default=None)  # when they were: on their page, or by the letter that was sent
    waits_since: datetime | None = utc_field(default=None)  # a word to the candidate, or a late handing over, since the stage began
    reminded_at: datetime | None = utc_field(default=None)
    escalated_at: datetime | None = utc_field(default=None)
    version: int = 1


class StageChange(SQLModel, table=True):
    """One move from stage to stage: who caused it, when. `sealed` (with the candidate's key) holds a recruiter's private
    reason and own words to the candidate; `words` names ready-made kind words."""

    __table_args__ = (Index("ix_stagechange_new", "new", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    referral_id: int = Field(foreign_key="referral.id", index=True)
    at: datetime = utc_field()
    actor_id: int | None = None
    by: str  # candidate, recruiter, hr, time
    old: str  # "" for the first
    new: str
    words: str = ""
    sealed: str = ""


class ConsentRecord(SQLModel, table=True):
    """Proof of what a candidate was told and said yes to: never an IP address, never a name.

    `text_hash` is of the notice's words in that language and version; `filled` is what stood in its placeholders (JSON).
    """

    id: int | None = Field(default=None, primary_key=True)
    candidate_id: int = Field(foreign_key="candidate.id", index=True)
    link_id: int = Field(foreign_key="referrallink.id")
    text_version: str
    text_hash: str
    locale: str
    filled: str
    referrer_may_see: bool
    about_others: bool
    at: datetime = utc_field()
