"""Writing stories and captions, whoever they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import update
from sqlmodel import Session, col, select

from bot import audit
from bot.errors import FieldRefusal, Refusal, Stale
from bot.stories.records import Caption, Story
from bot.stories.text import LOCALES, checked_link, clean, link_key
from bot.stories.versions import keep
from bot.strategy import KINDS

EDITABLE = ("draft", "review", "scheduled")
CAPTION_MAX = 1000


@dataclass(frozen=True)
class CaptionDraft:
    """A caption to be; `network` empty where it suits every network."""

    text: str
    locale: str = "en"
    network: str = ""


@dataclass(frozen=True)
class Draft:
    """A story to be, as somebody or something handed it in; nothing is checked yet."""

    title: str
    link: str
    summary: str = ""
    kind: str = "give"
    language: str = "en"
    topics: tuple[str, ...] = ()
    image_url: str = ""
    image_alt: str = ""
    captions: tuple[CaptionDraft, ...] = ()
    source: str = ""
    source_guid: str = ""
    is_internal: bool = False
    is_credited: bool = False


def create(
    session: Session, now: datetime, actor_id: int | None, draft: Draft, *, state: str = "draft", proposer_id: int | None = None, may_lack_alt: bool = False,
) -> Story:  # fmt: skip
    """A new story in `draft` or `review`. `may_lack_alt`: its picture came with a page, and what it shows is asked for before the
    story goes out. Raises FieldRefusal naming the field that is wrong."""
    values = checked(draft, may_lack_alt=may_lack_alt)
    row = Story(**values, is_credited=draft.is_credited, state=state, author_id=actor_id, proposer_id=proposer_id, created_at=now, source=draft.source)
    row.source_guid = clean(draft.source_guid, 500) or None
    session.add(row)
    session.flush()
    assert row.id is not None
    for locale, network in sorted({(c.locale, c.network) for c in draft.captions}):
        set_captions(session, row.id, locale, network, [c.text for c in draft.captions if (c.locale, c.network) == (locale, network)])
    audit.note(session, now, actor_id, "story.proposed" if proposer_id else "story.written", "story", row.id, row.source)
    return row


def edit(session: Session, now: datetime, actor_id: int, story_id: int, version: int, draft: Draft) -> None:
    """Change a story that is not out yet; a picture that stands is not judged anew. Where nothing is different, nothing happens.

    Raises FieldRefusal, or Stale when it moved on meanwhile.
    """
    was = session.get(Story, story_id)
    values = checked(draft, was.image_url if was else "")
    if was and was.version == version and was.state in EDITABLE and all(getattr(was, name) == value for name, value in values.items()):
        return
    if was:
        keep(session, now, actor_id, was, "edited")
    change = update(Story).where(col(Story.id) == story_id, col(Story.version) == version, col(Story.state).in_(EDITABLE))
    if session.execute(change.values(**values, version=version + 1)).rowcount != 1:  # type: ignore[attr-defined]
        raise Stale("stories.refused.stale")
    audit.note(session, now, actor_id, "story.edited", "story", story_id, f"version {version + 1}")


def fill_in(session: Session, now: datetime, actor_id: int, story_id: int, version: int, found: Mapping[str, str]) -> Story:
    """Put what its page says into a draft's empty fields: title (where it still is the address), summary, picture, language.
    Raises Stale when somebody changed it meanwhile."""
    row = get(session, story_id)
    keep(session, now, actor_id, row, "edited")
    image = found.get("image_url", "") if found.get("image_url", "").startswith("https://") and not row.image_url else ""
    draft = Draft(
        (found.get("title", "") if row.title == title_of(row.link) else "") or row.title, row.link, row.summary or found.get("summary", ""), row.kind,
        found.get("language") or row.language, tuple(row.topics.split(",")), image or row.image_url, found.get("image_alt", "") if image else row.image_alt,
        is_internal=row.is_internal,
    )  # fmt: skip
    change = update(Story).where(col(Story.id) == story_id, col(Story.version) == version, col(Story.state) == "draft")
    values = checked(draft, row.image_url, may_lack_alt=True)
    if session.execute(change.values(**values, version=version + 1)).rowcount != 1:  # type: ignore[attr-defined]
        raise Stale("stories.refused.stale")
    audit.note(session, now, actor_id, "story.edited", "story", story_id, "read from its page")
    session.refresh(row)
    return row


def title_of(link: str) -> str:
    """What a story is called until its page was read: its address."""
    parts = urlsplit(link)
    return clean(f"{parts.netloc}{parts.path.rstrip('/')}", 120)


def known(session: Session, source: str, guid: str) -> bool:
    """A story from this source with this GUID was taken in before."""
    return bool(guid) and session.exec(select(Story.id).where(Story.source == source, Story.source_guid == guid[:500])).first() is not None


def checked(draft: Draft, picture: str = "", *, may_lack_alt: bool = False) -> dict[str, Any]:
    """A draft's values as they are kept; `picture` is the one that stands and is not judged anew. Raises FieldRefusal."""
    title = clean(draft.title, 120)
    if not title:
        raise FieldRefusal("title", "stories.refused.title")
    if draft.kind not in KINDS:
        raise FieldRefusal("kind", "stories.refused.kind")
    if draft.language not in LOCALES:
        raise FieldRefusal("language", "stories.refused.language")
    image = checked_link(draft.image_url, "image_url") if draft.image_url.strip() else ""
    if image != picture and image and not image.startswith("https://"):
        raise FieldRefusal("image_url", "stories.refused.image")
    if image and not may_lack_alt and not clean(draft.image_alt, 300):
        raise FieldRefusal("image_alt", "stories.refused.alt")
    link, topics = checked_link(draft.link), ",".join(t for t in (clean(t, 40) for t in draft.topics[:10]) if t)
    return {
        "title": title, "summary": clean(draft.summary, 1500, lines=True), "link": link, "link_key": link_key(link), "kind": draft.kind,
        "language": draft.language, "topics": topics, "image_url": image, "image_alt": clean(draft.image_alt, 300),
        "is_internal": draft.is_internal,
    }  # fmt: skip


