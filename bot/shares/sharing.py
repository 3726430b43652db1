"""Making a share: one per person, story and network, with a link of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from bot.db import insert_of
from bot.errors import FieldRefusal
from bot.shares.networks import NETWORKS
from bot.shares.records import GivenCaptions, Share


def create(
    session: Session, now: datetime, token: str, person_id: int, story_id: int, network: str, caption_id: int | None, caption: str, instance: str = "",
    locale: str = "",
) -> Share:  # fmt: skip
    """The share of this person, story and network, with this caption; sharing again keeps the link and changes the text.

    `locale` is that of the story's wording they share, empty for the story's own; the link leads where that one leads.
    `token` (128 random bits) is used only if it is new. Raises FieldRefusal `network` for one we do not know.
    """
    if network not in NETWORKS:
        raise FieldRefusal("network", "shares.refused.network")
    insert = insert_of(session)
    words = {"caption_id": caption_id, "caption": caption, "instance": instance, "locale": locale}
    row = {"token": token, "person_id": person_id, "story_id": story_id, "network": network, "created_at": now, **words}
    session.execute(insert(Share).values(row).on_conflict_do_update(index_elements=["person_id", "story_id", "network"], set_=words))
    query = select(Share).where(Share.person_id == person_id, Share.story_id == story_id, Share.network == network)
    return session.exec(query.execution_options(populate_existing=True)).one()


def opened(session: Session, now: datetime, person_id: int, share_id: int) -> bool:
    """The person opened the network's dialog (or copied the link): the first time counts. False when it is not their share.

    This is what `shares` counts. It does not prove a post: a click does, and the two are never added.
    """
    mine = (col(Share.id) == share_id) & (col(Share.person_id) == person_id)
    session.execute(update(Share).where(mine, col(Share.opened_at).is_(None)).values(opened_at=now))
    return session.exec(select(Share.id).where(mine)).first() is not None


def last_instance(session: Session, person_id: int) -> str:
    """The Mastodon server the person used last."""
    query = select(Share.instance).where(Share.person_id == person_id, Share.network == "mastodon").order_by(col(Share.id).desc()).limit(1)
    return session.exec(query).first() or ""


def sharers(story_id: int) -> Select[Any]:
    """SELECT of the ids of everybody who opened a dialog for the story: they are told when it is recalled."""
    return sa_select(col(Share.person_id)).where(col(Share.story_id) == story_id, col(Share.opened_at).is_not(None))


def erase_person(session: Session, person_id: int) -> None:
    """Forget what a person wrote and was given: captions as they edited them, their Mastodon server. Links they posted go on
    leading somewhere, and their clicks stay, counted for nobody by name."""
    session.execute(update(Share).where(col(Share.person_id) == person_id).values(caption="", caption_id=None, instance=""))
    session.execute(delete(GivenCaptions).where(col(GivenCaptions.person_id) == person_id))


def get(session: Session, share_id: int, person_id: int) -> Share | None:
    """A person's own share, or None (also for a colleague's: the answer is the same)."""
    return session.exec(select(Share).where(Share.id == share_id, Share.person_id == person_id)).first()
