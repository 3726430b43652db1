"""The story, its captions, and the plan row that is worked off page by page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bot.db import utc_field

STATES = ("draft", "review", "scheduled", "held", "published", "recalled", "expired", "refused")


class Story(SQLModel, table=True):
    """Approved content that people may share. `audience_id` None means everyone enrolled.

    draft | review -> scheduled -> published -> recalled | expired; review -> draft | refused. An ask whose time has come before
    it was earned is `held` in between, and goes by itself once it is. The row with
    `state = 'scheduled'` and `publish_at` is the schedule. `link` was checked when it was set (stories.text.checked_link).
    `proposer_id` is the person who proposed it; `author_id` wrote or took it in.
    """

    __table_args__ = (
        UniqueConstraint("source", "source_guid"),
        Index("ix_story_link_key", "link_key"),
        Index("ix_story_state", "state", "id"),
        Index("ix_story_due", "publish_at", sqlite_where=text("state = 'scheduled'"), postgresql_where=text("state = 'scheduled'")),
        Index("ix_story_expiry", "expires_at", sqlite_where=text("state = 'published'"), postgresql_where=text("state = 'published'")),
    )
    id: int | None = Field(default=None, primary_key=True)
    title: str
    summary: str = ""
    link: str
    link_key: str = ""  # the link without what makes it look different (stories.text.link_key)
    image_url: str = ""
    image_alt: str = ""
    kind: str = "give"  # give | tell | ask
    strategy_id: int | None = Field(default=None, foreign_key="strategy.id", index=True)
    audience_id: int | None = Field(default=None, foreign_key="audience.id", index=True)
    language: str = "en"
    topics: str = ""  # comma-separated
    state: str = "draft"
    publish_at: datetime | None = utc_field(default=None)
    published_at: datetime | None = utc_field(default=None)
    expires_at: datetime | None = utc_field(default=None)
    embargo_until: datetime | None = utc_field(default=None)  # it cannot go out before this moment
    source: str = ""  # "" written here, else "markdown", "csv", "feed" (brought by hand), "feed:7"; unique together with source_guid
    source_guid: str | None = None  # NULL for stories written here: NULLs are not equal to each other
    author_id: int | None = Field(default=None, foreign_key="person.id")
    proposer_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    is_internal: bool = False  # may be read and not shared
    is_credited: bool = False  # the proposer wants to be named on its card
    created_at: datetime = utc_field()
    version: int = 1


class Caption(SQLModel, table=True):
    """One text that a person may share a story with. `network` is empty where it suits every network.

    `given` counts to how many people it was given (shares.giving keeps the counts of siblings within one).
    """

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    locale: str
    network: str = ""
    text: str
    position: int = 0
    given: int = 0
    is_retired: bool = False  # replaced by an edit; whoever was given it keeps it
    is_wrong: bool = False  # retired by a correction: nobody keeps it


class StoryWording(SQLModel, table=True):
    """A story in one more language: whoever reads that language gets it. `link` is empty where all languages lead to one page."""

    __table_args__ = (UniqueConstraint("story_id", "locale"),)
    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id")
    locale: str
    title: str
    summary: str = ""
    link: str = ""


class StoryVersion(SQLModel, table=True):
    """A story as it was before one change of it: who changed it, when and how (edited, captions, wording, corrected, restored)."""

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    what: str
    content: str  # JSON (stories.versions.Content)
    actor_id: int | None = Field(default=None, foreign_key="person.id")
    at: datetime = utc_field()


class StoryChange(SQLModel, table=True):
    """A published story was recalled or corrected: why, in HR's words, which everyone who shared it reads. `fields` names what
    was changed, separated by commas."""

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    is_recall: bool
    words: str
    fields: str = ""
    actor_id: int = Field(foreign_key="person.id")
    at: datetime = utc_field()


class StoryPlan(SQLModel, table=True):
    """Who still has to be owed a story's notice: a clock step pages through the people by id. With a `deed` (withdraw, update)
    it pages through the messages that were sent, and owes that change of each.

    `key` reads as a sentence: "plan story:9", "plan recall:9". `notice` is what each of them is owed; `change_id` the
    StoryChange that a correction's notice tells of.
    """

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    notice: str
    deed: str = ""
    change_id: int | None = Field(default=None, foreign_key="storychange.id")
    after_id: int = 0  # of a person; of a delivery where there is a deed
    is_done: bool = Field(default=False, index=True)
    created_at: datetime = utc_field()
