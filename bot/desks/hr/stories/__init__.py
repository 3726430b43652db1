"""The HR desk for stories: write, take in, review, schedule, preview, recall. For roles hr and curator."""

from bot.desks.hr.stories import correcting, going_out, listing, reviewing, versions, writing
from bot.desks.hr.stories.intake import CaptionDraft, Draft, Taken, feeds_due, is_feed_due, take_from_feed, take_in
from bot.desks.hr.stories.showing import preview
from bot.desks.turn import Desk

__all__ = ["DESK", "CaptionDraft", "Draft", "Taken", "feeds_due", "is_feed_due", "preview", "take_from_feed", "take_in"]

DESK = Desk(
    commands={"admin stories": listing.show},
    buttons={**listing.BUTTONS, **writing.BUTTONS, **going_out.BUTTONS, **reviewing.BUTTONS, **correcting.BUTTONS, **versions.BUTTONS},
    forms={**writing.FORMS, **going_out.FORMS, **reviewing.FORMS, **correcting.FORMS, **versions.FORMS},
    sections={50: listing.section},
)
