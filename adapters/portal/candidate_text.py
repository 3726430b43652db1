"""Everything we hold about a candidate as a text that anybody can read, in their language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.desks.candidate import CandidateView
from bot.messages import Moment, say
from content.catalog import Words


def own_text(view: CandidateView, words: Words, organisation: str, now: datetime) -> Iterator[str]:
    """Its lines."""
    yield words(say("portal.candidate_text.made", at=Moment(now), organisation=organisation))
    if view.opening:
        yield view.opening.title
    yield from ("", words(say("portal.candidate_text.details")).upper())
    yield from (f"{words(row.label)}: {words(row.value)}" for row in view.details)
    yield from ("", words(say("portal.candidate_text.steps")).upper())
    yield from (f"{words.value(step.at)}: {words(step.text)}" for step in view.steps)
    yield from ("", words(say("portal.candidate_text.consents")).upper())
    yield from (words(agreed) for agreed in view.agreed)
    if view.said:
        yield from ("", words(say("portal.candidate_text.said", referrer=view.referrer)).upper(), *(words(text) for text in view.said))
    yield ""
