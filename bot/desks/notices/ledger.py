"""What is told when the nightly reading finds that the ledger is not sound."""

from __future__ import annotations

from bot import ledger
from bot.desks import explaining
from bot.desks.notices import Builder, Owed
from bot.messages import Button, Buttons, Card, Paragraph, say


def alarm(owed: Owed) -> Card | None:
    """To the admin room: which entry is not as it was posted, or which account's total is not the sum of its entries."""
    last = ledger.last_check(owed.session)
    if last is None or not last.reason:
        return None
    title = say("ledger.alarm.title", number=str(last.bad_id))
    if last.bad_account:
        title = say("ledger.alarm.title_total", account=explaining.account_words(owed.session, last.bad_account))
    return Card(title, (Paragraph(say("ledger.alarm.text")), Buttons((Button(say("ledger.open"), "ledger.open"),))), tone="warning")


BUILDERS: dict[str, Builder] = {"ledger.alarm": alarm}
