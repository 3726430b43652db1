"""Stories: written, taken in or proposed, reviewed, scheduled, published, recalled."""

from bot.stories.alike import same_link
from bot.stories.clippings import Clipping, clip, clipping_of, drop_clipping, fill_clipping, forget_clippings, old_clippings
from bot.stories.correcting import changes, correct, correct_captions, corrected, recall
from bot.stories.drafting import CaptionDraft, Draft, captions, create, edit, fill_in, get, known, set_captions
from bot.stories.earning import earned_by, forecast, held, let_go, may_go, upcoming
from bot.stories.feeds import (
    Feed,
    FeedDraft,
    add_feed,
    change_feed,
    feed_named,
    fresh_guids,
    get_feed,
    listed_feeds,
    read_soon,
    remember,
    remove_feed,
    settle_feed,
    switch_feed,
    waiting_from,
)
from bot.stories.pictures import StoryPicture, add_picture, illustrate, picture
from bot.stories.planning import plan_page
from bot.stories.publishing import expire_due, keep_plan, publish, publish_due, release_due, schedule, shift, unschedule
from bot.stories.quiet import QuietHours, quiet_hours
from bot.stories.reading import counts, is_for, latest_for, listed
from bot.stories.records import STATES, Caption, Story, StoryChange, StoryPlan, StoryVersion, StoryWording
from bot.stories.review import Review, decide, propose, waiting
from bot.stories.text import LOCALES, checked_link, clean
from bot.stories.versions import keep
from bot.stories.watching import watched, watched_in
from bot.stories.wordings import set_wording, worded, wordings

__all__ = [
    "LOCALES", "STATES", "Caption", "CaptionDraft", "Clipping", "Draft", "Feed", "FeedDraft", "QuietHours", "Review",
    "Story", "StoryChange", "StoryPicture", "StoryPlan", "StoryVersion", "StoryWording", "add_feed", "add_picture", "captions", "change_feed",
    "changes", "checked_link", "clean", "clip", "clipping_of", "correct", "correct_captions", "corrected", "counts", "create",
    "decide", "drop_clipping", "earned_by", "edit", "expire_due", "feed_named", "fill_clipping", "fill_in", "forecast", "forget_clippings",
    "fresh_guids", "get", "get_feed", "held", "illustrate", "is_for", "keep", "keep_plan", "known", "latest_for", "let_go", "listed",
    "listed_feeds", "may_go", "old_clippings", "picture", "plan_page", "propose", "publish", "publish_due", "quiet_hours", "read_soon", "recall",
    "release_due", "remember", "remove_feed", "same_link", "schedule", "set_captions", "set_wording", "settle_feed", "shift", "switch_feed",
    "unschedule", "upcoming", "waiting", "waiting_from", "watched", "watched_in", "worded", "wordings",
]  # fmt: skip
