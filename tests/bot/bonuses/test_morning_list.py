from __future__ import annotations

from datetime import UTC, date, datetime

from bonus_world import make_world

from bot import outbox
from bot.db import Database
from bot.desks import Deployment, front
from bot.desks.clock_bonuses import raise_due, start_waiting


def test_the_newest_list_stands_alone_where_hr_reads_it_also_when_the_older_ones_went_by_mail(db: Database, deployment: Deployment) -> None:
    world = make_world(db)
    plan = world.plan((90, "500"))
    for start in (date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)):
        world.hire(world.refer(plan), start)
    for day in (date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 2)):
        now = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
        for step in (start_waiting, raise_due):
            world.db.write_now(step, deployment, now)
        for row in world.db.write_now(outbox.claim, "mail", "test", 99, now, now):  # a letter stays where it is: its withdrawal has nothing to do
            world.db.write_now(outbox.settle, row.id, "test", "sent" if row.deed == "send" else "cancelled", sent_at=now)
    shown = world.db.read_now(front.inbox, deployment, world.hr, now)
    assert [card.title.params["count"] for _, _, card in shown if card.title.key == "bonuses.todo.title"] == [3]
