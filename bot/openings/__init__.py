"""Openings: vacancies that can be referred for, made here, taken in from a file, or listed by a job board that is read every day."""

from bot.openings.drafting import LIMITS, Draft, create, edit, is_web_address, set_open
from bot.openings.finding import by_requisition, find, fold, open_on, page
from bot.openings.records import LOCALES, BoardReport, JobBoard, JobOpening

__all__ = [
    "LIMITS", "LOCALES", "BoardReport", "Draft", "JobBoard", "JobOpening", "by_requisition", "create", "edit", "find", "fold", "is_web_address", "open_on",
    "page", "set_open",
]  # fmt: skip
