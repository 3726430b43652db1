"""The balance in words, alike in previews, on HR's home and in Monday's report."""

from __future__ import annotations

from sqlmodel import Session

from bot import audiences, strategy
from bot.messages import Plain, Say, Text, say
from bot.strategy import Balance, Earning, Rhythm


def audience_name(session: Session, audience_id: int | None) -> Text:
    """An audience's name; the words for everyone where there is none."""
    found = session.get(audiences.Audience, audience_id) if audience_id else None
    return Plain(found.name) if found else say("stories.everyone")


def audience_word(session: Session, audience_id: int | None) -> Say | str:
    """The same, to be put into a sentence."""
    name = audience_name(session, audience_id)
    return name.plain if isinstance(name, Plain) else name


def amount(gives: int, tells: int) -> Say:
    """“2 gives”, “1 tell”, “2 gives and 1 tell”."""
    give, tell = say("balance.give", count=gives), say("balance.tell", count=tells)
    if gives and tells:
        return say("balance.both", first=give, second=tell)
    return give if gives else tell


def counts(found: Balance) -> Say:
    """“3 gives, 1 tell, 1 ask”."""
    return say("balance.counts", **{kind: say(f"balance.{kind}", count=getattr(found, kind)) for kind in strategy.KINDS})


def owed(found: Balance) -> Say:
    """What the asks that were made still owe."""
    return say("balance.even") if found.is_even else say("balance.owed", amount=amount(found.gives_owed, found.tells_owed))


def next_ask(found: Balance) -> Say:
    """What one more ask would need first."""
    after = found.plus("ask")
    return say("balance.may_ask") if after.is_even else say("balance.before_asking", amount=amount(after.gives_owed, after.tells_owed))


def rhythm_line(session: Session, found: Rhythm) -> Say:
    """“Alumni – Give: due by 3 March, and nothing is scheduled.” `found` is late, a gap, or crowded."""
    name, kind = audience_word(session, found.action.audience_id), say(f"stories.kind.{found.action.kind}")
    if found.state == "crowded":
        return say("rhythm.crowded", audience=name, kind=kind, day=found.next_on)
    if found.next_on is not None:
        return say(f"rhythm.{found.state}_until", audience=name, kind=kind, day=found.due_on, next=found.next_on)
    return say(f"rhythm.{found.state}", audience=name, kind=kind, day=found.due_on)


def owed_to(session: Session, audience_id: int | None, found: Earning) -> Say:
    """“2 gives to Alumni”."""
    return say("balance.owed_to", amount=amount(found.gives, found.tells), audience=audience_word(session, audience_id))
