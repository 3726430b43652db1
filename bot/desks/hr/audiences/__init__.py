"""Audiences at HR's desk: a rule in words, how many it selects and some of whom, before a story ever goes to it."""

from bot.desks.hr.audiences import editing, showing
from bot.desks.turn import Desk

__all__ = ["DESK"]

DESK = Desk(commands={"admin audiences": showing.show}, buttons={**showing.BUTTONS, **editing.BUTTONS}, forms={**editing.FORMS})
