"""Where every importer hands in its stories: Markdown folder, CSV, feed; and where whoever reads feeds learns which are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from bot import polling, stories
from bot.desks.turn import Deployment
from bot.errors import Refusal
from bot.messages import Say, say
from bot.polling import Due, Outcome
from bot.stories import CaptionDraft, Draft, Feed
from bot.stories.feeds import FIRST, MOST

__all__ = ["CaptionDraft", "Draft", "Taken", "feeds_due", "is_feed_due", "take_from_feed", "take_in"]


@dataclass(frozen=True)
class Taken:
    """What became of one draft: `new`, `known` (taken in before) or `refused`, with the reason in words."""

    title: str
    outcome: str
    story_id: int | None = None
    reason: Say | None = None


def take_in(session: Session, deployment: Deployment, now: datetime, actor_id: int | None, drafts: Sequence[Draft], *, is_checked: bool = False) -> list[Taken]:
    """Take drafts in, each as a whole or not at all; one that is known by source and GUID is left alone.

    They wait in review. `is_checked`: somebody looked at them already, so what the organisation wrote itself (Markdown, CSV) is a
    draft at once; what comes from a feed waits all the same. At most 1,000 at once.
    """
    states = ("draft" if is_checked and not draft.source.startswith("feed") else "review" for draft in drafts)
    return [_take(session, now, actor_id, draft, state) for draft, state in zip(drafts[:1000], states, strict=False)]


def _take(session: Session, now: datetime, actor_id: int | None, draft: Draft, state: str = "review", feed: Feed | None = None) -> Taken:
    if stories.known(session, draft.source, stories.clean(draft.source_guid, 500)):
        return Taken(draft.title[:120], "known")
    try:
        if draft.source.startswith("feed") and stories.same_link(session, draft.link):
            return Taken(draft.title[:120], "known")  # the page is a story already, by whatever way it came
        with session.begin_nested():
            row = stories.create(session, now, actor_id, draft, state=state, may_lack_alt=True)
            if feed:
                row.audience_id, row.strategy_id = feed.audience_id, feed.strategy_id
    except Refusal as e:
        return Taken(draft.title[:120], "refused", reason=say(e.key, **e.params))
    except IntegrityError:  # somebody else took it in at the same moment
        return Taken(draft.title[:120], "known")
    return Taken(row.title, "new", row.id)


def is_feed_due(session: Session, now: datetime) -> bool:
    """Some feed is to be read now; asked often, so it only reads."""
    return polling.is_due(session, Feed, now)


def feeds_due(session: Session, now: datetime, most: int) -> list[Due]:
    """Up to `most` feeds that are to be read now; they are the caller's for ten minutes."""
    return polling.claim_due(session, Feed, now, most)


def take_from_feed(session: Session, now: datetime, feed_id: int, answer: Outcome, drafts: Sequence[Draft], left_out: int, jitter: float) -> int:
    """Take in what is new in a feed, in the order it stands there; returns how many stories that made.

    Of a new feed the first ten go in and the rest counts as seen; later at most fifty at once. `left_out` entries were no stories.
    `jitter` is a random number from 0 to 1. A feed that was removed, stopped or given another address meanwhile is left alone.
    """
    row = session.get(Feed, feed_id, with_for_update=True)
    if row is None or not row.is_on or polling.has_moved(row, answer.url):
        return 0
    wanted = {stories.clean(d.source_guid, 500) or d.link[:500]: d for d in drafts}
    fresh = stories.fresh_guids(session, feed_id, list(wanted))
    news = [(guid, draft) for guid, draft in wanted.items() if guid in fresh]
    is_first = row.read_at is None
    page = news[: FIRST if is_first else MOST]
    taken = [_take(session, now, None, _of_feed(row, guid, draft), feed=row) for guid, draft in page]
    stories.remember(session, now, feed_id, [guid for guid, _ in (news if is_first else page)])
    made = sum(t.outcome == "new" for t in taken)
    refused = sum(t.outcome == "refused" for t in taken)
    more = len(page) < len(news) and not is_first
    stories.settle_feed(session, now, row, answer, jitter, taken=made, left_out=left_out + refused, more=more)
    return made


def _of_feed(row: Feed, guid: str, draft: Draft) -> Draft:
    return replace(draft, kind=row.kind, language=draft.language or row.language or "en", source=row.source, source_guid=guid)
