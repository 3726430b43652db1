"""Openings: vacancies that can be referred for, made here, taken in from a file, or listed by a job board that is read every day."""

from bot.openings.boards import (
    BoardDraft,
    BoardOutcome,
    add_board,
    api_address,
    board_at,
    change_board,
    claim_board,
    get_board,
    listed_boards,
    openings_of,
    read_board_soon,
    remove_board,
    switch_board,
)
from bot.openings.drafting import LIMITS, Draft, create, edit, is_web_address, set_open
from bot.openings.finding import by_requisition, find, fold, open_on, page
from bot.openings.listing import Brought, LeftOut, Listed, asked_about, close_listed, nod, settle_reading, sift, take_listed
from bot.openings.records import LOCALES, BoardReport, JobBoard, JobOpening

__all__ = [
    "LIMITS", "LOCALES", "BoardDraft", "BoardOutcome", "BoardReport", "Brought", "Draft", "JobBoard", "JobOpening", "LeftOut", "Listed",
    "add_board", "api_address", "asked_about", "board_at", "by_requisition", "change_board", "claim_board", "close_listed", "create", "edit",
    "find", "fold", "get_board", "is_web_address", "listed_boards", "nod", "open_on", "openings_of", "page", "read_board_soon", "remove_board",
    "set_open", "settle_reading", "sift", "switch_board", "take_listed",
]  # fmt: skip
