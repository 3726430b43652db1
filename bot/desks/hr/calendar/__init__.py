"""The editorial calendar: looked at by month and week, stories moved in it, and read by HR's own calendar program."""

from bot.desks.hr.calendar import address, agenda
from bot.desks.hr.calendar.address import Feed, FeedEntry, feed, own
from bot.desks.hr.calendar.looking import CalendarView, Cell, Day, Entry, Lane, Waiting, view
from bot.desks.hr.calendar.moving import Moved, move
from bot.desks.turn import Desk

__all__ = ["DESK", "CalendarView", "Cell", "Day", "Entry", "Feed", "FeedEntry", "Lane", "Moved", "Waiting", "feed", "move", "own", "view"]

DESK = Desk(commands={"admin calendar": agenda.show}, buttons={**agenda.BUTTONS, **address.BUTTONS})
