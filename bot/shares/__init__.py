"""Shares: who shared which story where, under which link, and what each visit through it was."""

from bot.shares.ageing import untie
from bot.shares.classify import classify
from bot.shares.giving import discloses, disclosure, given, with_disclosure
from bot.shares.networks import NETWORKS, Network, checked_instance, dialog_url, require_fits
from bot.shares.records import SORTS, Click, ClickMark, ClickTotal, GivenCaptions, Share, StoryTotal
from bot.shares.rollup import ALL, period_of, reclassify, recount, roll_up
from bot.shares.sharing import create, erase_person, get, last_instance, opened, sharers
from bot.shares.visits import Repeats, Target, Visit, record_clicks, resolve, tagged

__all__ = [
    "ALL",
    "NETWORKS",
    "SORTS",
    "Click",
    "ClickMark",
    "ClickTotal",
    "GivenCaptions",
    "Network",
    "Repeats",
    "Share",
    "StoryTotal",
    "Target",
    "Visit",
    "checked_instance",
    "classify",
    "create",
    "dialog_url",
    "discloses",
    "disclosure",
    "erase_person",
    "get",
    "given",
    "last_instance",
    "opened",
    "period_of",
    "reclassify",
    "record_clicks",
    "recount",
    "require_fits",
    "resolve",
    "roll_up",
    "sharers",
    "tagged",
    "untie",
    "with_disclosure",
]  # fmt: skip
