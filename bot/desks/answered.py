"""Answers that are kept for an event that comes again, and for a page of the portal that is loaded again.

An answer shows what its reader might see when they asked. Each is kept with the roles they held then: whoever has lost one of them is
shown none of it.
"""

from __future__ import annotations

from sqlmodel import Session

from bot import outbox, people
from bot.desks.turn import Deployment
from bot.errors import Refusal
from bot.messages import Answer, Card, Paragraph, Show, answer_json, say
from bot.vault import ANSWERS

# To a repeated event whose answer went with somebody's erasure: it took effect the first time, and no more is known of it.
_HEARD_BEFORE = Card(say("privacy.heard_before.title"), (Paragraph(say("privacy.heard_before.text")),))


def keep(session: Session, deployment: Deployment, key: str, person_id: int | None, answer: Answer) -> None:
    """Keep the answer to the event with this key (claimed by outbox.begin_receipt), sealed."""
    text = f"{','.join(sorted(_roles(session, person_id)))}\n{answer_json.dump_json(answer).decode()}"
    outbox.end_receipt(session, key, deployment.vault.seal_for(session, ANSWERS, text))


def kept(session: Session, deployment: Deployment, sealed: str, person_id: int | None) -> Answer | None:
    """The answer, where it is still to be read. Raises Refusal `forbidden` where the person has lost a role since."""
    text = deployment.vault.open_for(session, ANSWERS, sealed)
    if not text:
        return None
    roles, _, answer = text.partition("\n")
    if set(filter(None, roles.split(","))) - _roles(session, person_id):
        raise Refusal("forbidden")
    return answer_json.validate_json(answer)


def again(session: Session, deployment: Deployment, sealed: str, person_id: int | None) -> Answer:
    """What a repeated event is answered. Raises as `kept`."""
    return kept(session, deployment, sealed, person_id) or Show(_HEARD_BEFORE)


def _roles(session: Session, person_id: int | None) -> frozenset[str]:
    return people.roles_of(session, person_id) if person_id else frozenset()
