"""The HR desk for strategy: why stories go out, to whom, how often, and whether it works."""

from bot.desks.hr.strategy import forms, listing, nurture
from bot.desks.turn import Desk

__all__ = ["DESK"]

DESK = Desk(
    commands={"admin strategy": listing.show, "admin nurture": nurture.show},
    buttons={**listing.BUTTONS, **forms.BUTTONS, **nurture.BUTTONS},
    forms={**forms.FORMS, **nurture.FORMS},
    sections={55: listing.section},
)
