"""What stories forget of somebody who is erased."""

from __future__ import annotations

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from bot.stories import calendar_keys
from bot.stories.clippings import forget_clippings
from bot.stories.feeds import Feed
from bot.stories.pictures import StoryPicture
from bot.stories.records import Caption, Story, StoryWording
from bot.stories.review import Review
from bot.stories.versions import forget_versions


def erase_person(session: Session, person_id: int) -> None:
    """Proposals that were never accepted go with their texts, the person's words as a curator and those written to them too.

    What the organisation took in is its own and stays, without saying who proposed or wrote it.
    """
    theirs = select(Story.id).where(Story.proposer_id == person_id)
    session.execute(update(Review).where((col(Review.actor_id) == person_id) | col(Review.story_id).in_(theirs)).values(word=""))
    never_out = theirs.where(col(Story.state).in_(("review", "refused")))
    forget_versions(session, never_out)
    for table in (Review, Caption, StoryWording):
        session.execute(delete(table).where(col(table.story_id).in_(never_out)))
    session.execute(delete(Story).where(col(Story.proposer_id) == person_id, col(Story.state).in_(("review", "refused"))))
    session.execute(update(Story).where(col(Story.proposer_id) == person_id).values(proposer_id=None))
    session.execute(update(Story).where(col(Story.author_id) == person_id).values(author_id=None))
    for named in (Feed, StoryPicture):
        session.execute(update(named).where(col(named.author_id) == person_id).values(author_id=None))
    forget_clippings(session, person_id)
    calendar_keys.forget(session, person_id)
