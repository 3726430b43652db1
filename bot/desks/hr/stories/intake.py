"""Where every importer hands in its stories: Markdown folder, CSV, feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from bot import stories
from bot.desks.turn import Deployment
from bot.errors import Refusal
from bot.messages import Say, say
from bot.stories import CaptionDraft, Draft

__all__ = ["CaptionDraft", "Draft", "Taken", "take_in"]


@dataclass(frozen=True)
class Taken:
    """What became of one draft: `new`, `known` (taken in before) or `refused`, with the reason in words."""

    title: str
    outcome: str
    story_id: int | None = None
    reason: Say | None = None


def take_in(session: Session, deployment: Deployment, now: datetime, actor_id: int | None, drafts: Sequence[Draft]) -> list[Taken]:
    """Take drafts in, each as a whole or not at all; one that is known by source and GUID is left alone.

    What comes from a feed waits in review; what the organisation wrote itself (Markdown, CSV) is a draft. At most 1,000 at once.
    """
    return [_take(session, now, actor_id, draft) for draft in drafts[:1000]]


def _take(session: Session, now: datetime, actor_id: int | None, draft: Draft) -> Taken:
    if stories.known(session, draft.source, stories.clean(draft.source_guid, 500)):
        return Taken(draft.title[:120], "known")
    try:
        with session.begin_nested():
            row = stories.create(session, now, actor_id, draft, state="review" if draft.source == "feed" else "draft")
    except Refusal as e:
        return Taken(draft.title[:120], "refused", reason=say(e.key, **e.params))
    except IntegrityError:  # somebody else took it in at the same moment
        return Taken(draft.title[:120], "known")
    return Taken(row.title, "new", row.id)
