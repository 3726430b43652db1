"""Which captions a person is given: two, stable for them, spread evenly over everyone, so that a feed never fills with one text."""

from __future__ import annotations

from sqlmodel import Session, col, select

from bot import settings
from bot.people import Person
from bot.shares.records import GivenCaptions
from bot.stories import Caption, Story, captions


def given(session: Session, story: Story, person: Person, network: str = "") -> list[Caption]:
    """The two captions this person has for this story (fewer where it has fewer). Call in a write transaction.

    First look: the two that were given least often, in order, so that counts never differ by more than one and, with four
    or more, the next person's are others. Locking the story's row keeps two first looks apart on PostgreSQL.
    """
    assert story.id is not None and person.id is not None
    pool_network = network if any(c.network == network for c in captions(session, story.id)) else ""
    row = _found(session, story.id, person.id, pool_network)
    if row is None:
        session.get(Story, story.id, with_for_update=True, populate_existing=True)
        row = _found(session, story.id, person.id, pool_network) or _give(session, story, person, pool_network)
    if row is None:
        return []
    both = [c for i in (row.first_id, row.second_id) if i is not None and (c := session.get(Caption, i)) is not None]
    return _put_right(session, story, person, row) if any(c.is_wrong for c in both) else both


def _put_right(session: Session, story: Story, person: Person, row: GivenCaptions) -> list[Caption]:
    """A correction took a caption out that this person had: another one that was given least often takes its place."""
    session.get(Story, story.id, with_for_update=True, populate_existing=True)
    session.refresh(row)
    both = [session.get_one(Caption, i) for i in (row.first_id, row.second_id) if i is not None]
    kept = [c for c in both if not c.is_wrong]
    fresh = [c for c in _pool(session, story, person, row.network) if c not in kept][: len(both) - len(kept)]
    for caption in fresh:
        caption.given += 1
        session.add(caption)
    now = [*kept, *fresh]
    if now:
        row.first_id, row.second_id = now[0].id or 0, now[1].id if len(now) > 1 else None
        session.add(row)
        session.flush()
    return now


def _found(session: Session, story_id: int, person_id: int, network: str) -> GivenCaptions | None:
    query = select(GivenCaptions).where(GivenCaptions.story_id == story_id, GivenCaptions.person_id == person_id, GivenCaptions.network == network)
    return session.exec(query).first()


def _give(session: Session, story: Story, person: Person, network: str) -> GivenCaptions | None:
    pool = _pool(session, story, person, network)[:2]
    if not pool:
        return None
    for caption in pool:
        caption.given += 1
        session.add(caption)
    row = GivenCaptions(person_id=person.id or 0, story_id=story.id or 0, network=network, first_id=pool[0].id or 0)
    row.second_id = pool[1].id if len(pool) > 1 else None
    session.add(row)
    session.flush()
    return row


def _pool(session: Session, story: Story, person: Person, network: str) -> list[Caption]:
    """The captions in force in the person's language (the story's where it has none), those given least often first."""
    # populate_existing: the counts may have been read before the lock was held
    query = select(Caption).where(Caption.story_id == story.id, Caption.network == network, col(Caption.is_retired).is_(False))
    rows = session.exec(query.order_by(col(Caption.given), col(Caption.position), col(Caption.id)).execution_options(populate_existing=True)).all()
    locales = [loc for loc in (person.locale, story.language) if any(c.locale == loc for c in rows)]
    return [c for c in rows if not locales or c.locale == locales[0]]


def disclosure(session: Session, locale: str, organisation: str) -> str:
    """The sentence that says where the person works, in that language; empty where HR cleared the setting."""
    text: str = settings.get(session, f"disclosure.{locale if locale in ('en', 'fi', 'sv') else 'en'}")
    return text.replace("{organisation}", organisation).strip()


def with_disclosure(sentence: str, caption: str) -> str:
    """The caption with the sentence at its start (Finnish guidance: at the start, not after the fold)."""
    return f"{sentence} {caption}" if sentence and not discloses(sentence, caption) else caption


def discloses(sentence: str, text: str) -> bool:
    """The sentence is still in the text, whatever happened to case, spaces and the full stop."""
    return _bare(sentence) in _bare(text)


def _bare(text: str) -> str:
    return " ".join(text.casefold().replace(".", " ").split())
