"""The visitor's desk: somebody follows a share link. Plain functions over a DBAPI connection: the hottest path of the house.

In order: `resolve` the token, `classify` a visit to a target that leads on (a person's own visit and `Repeats` are for the
caller to see, who knows the session and the address), `record_clicks`, and only then lead on. Where a link leads nowhere any
more (`Target.answer` expired, recalled, unknown), the caller shows a kind page.
"""

from __future__ import annotations

from sqlmodel import Session

from bot import settings
from bot.shares import Repeats, Target, Visit, classify, record_clicks, resolve

__all__ = ["Repeats", "Target", "Visit", "classify", "counts_repeats_once", "record_clicks", "resolve"]


def counts_repeats_once(session: Session) -> bool:
    """The setting `click.dedupe`: a visitor who comes back the same day counts once. Off, nothing is remembered of anyone."""
    return bool(settings.get(session, "click.dedupe"))
