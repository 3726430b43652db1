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
    `state = 'scheduled'` and `publish_at` is the schedule. `link` was checked when it was set (stories.links).
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


class StoryPlan(SQLModel, table=True):
    """Who still has to be owed a story's notice: a clock step pages through the people by id.

    `key` reads as a sentence: "plan story:9", "plan recall:9". `notice` is what each of them is owed.
    """

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    notice: str
    after_person_id: int = 0
    is_done: bool = Field(default=False, index=True)
    created_at: datetime = utc_field()
