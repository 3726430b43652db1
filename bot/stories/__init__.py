"""Stories: written, taken in or proposed, reviewed, scheduled, published, recalled."""

from bot.stories.drafting import CaptionDraft, Draft, captions, create, edit, get, known, set_captions
from bot.stories.planning import plan_page
from bot.stories.publishing import expire_due, keep_plan, publish, publish_due, recall, schedule, unschedule
from bot.stories.quiet import QuietHours, quiet_hours
from bot.stories.reading import counts, is_for, latest_for, listed
from bot.stories.records import STATES, Caption, Story, StoryPlan
from bot.stories.review import Review, decide, propose, waiting
from bot.stories.text import LOCALES, checked_link, clean

__all__ = [
    "LOCALES", "STATES", "Caption", "CaptionDraft", "Draft", "QuietHours", "Review", "Story", "StoryPlan", "captions", "checked_link", "clean",
    "counts", "create", "decide", "edit", "expire_due", "get", "is_for", "keep_plan", "known", "latest_for", "listed",
    "plan_page", "propose", "publish", "publish_due", "quiet_hours", "recall", "schedule", "set_captions", "unschedule", "waiting",
]  # fmt: skip