def captions(session: Session, story_id: int) -> list[Caption]:
    """The captions in force, by language, network and position."""
    query = select(Caption).where(Caption.story_id == story_id, col(Caption.is_retired).is_(False))
    return list(session.exec(query.order_by(Caption.locale, Caption.network, col(Caption.position), col(Caption.id))))


def set_captions(session: Session, story_id: int, locale: str, network: str, texts: list[str]) -> int:
    """Make these the captions of one language (and network). Unchanged ones keep their count, others are retired.

    Returns how many are in force. Raises FieldRefusal for an unknown language or a caption that is too long.
    """
    if locale not in LOCALES:
        raise FieldRefusal("locale", "stories.refused.language")
    if any(len(t) > CAPTION_MAX for t in texts):
        raise FieldRefusal("texts", "stories.refused.caption_long", count=CAPTION_MAX)
    wanted = list(dict.fromkeys(t for t in (clean(t, CAPTION_MAX, lines=True) for t in texts) if t))
    here = [c for c in captions(session, story_id) if (c.locale, c.network) == (locale, network)]
    # a new caption starts where its siblings are: at zero it would be given to everyone until it caught up
    floor = min((c.given for c in here), default=0)
    for old in here:
        old.is_retired = old.text not in wanted
        old.position = wanted.index(old.text) if old.text in wanted else old.position
        session.add(old)
    kept = {c.text for c in here}
    session.add_all(Caption(story_id=story_id, locale=locale, network=network, text=t, position=i, given=floor) for i, t in enumerate(wanted) if t not in kept)
    session.flush()
    return len(wanted)


def get(session: Session, story_id: int) -> Story:
    """The story. Raises Refusal `stories.refused.unknown` when there is none."""
    row = session.get(Story, story_id)
    if row is None:
        raise Refusal("stories.refused.unknown")
    return row
