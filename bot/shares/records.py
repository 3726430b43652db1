"""The share, the captions a person was given, the click, and the totals rolled up from clicks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bot.db import utc_field

SORTS = ("human", "preview", "bot", "own", "repeat")


class Share(SQLModel, table=True):
    """One person's sharing of one story on one network, with their own tracked link `/s/<token>`.

    `caption` is the text as they edited it; `opened_at` is when they opened the network's dialog (not proof of a post).
    """

    __table_args__ = (UniqueConstraint("person_id", "story_id", "network"), Index("ix_share_story", "story_id", "person_id"))
    id: int | None = Field(default=None, primary_key=True)
    token: str = Field(unique=True)
    person_id: int = Field(foreign_key="person.id")
    story_id: int = Field(foreign_key="story.id")
    network: str
    caption_id: int | None = Field(default=None, foreign_key="caption.id")
    caption: str = ""
    instance: str = ""  # Mastodon only: the person's server
    locale: str = ""  # of the story's wording that was shared; empty for the story's own language
    created_at: datetime = utc_field()
    opened_at: datetime | None = utc_field(default=None, index=True)
    old_clicks: int = 0  # human clicks of so long ago that they no longer name the share


class GivenCaptions(SQLModel, table=True):
    """The two captions that a person was given for a story: stable from the first look on. One row per person and story,
    and one more for a network that has captions of its own."""

    __table_args__ = (UniqueConstraint("person_id", "story_id", "network"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    story_id: int = Field(foreign_key="story.id", index=True)
    network: str = ""
    first_id: int = Field(foreign_key="caption.id")
    second_id: int | None = Field(default=None, foreign_key="caption.id")


class Click(SQLModel, table=True):
    """One visit through a share link. Nothing about the visitor is kept: no address, no user agent, no id.

    `person_id` and `story_id` are the share's, copied so that figures need no join. After thirteen months (`ageing.untie`) a
    click names neither share nor person any more, and counts for its story as before.
    """

    __table_args__ = (
        Index("ix_click_human", "at", "person_id", sqlite_where=text("sort = 'human'"), postgresql_where=text("sort = 'human'")),
        Index("ix_click_share", "share_id", "sort"),
    )
    id: int | None = Field(default=None, primary_key=True)
    share_id: int | None = Field(default=None, foreign_key="share.id")
    person_id: int  # 0 once it is untied
    story_id: int = Field(index=True)
    at: datetime = utc_field()
    sort: str


class ClickTotal(SQLModel, table=True):
    """Human clicks of one person in one period: a month of the company's calendar ("2026-03") or "all"."""

    __table_args__ = (UniqueConstraint("period", "person_id"), Index("ix_clicktotal_top", "period", "clicks", "person_id"))
    id: int | None = Field(default=None, primary_key=True)
    period: str
    person_id: int
    clicks: int = 0


class StoryTotal(SQLModel, table=True):
    """Clicks of one sort on one story since it was published."""

    __table_args__ = (UniqueConstraint("story_id", "sort"),)
    id: int | None = Field(default=None, primary_key=True)
    story_id: int
    sort: str
    clicks: int = 0


class ClickMark(SQLModel, table=True):
    """How far clicks are rolled up: every click with an id up to `click_id` is in the totals, and every one up to `untied_id`
    names no sharer any more. One row."""

    id: int | None = Field(default=None, primary_key=True)
    click_id: int = 0
    untied_id: int = 0
